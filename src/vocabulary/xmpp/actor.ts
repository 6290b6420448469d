import type { Account, Endpoint } from '../../target/running-target.ts';
import { withAlteredTicket } from '../../tls/session-ticket.ts';
import { describeTls } from '../../tls/tls.ts';
import { XmppConnection, type XmppEvent } from '../../xmpp/connection.ts';
import type { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Challenged } from '../../xmpp/negotiation.ts';
import type { StreamManagement } from '../../xmpp/stream-management.ts';
import { type Finding, type Look, StepFailure } from '../expectation.ts';
import { type Arrival, Inbox } from '../inbox.ts';
import type { Actor, Stage } from '../stage.ts';
import { issueWanted, type WantedCertificate } from './client-certificates.ts';
import type { Returning } from './returning.ts';
import { endpointFor, type Transport } from './transport.ts';

export type XmppArrival = XmppEvent;

/** So much of what came is kept for steps that look back at all of it. */
const mostRemembered = 200;

/** How an actor reaches the server. */
export interface Way {
  transport: Transport;
  servername?: string;
  /** Sent instead of it; false: none is sent. */
  sni?: string | false;
  alpn?: string[];
  minimumTls?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  maximumTls?: 'TLSv1' | 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3';
  /** Goes on with the TLS session of an earlier connection; `altered`: with one octet of its ticket changed. */
  resumes?: boolean | 'altered';
  /** A TLS client certificate, for SASL EXTERNAL. */
  certificate?: { certificate: string; key: string };
}

/** One XMPP client of a case: an account, and at most one connection at a time. */
export class XmppActor implements Actor {
  readonly name: string;
  readonly inbox = new Inbox<XmppArrival>();
  readonly #stage: Stage;
  readonly way: Way;
  readonly account: Account;
  #connection: XmppConnection | undefined;
  /** The full JID that the server gave when the resource was bound. */
  full: string | undefined;
  /** The one to bind, where the case names one. */
  resource: string | undefined;
  /** The latest stream features. */
  features: XmlElement | undefined;
  tls: Extract<XmppEvent, { kind: 'tls' }> | undefined;
  streamManagement: StreamManagement | undefined;
  /** An attempt to authenticate that waits for the client's answer. */
  challenged: Challenged | undefined;
  /** Whenever the connection ends without a word, it comes back. */
  returning: Returning | undefined;
  #sentinel: string | undefined;
  readonly #received: XmppEvent[] = [];
  /** The latest TLS session that the server handed out, and its ticket. */
  #session: Buffer | undefined;

  constructor(name: string, account: Account, way: Way, stage: Stage) {
    this.name = name;
    this.account = account;
    this.way = way;
    this.#stage = stage;
    stage.addSecret(account.password);
  }

  get localPort(): number | undefined {
    return this.#connection?.localPort;
  }

  /** The connection; a step that needs one while there is none fails the case. */
  get connection(): XmppConnection {
    if (this.#connection) return this.#connection;
    throw new StepFailure({
      kind: 'closed',
      expected: `${this.name} to be connected`,
      message: `${this.name} is not connected`,
    });
  }

  /** On its way back from an end of the connection. */
  get busy(): boolean {
    return this.returning?.underWay ?? false;
  }

  get connected(): boolean {
    return this.#connection !== undefined;
  }

  fact(name: string): string | undefined {
    switch (name) {
      case 'bare':
        return this.full?.split('/')[0] ?? this.account.bare;
      case 'full':
        return this.full;
      case 'local':
        return this.account.username;
      case 'domain':
        return this.account.domain;
      case 'local-in-capitals':
        return this.account.username.toUpperCase();
      case 'domain-in-capitals':
        return this.account.domain.toUpperCase();
      case 'local-in-fullwidth':
        return fullwidth(this.account.username);
      case 'domain-in-fullwidth':
        return fullwidth(this.account.domain);
      case 'password':
        return this.account.password;
      case 'resource':
        return this.full?.slice(this.full.indexOf('/') + 1) ?? this.resource;
      default:
        return undefined;
    }
  }

  /** Opens the connection (TCP, with direct TLS or the WebSocket handshake) and writes nothing on it. `opening` gives it up. */
  async connect(way: Way, opening: AbortSignal): Promise<XmppConnection> {
    this.#connection?.destroy();
    this.forgetConnection();
    const endpoint = this.#endpoint(way);
    const link = await this.#stage.link(this.name, endpoint);
    const { ca } = this.#stage.target;
    this.#connection = await XmppConnection.open({
      transport: way.transport,
      host: link.host,
      port: link.port,
      ...(endpoint.path === undefined ? {} : { path: endpoint.path }),
      secure: endpoint.tls === 'direct',
      tls: {
        servername: way.servername ?? this.account.domain,
        ...(ca === undefined ? {} : { ca }),
        ...(way.sni === undefined ? {} : { sni: way.sni }),
        ...(way.alpn ? { alpn: way.alpn } : {}),
        ...(way.minimumTls ? { minVersion: way.minimumTls } : {}),
        ...(way.maximumTls ? { maxVersion: way.maximumTls } : {}),
        ...(way.certificate ?? {}),
        ...(way.resumes && this.#session ? { session: this.#sessionFor(way.resumes) } : {}),
      },
      signal: this.#stage.signal,
      opening,
      onEvent: (event) => this.#arrive(event),
      onSession: (session) => {
        this.#session = session;
      },
      observe: ({ direction, bytes }) => this.#stage.transcript.bytes(this.name, direction, bytes),
    });
    return this.#connection;
  }

  #sessionFor(resumes: true | 'altered'): Buffer {
    const session = this.#session ?? Buffer.alloc(0);
    return resumes === 'altered' ? withAlteredTicket(session) : session;
  }

  #endpoint(way: Way): Endpoint {
    const endpoint = endpointFor(way.transport, this.#stage.target.endpoints);
    if (endpoint) return endpoint;
    throw new StepFailure({
      kind: 'unsupported',
      expected: `an endpoint for XMPP over ${way.transport}`,
      message: `${this.#stage.target.name} declares no endpoint for XMPP over ${way.transport}`,
    });
  }

  /** What came so far, taken by steps or not; of much, the latest. */
  get received(): readonly XmppEvent[] {
    return this.#received;
  }

  #remember(event: XmppEvent): void {
    this.#received.push(event);
    if (this.#received.length > mostRemembered) this.#received.shift();
  }

  #arrive(event: XmppEvent): void {
    this.#remember(event);
    if (event.kind === 'features') this.features = event.element;
    if (event.kind === 'header') this.features = undefined;
    if (event.kind === 'tls') {
      this.tls = event;
      this.#stage.transcript.event(this.name, describeTls(event));
    }
    if (event.kind === 'element') this.streamManagement?.received(event.element);
    if (event.kind === 'ended') this.#stage.transcript.event(this.name, `connection ended (${event.how})`);
    // An end after a word of the server is one that steps have to know of.
    if (event.kind === 'ended' && this.returning && !this.inbox.waiting().some(isLastWord)) {
      this.returning.ended();
      return;
    }
    this.inbox.push(event);
    if (this.inbox.flooded) this.#cutOff();
  }

  /** The server sends more than any step takes, and does not stop. */
  #cutOff(): void {
    this.#connection?.destroy();
    const text = 'more than a client can keep: it sends without end, and the connection was cut';
    this.#stage.transcript.event(this.name, text);
    this.inbox.push({ kind: 'violation', condition: 'policy-violation', text });
  }

  /** The connection as it was is over: its end, and how it began, concern no step that follows. */
  forgetConnection(): void {
    for (const arrival of this.inbox.waiting()) if (concernsConnection(arrival.event)) arrival.taken = true;
    this.features = undefined;
    this.tls = undefined;
  }

  /** What ends a stream is a fact for the steps, too. */
  forgetArrivals(): void {
    this.inbox.forget(endsStream);
  }

  /** Puts aside what a login brought, but not what may have come already to who is logged in. */
  forgetLogin(): void {
    this.inbox.forget(
      (event) => endsStream(event) || (event.kind === 'element' && !isOfLogin(event.element)),
    );
  }

  write(text: string | Buffer, slices?: { every: number }): void {
    this.connection.write(text, slices);
  }

  /** Writes a stanza, and counts it where stream management is on. */
  send(stanza: string): void {
    this.streamManagement?.sent(stanza);
    if (!this.streamManagement?.interrupted) this.connection.write(stanza);
  }

  /** Stream management as it was enabled; a step that needs it while it is off fails the case. */
  get management(): StreamManagement {
    if (this.streamManagement) return this.streamManagement;
    const expected = `${this.name} to have stream management enabled`;
    throw new StepFailure(this.finding('unexpected', expected, 'it is not enabled'));
  }

  /** A TLS client certificate for the account's bare JID unless told otherwise, from the target's own authority. */
  async clientCertificate(wanted: WantedCertificate): Promise<{ certificate: string; key: string }> {
    const { authority, name } = this.#stage.target;
    if (authority) {
      const named = wanted.addresses?.map((one) => this.#stage.names.fill(one)) ?? [this.account.bare];
      const { certificate, privateKey } = await issueWanted(authority, named, wanted.kind);
      return { certificate, key: privateKey };
    }
    throw new StepFailure({
      kind: 'unsupported',
      expected: `a client certificate that ${name} trusts`,
      message: `${name} brings its own certificates, so Touchstone can issue none that it trusts`,
    });
  }

  setSentinel(id: string): void {
    this.#sentinel = id;
  }

  isSentinel(element: XmlElement): boolean {
    return this.#sentinel !== undefined && element.get('id') === this.#sentinel;
  }

  /** What a server may send at any time, and what proves nothing when it comes. */
  isHarmless(element: XmlElement): boolean {
    if (element.namespace === namespaces.streamManagement) return true;
    if (element.name === 'iq' && element.get('type') === 'get') return true;
    return (
      element.name === 'presence' && element.get('from') === this.full && element.get('type') === undefined
    );
  }

  /** The connection is over, or the server broke XML: nothing that is waited for can still come. */
  brokenBy(expected: string): Look | undefined {
    const { failure } = this.returning ?? {};
    if (failure) return { state: 'broken', finding: { ...failure, expected } };
    for (const { event } of this.inbox.waiting()) {
      if (event.kind === 'violation')
        return {
          state: 'broken',
          finding: this.finding('violation', expected, `the server sent ${event.text}`),
        };
      if (event.kind === 'stream-error') {
        const finding = this.finding('closed', expected, `the server ended the stream: ${event.condition}`);
        return { state: 'broken', finding: { ...finding, nearest: event.element.toXml() } };
      }
      if (event.kind === 'stream-end' || event.kind === 'ended') {
        const how =
          event.kind === 'stream-end'
            ? 'the server closed the stream'
            : event.how === 'reset'
              ? 'the server reset the connection'
              : 'the server ended the connection';
        return { state: 'broken', finding: this.finding('closed', expected, how) };
      }
    }
    return undefined;
  }

  describe(event: XmppArrival): string {
    return describeArrival(event);
  }

  finding(kind: Finding['kind'], expected: string, message: string): Finding {
    const { localPort } = this;
    return { kind, expected, message, ...(localPort === undefined ? {} : { localPort }) };
  }

  dispose(): void {
    this.returning?.stop();
    this.#connection?.destroy();
    this.#connection = undefined;
  }
}

/** The same with the fullwidth forms of ASCII characters, of which the dot stays one. */
function fullwidth(text: string): string {
  return text.replace(/[!-\-/-~]/g, (one) => String.fromCodePoint((one.codePointAt(0) ?? 0) + 0xfee0));
}

/** An element of TLS or SASL, or the answer to the request to bind a resource. */
function isOfLogin(element: XmlElement): boolean {
  return element.namespace !== namespaces.client || element.child('bind', namespaces.bind) !== undefined;
}

/** The server has said why the stream is over. */
function isLastWord({ event: { kind } }: Arrival<XmppArrival>): boolean {
  return kind === 'violation' || kind === 'stream-error' || kind === 'stream-end';
}

/** Nothing that is waited for can come after it. */
function endsStream({ kind }: XmppArrival): boolean {
  return kind === 'violation' || kind === 'stream-error' || kind === 'stream-end' || kind === 'ended';
}

/** It is of no meaning for a connection that comes after the one on which it came. */
function concernsConnection(event: XmppArrival): boolean {
  if (event.kind !== 'element')
    return ['ended', 'stream-end', 'header', 'features', 'tls'].includes(event.kind);
  return event.element.namespace === namespaces.tls || event.element.namespace === namespaces.sasl;
}

/** An arrival in a few words. */
function describeArrival(event: XmppArrival): string {
  switch (event.kind) {
    case 'element':
    case 'features':
      return `<${event.element.name}/>`;
    case 'header':
      return 'a stream header';
    case 'stream-error':
      return `the stream error ${event.condition}`;
    case 'stream-end':
      return 'the end of the stream';
    case 'tls':
      return `TLS (${event.version})`;
    case 'server-hello':
      return `a ServerHello (${event.version}, ${event.cipher}, compression: ${event.compression})`;
    case 'alert':
      return `the TLS alert ${event.alert}`;
    case 'renegotiated':
      return 'a new TLS handshake';
    case 'violation':
      return `a violation (${event.text})`;
    case 'ended':
      return event.how === 'reset' ? 'a reset of the connection' : 'the end of the connection';
  }
}
