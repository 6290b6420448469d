import { createHash } from 'node:crypto';
import { type Client, client, type Element, type Transport, xml } from '@xmpp/client';
import { namespaces } from '../xmpp/namespaces.ts';
import {
  type Availability,
  type ClientOptions,
  ConnectionLost,
  type Credentials,
  type Message,
  type MessagingClient,
  NotResumed,
  type SignInOptions,
  SignInRefused,
} from './messaging-client.ts';
import { TrustedSocket } from './trusted-socket.ts';

/** Bits of binary, XEP-0231: small octets inside a message. */
const bitsOfBinary = 'urn:xmpp:bob';
/** How long the library waits for an answer while it sets up a stream, in milliseconds. */
const answerTimeout = 10_000;

export interface XmppWay {
  domain: string;
  tls: 'direct' | 'starttls';
  ca?: string | undefined;
}

/** A user of an XMPP server, through @xmpp/client: the client that applications use. */
export class XmppMessagingClient implements MessagingClient {
  readonly address: string;
  readonly #way: XmppWay;
  readonly #options: ClientOptions;
  readonly #friends = new Set<string>();
  readonly #both = new Set<string>();
  #client: Client | undefined;
  #socket: TrustedSocket | undefined;
  #reach: { host: string; port: number } = { host: '', port: 0 };
  #resumable = false;
  #leaving = false;
  #listeners = new Set<(stanza: Element) => void>();

  constructor(bare: string, way: XmppWay, options: ClientOptions) {
    this.address = bare;
    this.#way = way;
    this.#options = options;
  }

  get localPort(): number | undefined {
    return this.#socket?.localPort;
  }

  async signIn(credentials: Credentials, options: SignInOptions): Promise<void> {
    this.dispose();
    this.#leaving = false;
    this.#resumable = options.resumable === true;
    this.#reach = options;
    const entity = this.#newClient(credentials);
    this.#client = entity;
    await this.#guarded(entity, options.signal, entity.start());
    await this.#request(
      xml('iq', { type: 'get', id: 'roster' }, xml('query', { xmlns: namespaces.roster })),
      'roster',
    );
    const reflected = this.#next(
      (stanza) => stanza.is('presence') && stanza.attrs.from === entity.jid?.toString(),
    );
    await entity.send(xml('presence'));
    await reflected;
  }

  async resume(options: SignInOptions): Promise<void> {
    const entity = this.#client;
    if (!entity?.streamManagement.id) throw new NotResumed('the server gave no session to resume');
    this.#reach = options;
    const resumed = new Promise<void>((resolve, reject) => {
      entity.streamManagement.once('resumed', () => resolve());
      entity.once('online', () => reject(new NotResumed('the server began a new session')));
    });
    await this.#guarded(entity, options.signal, Promise.all([resumed, entity.reconnect.reconnect()]));
  }

  async send(to: string, message: Message): Promise<void> {
    const body = 'text' in message ? xml('body', {}, message.text) : this.#data(message.octets);
    await this.#sendStanza(xml('message', { to, type: 'chat', id: message.id }, body));
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
    await this.#sendStanza(xml('presence', { to: other.address, type: 'subscribe' }));
    await other.#sendStanza(xml('presence', { to: this.address, type: 'subscribe' }));
    await done;
  }

  #friendsWith(address: string): Promise<void> {
    return this.#both.has(address)
      ? Promise.resolve()
      : this.#next(() => this.#both.has(address), `the subscription between ${this.address} and ${address}`);
  }

  async signOut(): Promise<void> {
    this.#leaving = true;
    const entity = this.#client;
    this.#client = undefined;
    if (!entity) return;
    await entity.send(xml('presence', { type: 'unavailable' })).catch(() => undefined);
    await entity.stop().catch(() => undefined);
    this.#socket?.destroy();
  }

  dispose(): void {
    this.#leaving = true;
    // The library is left without a socket: its timers see a client that is offline.
    this.#client?.emit('offline');
    this.#client = undefined;
    this.#socket?.destroy();
  }

  #newClient(credentials: Credentials): Client {
    const entity = client({
      service: 'xmpps://target',
      domain: this.#way.domain,
      timeout: answerTimeout,
      credentials: (authenticate, mechanisms) =>
        // The library's own SCRAM derives its key in JavaScript, half a second of it; over TLS the password may go.
        authenticate(credentials, mechanisms.includes('PLAIN') ? 'PLAIN' : (mechanisms[0] ?? 'PLAIN')),
    });
    entity.reconnect.stop();
    entity.transports = [this.#transport(entity)];
    entity.on('stanza', (stanza: Element) => this.#receive(stanza));
    entity.on('error', () => undefined);
    entity.on('disconnect', (how: { reason?: unknown }) => this.#ended(entity, how));
    return entity;
  }

  /** The library's own TLS transport with our socket under it; stream management only where it is wanted. */
  #transport(entity: Client): Transport {
    const base = entity.transports.find((one) => one.name === 'ConnectionTLS');
    if (!base) throw new Error('@xmpp/client has no TLS transport');
    // The library only reads a transport's prototype; this one leaves the library's own class as it is.
    const own: Transport = { name: 'TrustedTransport', prototype: Object.create(base.prototype) };
    const setSocket = (socket: TrustedSocket) => {
      this.#socket = socket;
    };
    own.prototype.Socket = class extends TrustedSocket {
      constructor() {
        super();
        setSocket(this);
      }
    };
    if (!this.#resumable) own.prototype.Parser = withoutStreamManagement(base.prototype.Parser);
    own.prototype.socketParameters = () => ({
      ...this.#reach,
      ...this.#way,
      observe: this.#options.observe,
    });
    return own;
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

  #ended(entity: Client, how: { reason?: unknown }): void {
    if (entity !== this.#client || this.#leaving) return;
    const reason = how.reason instanceof Error ? how.reason.message : 'the server ended it';
    this.#options.onEvent({ kind: 'ended', reason });
  }

  async #sendStanza(stanza: Element): Promise<void> {
    if (!this.#client) throw new ConnectionLost('it is not open');
    try {
      await this.#client.send(stanza);
    } catch (error) {
      throw new ConnectionLost(error instanceof Error ? error.message : String(error));
    }
  }

  async #request(iq: Element, id: string): Promise<void> {
    const answered = this.#next((stanza) => stanza.is('iq') && stanza.attrs.id === id, 'the roster');
    await this.#sendStanza(iq);
    await answered;
  }

  /** Resolves with the first stanza that fits. */
  #next(fits: (stanza: Element) => boolean, what = 'an answer'): Promise<void> {
    return new Promise((resolve, reject) => {
      const entity = this.#client;
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
      const timer = setTimeout(lost, answerTimeout);
      this.#listeners.add(listener);
      entity?.once('disconnect', lost);
    });
  }

  /** What the library is doing ends with one of our errors, whatever the server does. */
  async #guarded<T>(entity: Client, signal: AbortSignal, work: Promise<T>): Promise<T> {
    let stop = () => {};
    const lost = new Promise<never>((_resolve, reject) => {
      const onEnd = () => reject(new ConnectionLost('the server ended it'));
      const onAbort = () => {
        this.dispose();
        reject(signal.reason);
      };
      entity.once('disconnect', onEnd);
      signal.addEventListener('abort', onAbort, { once: true });
      stop = () => {
        entity.removeListener('disconnect', onEnd);
        signal.removeEventListener('abort', onAbort);
      };
    });
    lost.catch(() => undefined);
    work.catch(() => undefined);
    try {
      return await Promise.race([work, lost]);
    } catch (error) {
      this.#leaving = true;
      this.#socket?.destroy();
      if (signal.aborted) throw signal.reason;
      if (error instanceof NotResumed || error instanceof ConnectionLost) throw error;
      const condition = error instanceof Error && 'condition' in error ? String(error.condition) : undefined;
      if (condition !== undefined && error instanceof Error && error.name === 'SASLError')
        throw new SignInRefused(condition);
      throw new ConnectionLost(error instanceof Error ? error.message : String(error));
    } finally {
      stop();
    }
  }
}

/** The library turns stream management on wherever it is offered; a session that must end with its connection hides it. */
function withoutStreamManagement(Parser: Transport['prototype']['Parser']): Transport['prototype']['Parser'] {
  return class extends Parser {
    override emit(event: string | symbol, ...values: unknown[]): boolean {
      const [element] = values as [Element | undefined];
      if (event === 'element' && element?.is('features', namespaces.stream))
        element.remove('sm', namespaces.streamManagement);
      return super.emit(event, ...values);
    }
  };
}

function bareOf(address: string): string {
  const slash = address.indexOf('/');
  return slash < 0 ? address : address.slice(0, slash);
}
