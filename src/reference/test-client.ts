import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, TLSSocket } from 'node:tls';
import { WebSocket } from 'ws';
import type { XmlElement } from '../xmpp/element.ts';
import { StreamParser } from '../xmpp/stream-parser.ts';
import type { EmbeddedAccount, EmbeddedServer } from './embedded-server.ts';

/** Writes to a connection in the way that it is carried. */
interface Wire {
  write(text: string): void;
  end(): void;
  cut(): void;
}

/**
 * A client for the tests of the embedded server, which says only what it is told to. What came is looked at after
 * `settled()`, when the server has said all it had to say.
 */
export class TestClient {
  readonly server: EmbeddedServer;
  /** Stanzas and other top-level elements, in their order, as XML. */
  inbox: string[] = [];
  elements: XmlElement[] = [];
  /** Everything that came, as text. */
  transcript = '';
  ended = false;
  account: EmbeddedAccount | undefined;
  full = '';
  #wire: Wire | undefined;
  #socket: Socket | undefined;
  #parser = new StreamParser({ onHeader() {}, onElement() {}, onEnd() {}, onViolation() {} });
  #framed = false;

  private constructor(server: EmbeddedServer) {
    this.server = server;
  }

  /** Connects without a word; `xmpp-tls` with TLS. */
  static async connect(
    server: EmbeddedServer,
    kind: 'xmpp' | 'xmpp-tls' | 'xmpp-websocket' = 'xmpp-tls',
    options: ConnectionOptions = {},
  ): Promise<TestClient> {
    const client = new TestClient(server);
    const endpoint = server.endpoints[kind];
    if (!endpoint) throw new Error(`The server has no ${kind}`);
    if (kind === 'xmpp-websocket') await client.#openWebSocket(endpoint.port, endpoint.path ?? '/');
    else {
      const socket = connect(endpoint.port, endpoint.host);
      await once(socket, 'connect');
      socket.setNoDelay(true);
      client.#listen(socket);
      if (kind === 'xmpp-tls') await client.secure({ ALPNProtocols: ['xmpp-client'], ...options });
    }
    client.restart();
    return client;
  }

  async #openWebSocket(port: number, path: string): Promise<void> {
    const webSocket = new WebSocket(`ws://127.0.0.1:${port}${path}`, ['xmpp']);
    webSocket.on('message', (data: Buffer) => this.#take(data));
    webSocket.on('close', () => {
      this.ended = true;
    });
    await once(webSocket, 'open');
    this.#framed = true;
    this.#wire = {
      write: (text) => webSocket.send(text),
      end: () => webSocket.close(),
      cut: () => webSocket.terminate(),
    };
  }

  #listen(socket: Socket): void {
    this.#socket = socket;
    socket.on('data', (bytes) => this.#take(bytes as Buffer));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.ended = true;
    });
    this.#wire = {
      write: (text) => void socket.write(text),
      end: () => void socket.end(),
      cut: () => void socket.destroy(),
    };
  }

  /** Performs the TLS handshake; verifies the server unless told otherwise. */
  async secure(options: ConnectionOptions = {}): Promise<TLSSocket> {
    const plain = this.#socket;
    if (!plain) throw new Error('There is no socket to secure');
    plain.removeAllListeners('data');
    const servername = this.server.domain;
    const secure = connectTls({ socket: plain, ca: this.server.ca, servername, ...options });
    await once(secure, 'secureConnect');
    this.#listen(secure);
    this.restart();
    return secure;
  }

  get tls(): TLSSocket {
    if (this.#socket instanceof TLSSocket) return this.#socket;
    throw new Error('The connection is not encrypted');
  }

  #take(bytes: Buffer): void {
    this.transcript += bytes.toString();
    this.#parser.write(bytes);
  }

  /** The next thing that comes opens a stream. */
  restart(): void {
    this.#parser = new StreamParser(
      {
        onHeader: () => {},
        onElement: (element) => {
          this.inbox.push(element.toXml('jabber:client'));
          this.elements.push(element);
        },
        onEnd: () => this.inbox.push('END'),
        onViolation: ({ text }) => this.inbox.push(`VIOLATION ${text}`),
      },
      { mode: this.#framed ? 'framed' : 'stream' },
    );
  }

  /** Sends text as it is, and waits until the server has nothing more to say. Returns what came since. */
  async say(text: string): Promise<string[]> {
    this.inbox = [];
    this.elements = [];
    this.#wire?.write(text);
    await this.server.settled();
    return this.take();
  }

  /** What came since the last time that somebody asked. */
  take(): string[] {
    const taken = this.inbox;
    this.inbox = [];
    return taken;
  }

  /** Opens a stream. */
  async open(attributes = ''): Promise<string[]> {
    this.restart();
    const to = `to='${this.server.domain}' version='1.0' ${attributes}`;
    if (this.#framed) return this.say(`<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' ${to}/>`);
    const namespaces = "xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'";
    return this.say(`<?xml version='1.0'?><stream:stream ${namespaces} ${to}>`);
  }

  /** Ends the connection in good order. */
  async end(): Promise<void> {
    this.#wire?.end();
    await this.server.settled();
  }

  /** The connection breaks. */
  async cut(): Promise<void> {
    this.#wire?.cut();
    await this.server.settled();
  }

  /** Opens a stream, logs in by PLAIN and opens the next one. */
  async login(account = this.server.newAccount(), attributes = ''): Promise<this> {
    this.account = account;
    await this.open(attributes);
    const message = Buffer.from(`\0${account.username}\0${account.password}`).toString('base64');
    await this.say(`<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl' mechanism='PLAIN'>${message}</auth>`);
    await this.open(attributes);
    return this;
  }

  async bind(resource = ''): Promise<this> {
    const wanted = resource ? `<resource>${resource}</resource>` : '';
    const bind = `<bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'>${wanted}</bind>`;
    await this.say(`<iq id='bind' type='set'>${bind}</iq>`);
    this.full = this.elements[0]?.elements[0]?.child('jid')?.text ?? '';
    this.take();
    return this;
  }

  /** A client that asked for its roster and sent its presence; what that brought is forgotten. */
  static async online(
    server: EmbeddedServer,
    options: { account?: EmbeddedAccount; resource?: string; presence?: string } = {},
  ): Promise<TestClient> {
    const client = await TestClient.connect(server);
    await client.login(options.account ?? server.newAccount());
    await client.bind(options.resource);
    await client.say("<iq id='roster' type='get'><query xmlns='jabber:iq:roster'/></iq>");
    await client.say(options.presence ?? '<presence/>');
    client.take();
    return client;
  }

  get bare(): string {
    return this.account?.bare ?? '';
  }
}

/** Two accounts that are subscribed to each other; what that brought is forgotten. */
export async function befriend(one: TestClient, other: TestClient): Promise<void> {
  for (const [from, to] of [
    [one, other],
    [other, one],
  ] as const) {
    await from.say(`<presence to='${to.bare}' type='subscribe'/>`);
    await to.say(`<presence to='${from.bare}' type='subscribed'/>`);
  }
  one.take();
  other.take();
}
