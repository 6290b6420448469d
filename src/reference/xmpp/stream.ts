import { randomBytes } from 'node:crypto';
import type { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import {
  type ElementFacts,
  StreamHeader,
  StreamParser,
  type XmlViolation,
} from '../../xmpp/stream-parser.ts';
import type { LocalAccount } from './accounts.ts';
import { bindResource, bindWithoutLogin } from './binding.ts';
import { certificateMistake } from './client-certificates.ts';
import type { XmppDomain } from './domain.ts';
import { answerEarlyRegistration } from './registration.ts';
import { SaslNegotiation } from './sasl.ts';
import type { Session } from './session.ts';
import { endSession } from './session-end.ts';
import { asStanza, isContentForOthers, isStanza, withAttributes } from './stanza.ts';
import { handleStanza, handleUnbound } from './stanza-rules.ts';
import { keepsPlaintext, negotiateTls } from './starttls.ts';
import { writtenFor } from './stream-elements.ts';
import { type StreamError, streamErrorElement } from './stream-errors.ts';
import { streamFeatures } from './stream-features.ts';
import { headerMistake, responseHeader, streamEnd } from './stream-headers.ts';
import { handleManagement } from './stream-management.ts';
import type { Transport, TransportListener } from './transport.ts';

/** Beyond this a stanza is a policy violation; RFC 6120 section 13.12 wants 10000 at least. */
const stanzaLimit = 256 * 1024;

type StreamEvent =
  | { kind: 'header'; header: StreamHeader }
  | { kind: 'element'; element: XmlElement; facts: ElementFacts }
  | { kind: 'end' }
  | { kind: 'violation'; violation: XmlViolation };

/**
 * The server's side of one connection: a stream after the other, each opened by a header (RFC 6120 section 4),
 * until a resource is bound and stanzas flow. What comes is handled strictly in its order (section 10.1).
 */
export class ClientStream implements TransportListener {
  readonly domain: XmppDomain;
  readonly sasl = new SaslNegotiation(this);
  /** The language of the client's stream header. */
  language: string | undefined;
  /** The 'from' of a stream header that came encrypted. */
  claimedFrom: string | undefined;
  account: LocalAccount | undefined;
  session: Session | undefined;
  #transport: Transport | undefined;
  #parser: StreamParser | undefined;
  #events: StreamEvent[] = [];
  #unread: Buffer[] = [];
  #working = false;
  /** The response header of the current stream was sent. */
  #open = false;
  /** Nothing that comes is looked at any more: only a fault does that. */
  #deaf = false;
  #closed = false;
  /** Namespaces that a fault carries over from one stream to the next, by prefix. */
  #declared: Record<string, string> = {};
  #pauses = 0;

  constructor(domain: XmppDomain) {
    this.domain = domain;
    domain.streams.add(this);
  }

  /** Begins to listen. The transport is made with this stream as its listener. */
  attach(transport: Transport): void {
    this.#transport = transport;
    this.restart();
  }

  get transport(): Transport {
    if (!this.#transport) throw new Error('The stream has no transport yet');
    return this.#transport;
  }

  get secured(): boolean {
    return this.transport.encryption !== undefined;
  }

  /** Something came that was not parsed yet. */
  get unread(): boolean {
    return this.#unread.length > 0;
  }

  /** Answers the TLS handshake that comes next; `keepUnread`: a fault lets through what came before it. */
  startTls(keepUnread: boolean): void {
    this.transport.startTls(this.domain.identity.context());
    this.restart();
    if (!keepUnread) this.#unread = [];
  }

  /** The next thing that comes is a stream header: after STARTTLS and SASL (RFC 6120 section 4.3.3). */
  restart(): void {
    this.#open = false;
    this.#events = [];
    this.#parser?.stop();
    const mode = this.transport.framing;
    const add = (event: StreamEvent) => this.#events.push(event);
    const onElement = (element: XmlElement, facts: ElementFacts) => {
      add({ kind: 'element', element, facts });
      // What is behind it is then read by the parser of the next stream.
      if (keepsPlaintext(this, element)) this.#parser?.stop();
    };
    this.#parser = new StreamParser(
      {
        onHeader: (header) => add({ kind: 'header', header }),
        onElement,
        onEnd: () => add({ kind: 'end' }),
        onViolation: (violation) => add({ kind: 'violation', violation }),
      },
      { mode, limits: { octets: stanzaLimit }, inherited: this.#declared },
    );
  }

  received(bytes: Buffer): void {
    if (this.#closed || this.#deaf) return;
    if (this.domain.faults.active('packets-must-end-with-tags') && !/^\s*(<.*>\s*)?$/s.test(`${bytes}`)) {
      this.fail({ condition: 'not-well-formed', text: 'The packet does not end with a tag' });
      return;
    }
    const marked = !this.#open && bytes.subarray(0, 3).equals(Buffer.from('\uFEFF'));
    const passed = marked && this.domain.faults.active('byte-order-mark-is-passed-over');
    this.#unread.push(passed ? bytes.subarray(3) : bytes);
    if (!this.#working) void this.#work();
  }

  receivedBinary(): void {
    this.fail({ condition: 'bad-format', text: 'Messages have to be text (RFC 7395 section 3.2)' });
  }

  renegotiated(): void {
    if (this.domain.faults.active('renegotiation-ends-in-stream-error'))
      this.fail({ condition: 'policy-violation', text: 'TLS is negotiated once' });
  }

  /** Handles one thing after the other; where one has to wait, so does all that follows. */
  async #work(): Promise<void> {
    this.#working = true;
    while (!this.#closed) {
      const event = this.#events.shift();
      if (event) {
        const outcome = this.#handle(event);
        if (outcome instanceof Promise) await this.#waitFor(outcome);
        continue;
      }
      const bytes = this.#unread.shift();
      if (!bytes) break;
      const rest = this.#parser?.write(bytes);
      if (rest?.length && this.#events.length > 0) this.#unread.unshift(rest);
    }
    this.#working = false;
  }

  async #waitFor(outcome: Promise<void>): Promise<void> {
    this.pause();
    try {
      await this.domain.activity.during(outcome);
    } finally {
      this.resume();
    }
  }

  /** Reads nothing more until `resume()` was called as often. */
  pause(): void {
    if (this.#pauses++ === 0) this.transport.pause();
  }

  resume(): void {
    if (--this.#pauses === 0) this.transport.resume();
  }

  #handle(event: StreamEvent): void | Promise<void> {
    switch (event.kind) {
      case 'header':
        return this.#openStream(event.header);
      case 'element':
        return this.#element(event.element, event.facts);
      case 'violation':
        return this.#violation(event.violation);
      default:
        return this.#clientCloses();
    }
  }

  #openStream(header: StreamHeader): void {
    const { faults } = this.domain;
    this.language = header.get('xml:lang') || undefined;
    if (this.secured) this.claimedFrom = header.get('from');
    if (header.prefix === '' && !header.framed && faults.active('prefix-free-streams-are-dropped')) {
      this.destroy();
      return;
    }
    if (faults.active('declarations-outlive-stream')) {
      const own = [...header.declarations].filter(([prefix]) => prefix !== '' && prefix !== header.prefix);
      Object.assign(this.#declared, Object.fromEntries(own));
    }
    const mistake = headerMistake(this.domain, header) ?? certificateMistake(this);
    if (!mistake || !faults.active('stream-error-before-header')) this.#sendHeader(header);
    if (mistake) this.fail(mistake);
    else if (!faults.active('no-stream-features')) this.send(streamFeatures(this));
  }

  /** Opens a stream that the client has not asked for: only by fault. */
  sendOpening(): void {
    this.transport.write(responseHeader(this.domain, this.transport.framing, 'unasked', undefined));
  }

  /** Says that the stream ends, and goes on with it: only by fault. */
  sendClosing(): void {
    if (this.transport.framing === 'framed') this.transport.write(streamEnd(this.domain, 'framed'));
  }

  #sendHeader(header?: StreamHeader): void {
    if (this.#open) return;
    this.#open = true;
    const { faults } = this.domain;
    const counted = faults.active('stream-ids-are-counted');
    const id = counted ? this.domain.nextInLine('stream') : randomBytes(16).toString('base64url');
    this.transport.write(responseHeader(this.domain, this.transport.framing, id, header));
  }

  #element(received: XmlElement, { prefix }: ElementFacts): void | Promise<void> {
    const { faults } = this.domain;
    const element = faults.active('foreign-elements-are-routed') ? asStanza(received) : received;
    if (!this.#open && element.name === 'open') this.#openInWrongNamespace(element);
    else if (!this.#open) {
      // A framed stream has no root that its parser would miss.
      this.fail({ condition: 'not-authorized', text: 'The stream has to be opened first' });
    } else if (isStanza(element)) {
      // RFC 6120 section 4.8.5: the content namespace is the default one, and takes no prefix.
      if (prefix === '' || faults.active('prefixed-stanzas-are-accepted')) this.#stanza(element);
      else
        this.fail({ condition: 'bad-namespace-prefix', text: `Stanzas take no prefix, such as ${prefix}` });
    } else if (element.namespace === namespaces.tls) negotiateTls(this, element);
    else if (element.namespace === namespaces.sasl) return this.sasl.handle(element);
    else if (element.namespace === namespaces.streamManagement) handleManagement(this, element);
    else if (element.is('error', namespaces.stream)) {
      if (faults.active('client-stream-errors-are-ignored')) this.#deaf = true;
      else this.#clientCloses();
    } else this.#unknown(element);
  }

  /** Sections 4.8.3 and 4.8.4: a content namespace for others is told from elements that are no content at all. */
  #unknown(element: XmlElement): void {
    if (this.domain.faults.active('unknown-elements-are-sent-back')) {
      this.send(withAttributes(element, { type: 'error' }));
    } else if (this.transport.framing === 'framed' && element.name === 'close') {
      this.#closeInWrongNamespace(element);
    } else if (isContentForOthers(element)) {
      const text = `Stanzas are in the namespace ${namespaces.client} here, not ${element.namespace}`;
      this.fail({ condition: 'invalid-namespace', text });
    } else this.fail({ condition: 'unsupported-stanza-type', text: `<${element.name}/> is not known here` });
  }

  /** RFC 7395 section 3.3.2. */
  #openInWrongNamespace(element: XmlElement): void {
    const { name, namespace, attributes } = element;
    if (this.domain.faults.active('wrong-namespaces-are-accepted')) {
      const facts = { prefix: '', declarations: new Map<string, string>() };
      this.#openStream(new StreamHeader(name, namespaces.framing, attributes, facts));
    } else this.fail({ condition: 'invalid-namespace', text: `<open/> is in the namespace '${namespace}'` });
  }

  /** RFC 7395 section 3.3.2, which calls this element a stream header too. */
  #closeInWrongNamespace({ namespace }: XmlElement): void {
    if (this.domain.faults.active('wrong-namespaces-are-accepted')) this.#clientCloses();
    else this.fail({ condition: 'invalid-namespace', text: `<close/> is in the namespace '${namespace}'` });
  }

  #stanza(stanza: XmlElement): void {
    const { faults } = this.domain;
    if (this.session) {
      if (faults.active('features-are-sent-again')) this.send(streamFeatures(this));
      this.session.management?.countHandled();
      handleStanza(this.domain, this.session, stanza);
      return;
    }
    const handled = this.account
      ? bindResource(this, this.account, stanza) || handleUnbound(this, this.account, stanza)
      : bindWithoutLogin(this, stanza) || answerEarlyRegistration(this, stanza);
    if (handled || faults.active('stanzas-before-login-are-ignored')) return;
    this.fail({ condition: 'not-authorized', text: 'Stanzas are accepted once a resource is bound' });
  }

  #violation(violation: XmlViolation): void {
    const { faults } = this.domain;
    const ignoring = {
      'restricted-xml': 'restricted-xml-goes-unanswered',
      'policy-violation': 'oversized-stanza-goes-unanswered',
      'not-well-formed': 'malformed-xml-goes-unanswered',
      'bad-format': 'malformed-xml-goes-unanswered',
    } as Record<string, string>;
    const fault = ignoring[violation.condition];
    if (fault === undefined || !faults.active(fault)) this.fail(violation);
  }

  /** The client ends the stream in good order, and its session with it (RFC 6120 section 4.4). */
  #clientCloses(): void {
    const { faults } = this.domain;
    if (this.#deaf) return;
    if (faults.active('stream-close-goes-unanswered')) return;
    this.close(!faults.active('stream-closes-without-closing-tag'));
  }

  /** Sends something that is not a stanza. */
  send(element: XmlElement): void {
    if (this.#closed) return;
    const negotiating = element.namespace === namespaces.tls || element.namespace === namespaces.sasl;
    const space = negotiating && this.domain.faults.active('white-space-during-negotiation') ? ' ' : '';
    this.transport.write(space + writtenFor(this.domain, this.transport.framing, element) + space);
  }

  /** Sends a stanza: the place where operators meddle. */
  sendStanza(stanza: XmlElement): void {
    this.domain.operators.pass(this, stanza);
  }

  /** Ends the stream with an error (RFC 6120 section 4.9.1). */
  fail(error: StreamError): void {
    if (this.#closed) return;
    const { faults } = this.domain;
    if (!faults.active('stream-error-before-header')) this.#sendHeader();
    if (!faults.active('stream-ends-without-error')) this.send(streamErrorElement(this.domain, error));
    if (faults.active('stream-error-leaves-stream-open')) return;
    this.close(!faults.active('stream-error-without-closing-tag'));
  }

  /** Closes the stream and the connection; the session ends and can't be resumed. */
  close(withTag = true): void {
    if (this.#closed) return;
    if (withTag && this.#open) this.transport.write(streamEnd(this.domain, this.transport.framing));
    if (this.domain.faults.active('talks-after-closing-tag')) {
      this.transport.write(`<presence xmlns='${namespaces.client}' from='${this.domain.name}'/>`);
    }
    this.#leave();
    this.#endTransport();
    if (this.session) endSession(this.domain, this.session);
    this.session = undefined;
  }

  #endTransport(): void {
    const { faults } = this.domain;
    if (faults.active('connections-outlive-streams')) return;
    if (faults.active('streams-end-without-close-notify') && this.transport.endBelowTls)
      this.transport.endBelowTls();
    else this.transport.end();
  }

  /** Ends the connection without a word. */
  destroy(): void {
    this.transport.destroy();
  }

  /** The connection went away. Unless the session can be resumed, the resource is gone, too. */
  closed(): void {
    this.#finishStanza();
    this.#leave();
    const { session } = this;
    this.session = undefined;
    if (!session) return;
    if (this.transport.framing === 'framed' && this.domain.faults.active('broken-websocket-keeps-session'))
      return;
    if (session.management?.resumable) session.management.detach();
    else endSession(this.domain, session);
  }

  /** A fault closes what the client left open. */
  #finishStanza(): void {
    if (this.#closed || !this.domain.faults.active('unfinished-stanzas-are-processed')) return;
    this.#parser?.write(Buffer.from('</message>'));
    for (const event of this.#events.splice(0)) {
      if (event.kind === 'element' && isStanza(event.element)) this.#stanza(event.element);
    }
  }

  #leave(): void {
    this.#closed = true;
    this.domain.streams.delete(this);
    this.domain.operators.forget(this);
    const { account } = this;
    if (account?.anonymous && account.sessions.size === 0) this.domain.accounts.remove(account);
  }
}
