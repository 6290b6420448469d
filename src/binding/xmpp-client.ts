import { createHash } from 'node:crypto';
import { type Element, xml } from '@xmpp/client';
import { namespaces } from '../xmpp/namespaces.ts';
import {
  type Availability,
  type ClientOptions,
  ConnectionLost,
  type Credentials,
  type KeptSession,
  type Message,
  type MessagingClient,
  NoAnswer,
  NotResumed,
  type SignInOptions,
  SignInRefused,
  type TlsFacts,
} from './messaging-client.ts';
import type { TrustedWay } from './trusted-socket.ts';
import { LibraryClient } from './xmpp-library.ts';

/** Bits of binary, XEP-0231: small octets inside a message. */
const bitsOfBinary = 'urn:xmpp:bob';

export interface XmppWay {
  domain: string;
  tls: 'direct' | 'starttls';
  ca?: string | undefined;
}

/** A user of an XMPP server, through @xmpp/client: the client that applications use. */
export class XmppMessagingClient implements MessagingClient {
  readonly address: string;
  // Silence is allowed about accounts that do not exist (RFC 6121 section 8.5.1), but not about unknown domains.
  readonly nowhere = 'nobody@nowhere.invalid';
  readonly #way: XmppWay;
  readonly #options: ClientOptions;
  readonly #friends = new Set<string>();
  readonly #both = new Set<string>();
  readonly #listeners = new Set<(stanza: Element) => void>();
  #library: LibraryClient | undefined;
  #reach: SignInOptions | undefined;
  /** Runs while the user is signing in and the server says nothing. */
  #silence: NodeJS.Timeout | undefined;
  /** Signed in, and not about to leave: then the end of the connection is news. */
  #established = false;

  constructor(bare: string, way: XmppWay, options: ClientOptions) {
    this.address = bare;
    this.#way = way;
    this.#options = options;
  }

  get localPort(): number | undefined {
    return this.#library?.socket?.localPort;
  }

  get tls(): TlsFacts | undefined {
    return this.#library?.socket?.tls;
  }

  get session(): KeptSession | undefined {
    const management = this.#library?.entity.streamManagement;
    return management?.id ? { id: management.id, received: management.inbound } : undefined;
  }

  async signIn(credentials: Credentials, options: SignInOptions): Promise<void> {
    this.dispose();
    this.#reach = options;
    const library = this.#newLibrary(credentials, options);
    this.#library = library;
    await this.#guarded(library, options, async () => {
      await library.start();
      await library.managed();
      await this.#show(options);
    });
    this.#established = true;
  }

  /** Asks for the roster, becomes available, and makes sure that the server has taken note of both. */
  async #show({ patienceMs }: SignInOptions): Promise<void> {
    const roster = xml('query', { xmlns: namespaces.roster });
    await this.#request(xml('iq', { type: 'get', id: 'roster' }, roster), patienceMs);
    await this.#sendStanza(xml('presence'));
    const ping = xml('ping', { xmlns: namespaces.ping });
    // Answered after the presence was handled, by a result or by an error (RFC 6120 sections 8.2.3 and 10.1).
    await this.#request(xml('iq', { type: 'get', id: 'shown', to: this.#way.domain }, ping), patienceMs);
  }

  async resume(credentials: Credentials, options: SignInOptions & { session?: KeptSession }): Promise<void> {
    const { session } = options;
    if (session !== undefined) {
      this.dispose();
      this.#library = this.#newLibrary(credentials, { ...options, resumable: true });
      const { streamManagement } = this.#library.entity;
      Object.assign(streamManagement, { id: session.id, inbound: session.received });
    }
    const library = this.#library;
    if (!library?.entity.streamManagement.id) throw new NotResumed('the server gave no session to resume');
    const { entity } = library;
    this.#reach = options;
    await this.#guarded(library, options, () => {
      const resumed = new Promise<void>((resolve, reject) => {
        entity.streamManagement.once('resumed', () => resolve());
        entity.once('online', () => reject(new NotResumed('the server began a new session instead')));
        entity.once('error', reject);
      });
      return Promise.all([resumed, entity.reconnect.reconnect()]);
    });
    this.#established = true;
  }

  async send(to: string, message: Message): Promise<void> {
    const body = 'text' in message ? xml('body', {}, message.text) : this.#data(message.octets);
    const { id, claim } = message;
    await this.#sendStanza(xml('message', { to, type: 'chat', id, from: claim }, body));
  }

  #data(octets: Buffer): Element {
    const hash = createHash('sha1').update(octets).digest('hex');
    const attributes = {
      xmlns: bitsOfBinary,
      cid: `sha1+${hash}@bob.xmpp.org`,
      type: 'application/octet-stream',
    };
    return xml('data', attributes, octets.toString('base64'));
  }

  async appear(as: Availability): Promise<void> {
    const show = as === 'away' ? [xml('show', {}, 'away')] : as === 'busy' ? [xml('show', {}, 'dnd')] : [];
    await this.#sendStanza(xml('presence', {}, ...show));
  }

  async befriend(other: MessagingClient): Promise<void> {
    if (!(other instanceof XmppMessagingClient)) throw new Error('friends speak the same protocol');
    this.#friends.add(other.address);
    other.#friends.add(this.address);
    const done = Promise.all([this.#friendsWith(other.address), other.#friendsWith(this.address)]);
    done.catch(() => undefined);
    await this.#sendStanza(xml('presence', { to: other.address, type: 'subscribe' }));
    await other.#sendStanza(xml('presence', { to: this.address, type: 'subscribe' }));
    await done;
  }

  #friendsWith(address: string): Promise<void> {
    const what = `the subscription between ${this.address} and ${address}`;
    return this.#both.has(address)
      ? Promise.resolve()
      : this.#next(() => this.#both.has(address), what, this.#reach?.patienceMs ?? 0);
  }

  async signOut(): Promise<void> {
    this.#established = false;
    const library = this.#library;
    if (!library) return;
    await library.entity.send(xml('presence', { type: 'unavailable' })).catch(() => undefined);
    await library.entity.stop().catch(() => undefined);
    this.dispose();
  }

  dispose(): void {
    this.#established = false;
    const library = this.#library;
    this.#library = undefined;
    library?.release();
  }

  #newLibrary(credentials: Credentials, options: SignInOptions): LibraryClient {
    const library = new LibraryClient({
      way: () => this.#wayNow(),
      timeout: options.patienceMs,
      streamManagement: options.resumable === true,
      authenticate: async (say, mechanisms) => {
        const { before } = options;
        if (before)
          await library.entity.send(
            xml('message', { to: before.to, type: 'chat' }, xml('body', {}, before.text)),
          );
        // The library's own SCRAM derives its key in JavaScript, half a second of it; over TLS the password may go.
        await say(credentials, mechanisms.includes('PLAIN') ? 'PLAIN' : (mechanisms[0] ?? 'PLAIN'));
      },
    });
    library.entity.on('stanza', (stanza: Element) => this.#receive(stanza));
    library.entity.on('disconnect', (how: { reason?: unknown }) => this.#ended(library, how));
    return library;
  }

  #wayNow(): TrustedWay {
    const { domain, tls, ca } = this.#way;
    const { host = '', port = 0, tls: wish } = this.#reach ?? {};
    const encryption = wish === 'none' ? 'none' : tls;
    const observe: TrustedWay['observe'] = (chunk) => {
      if (chunk.direction === 'received') this.#silence?.refresh();
      this.#options.observe(chunk);
    };
    return { host, port, domain, encryption, wish, ca, observe };
  }

  #receive(stanza: Element): void {
    const from = bareOf(stanza.attrs.from ?? this.address);
    if (stanza.is('iq')) this.#rosterPush(stanza);
    else if (stanza.is('presence')) this.#presence(stanza, from);
    else if (stanza.is('message')) this.#message(stanza, from);
    for (const listener of [...this.#listeners]) listener(stanza);
  }

  #rosterPush(iq: Element): void {
    const item = iq.getChild('query', namespaces.roster)?.getChild('item');
    if (iq.attrs.type !== 'set' || !item) return;
    if (item.attrs.subscription === 'both' && item.attrs.jid !== undefined) this.#both.add(item.attrs.jid);
  }

  #presence(presence: Element, from: string): void {
    const { type } = presence.attrs;
    if (type === 'subscribe' && this.#friends.has(from)) {
      this.#sendStanza(xml('presence', { to: from, type: 'subscribed' })).catch(() => undefined);
      return;
    }
    if (from === this.address || (type !== undefined && type !== 'unavailable')) return;
    const show = presence.getChildText('show');
    const as = type === 'unavailable' ? 'gone' : show === 'dnd' ? 'busy' : show ? 'away' : 'available';
    this.#options.onEvent({ kind: 'presence', from, as });
  }

  #message(message: Element, from: string): void {
    const { id, type } = message.attrs;
    const own = id === undefined ? {} : { id };
    if (type === 'error') {
      const error = message.getChild('error')?.children.find((child) => typeof child !== 'string');
      const reason = typeof error === 'object' ? error.name : 'no reason given';
      this.#options.onEvent({ kind: 'undelivered', to: from, reason, ...own });
      return;
    }
    const data = message.getChildText('data', bitsOfBinary);
    if (data !== null)
      this.#options.onEvent({ kind: 'message', from, ...own, octets: Buffer.from(data, 'base64') });
    else if (message.getChild('body'))
      this.#options.onEvent({ kind: 'message', from, ...own, text: message.getChildText('body') ?? '' });
  }

  #ended(library: LibraryClient, how: { reason?: unknown }): void {
    if (library !== this.#library || !this.#established) return;
    this.#established = false;
    const reason = how.reason instanceof Error ? how.reason.message : 'the server ended it';
    this.#options.onEvent({ kind: 'ended', reason });
  }

  async #sendStanza(stanza: Element): Promise<void> {
    if (!this.#library) throw new ConnectionLost('it is not open');
    try {
      await this.#library.entity.send(stanza);
    } catch {
      throw new ConnectionLost('it is closed');
    }
  }

  async #request(iq: Element, patienceMs: number): Promise<void> {
    const { id = '' } = iq.attrs;
    const answered = this.#next(
      (stanza) => stanza.is('iq') && stanza.attrs.id === id,
      `the request ${id}`,
      patienceMs,
    );
    answered.catch(() => undefined);
    await this.#sendStanza(iq);
    await answered;
  }

  /** Resolves with the first stanza that fits. */
  #next(fits: (stanza: Element) => boolean, what: string, patienceMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const entity = this.#library?.entity;
      const stop = () => {
        this.#listeners.delete(listener);
        entity?.removeListener('disconnect', lost);
        clearTimeout(timer);
      };
      const listener = (stanza: Element) => {
        if (!fits(stanza)) return;
        stop();
        resolve();
      };
      const lost = () => {
        stop();
        reject(new ConnectionLost(`while waiting for ${what}`));
      };
      const timer = setTimeout(() => {
        stop();
        reject(new NoAnswer(what));
      }, patienceMs);
      this.#listeners.add(listener);
      entity?.once('disconnect', lost);
    });
  }

  /** What the library is doing ends with one of our errors, whatever the server does. */
  async #guarded(
    library: LibraryClient,
    options: SignInOptions,
    start: () => Promise<unknown>,
  ): Promise<void> {
    const { entity } = library;
    const { signal, patienceMs } = options;
    let stop = () => {};
    const lost = new Promise<never>((_resolve, reject) => {
      const onEnd = () => reject(new ConnectionLost('the server ended it'));
      const onAbort = () => reject(signal.reason);
      // Whatever comes begins the wait anew: each step of signing in may take that long.
      const timer = setTimeout(() => reject(new NoAnswer('it neither lets in nor refuses')), patienceMs);
      this.#silence = timer;
      entity.once('disconnect', onEnd);
      signal.addEventListener('abort', onAbort, { once: true });
      stop = () => {
        clearTimeout(timer);
        this.#silence = undefined;
        entity.removeListener('disconnect', onEnd);
        signal.removeEventListener('abort', onAbort);
      };
    });
    lost.catch(() => undefined);
    try {
      signal.throwIfAborted();
      const work = start();
      work.catch(() => undefined);
      await Promise.race([work, lost]);
    } catch (error) {
      this.dispose();
      if (signal.aborted) throw signal.reason;
      throw inOurWords(error);
    } finally {
      stop();
    }
  }
}

function inOurWords(error: unknown): Error {
  const known = [NotResumed, ConnectionLost, NoAnswer, SignInRefused].some((one) => error instanceof one);
  if (!(error instanceof Error) || known)
    return error instanceof Error ? error : new ConnectionLost(String(error));
  if (error.name === 'TimeoutError') return new NoAnswer('while the stream was set up');
  if (error.name === 'SASLError' && 'condition' in error) return new SignInRefused(String(error.condition));
  // A stream error, a failed TLS handshake, a socket that is gone.
  return new ConnectionLost(error.message);
}

function bareOf(address: string): string {
  const slash = address.indexOf('/');
  return slash < 0 ? address : address.slice(0, slash);
}
