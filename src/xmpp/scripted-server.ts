import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, createServer as createTlsServer, TLSSocket } from 'node:tls';
import { type WebSocket, WebSocketServer } from 'ws';
import type { XmlElement } from './element.ts';
import { EventQueue } from './event-queue.ts';
import { StreamParser } from './stream-parser.ts';

/** A certificate and its key, as PEM. */
export interface ServerCertificate {
  certificate: string;
  privateKey: string;
}

export interface ScriptedServerOptions {
  transport?: 'tcp' | 'tls' | 'websocket';
  certificate?: ServerCertificate;
  /** Client certificates are asked for, and must be of this authority. */
  clientAuthority?: string;
}

/** The server's end of one connection: reads elements, writes whatever the script says. For tests. */
export class ScriptedPeer {
  readonly socket: Socket;
  tlsSocket: TLSSocket | undefined;
  readonly #websocket: WebSocket | undefined;
  #arrivals = new EventQueue<XmlElement | 'end'>();
  #parser = this.#newParser();

  constructor(socket: Socket, websocket?: WebSocket) {
    this.socket = socket;
    this.#websocket = websocket;
    socket.on('error', () => {});
    if (socket instanceof TLSSocket) this.tlsSocket = socket;
    if (websocket) websocket.on('message', (data: Buffer) => this.#parser.write(data));
    else this.#listen(socket);
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes) => this.#parser.write(bytes)).on('end', () => this.#arrivals.push('end'));
  }

  #newParser(): StreamParser {
    return new StreamParser(
      {
        onHeader: (header) => this.#arrivals.push(header),
        onElement: (element) => this.#arrivals.push(element),
        onEnd: () => this.#arrivals.push('end'),
        onViolation: () => this.#arrivals.push('end'),
      },
      { mode: this.#websocket ? 'framed' : 'stream' },
    );
  }

  /** The next header or element of the client. Rejects where its stream ends instead. */
  async read(): Promise<XmlElement> {
    const arrival = await this.#arrivals.next();
    if (arrival === 'end') throw new Error('The client ended its stream');
    return arrival;
  }

  /** Resolves when the client ends its stream or the connection. */
  async readEnd(): Promise<void> {
    while ((await this.#arrivals.next()) !== 'end');
  }

  write(text: string | Buffer): void {
    if (this.#websocket) this.#websocket.send(text);
    else (this.tlsSocket ?? this.socket).write(text);
  }

  /** Reads a header, and opens a stream with these features. */
  async open(features = ''): Promise<XmlElement> {
    this.#parser = this.#newParser();
    const header = await this.read();
    if (this.#websocket) {
      this.write(`<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='localhost' id='s' version='1.0'/>`);
      this.write(`<features xmlns='http://etherx.jabber.org/streams'>${features}</features>`);
    } else {
      this.write(
        `<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='localhost' id='s' version='1.0'><stream:features>${features}</stream:features>`,
      );
    }
    return header;
  }

  /** Says `<proceed/>` and goes on under TLS. */
  async secure({ certificate, privateKey }: ServerCertificate): Promise<void> {
    this.socket.removeAllListeners('data').removeAllListeners('end');
    this.write(`<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>`);
    const secureContext = createSecureContext({ cert: certificate, key: privateKey });
    const tlsSocket = new TLSSocket(this.socket, { isServer: true, secureContext });
    tlsSocket.on('error', () => {});
    this.tlsSocket = tlsSocket;
    await once(tlsSocket, 'secure');
    this.#parser = this.#newParser();
    this.#listen(tlsSocket);
  }
}

/** A server that plays a script on each connection, on a port of 127.0.0.1. For tests. */
export class ScriptedServer {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #failures: unknown[] = [];

  private constructor(server: Server) {
    this.#server = server;
    server.on('connection', (socket: Socket) => this.#sockets.add(socket));
  }

  static async start(
    script: (peer: ScriptedPeer) => Promise<void> | void,
    options: ScriptedServerOptions = {},
  ): Promise<ScriptedServer> {
    const { certificate, clientAuthority, transport } = options;
    const server = certificate
      ? createTlsServer({
          cert: certificate.certificate,
          key: certificate.privateKey,
          ALPNProtocols: ['xmpp-client'],
          ...(clientAuthority && { requestCert: true, ca: clientAuthority }),
        })
      : createServer({ allowHalfOpen: true });
    const scripted = new ScriptedServer(server);
    const play = async (peer: ScriptedPeer) => {
      try {
        await script(peer);
      } catch (error) {
        scripted.#failures.push(error);
      }
    };
    if (transport === 'websocket')
      scripted.#serveWebSocket(certificate ? 'secureConnection' : 'connection', play);
    else
      server.on(certificate ? 'secureConnection' : 'connection', (socket: Socket) =>
        play(new ScriptedPeer(socket)),
      );
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return scripted;
  }

  #serveWebSocket(event: string, play: (peer: ScriptedPeer) => Promise<void>): void {
    // One request is read, by hand, so that all transports are served by the same kind of server.
    const websockets = new WebSocketServer({
      noServer: true,
      handleProtocols: (offered) => (offered.has('xmpp') ? 'xmpp' : false),
    });
    this.#server.on(event, (socket: Socket) => {
      socket.once('data', (head: Buffer) => {
        const [requestLine = '', ...lines] = head.toString('latin1').split('\r\n');
        const headers = Object.fromEntries(
          lines
            .filter((line) => line.includes(':'))
            .map((line) => {
              const colon = line.indexOf(':');
              return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
            }),
        );
        const [method, url] = requestLine.split(' ');
        const request = Object.assign(Object.create(null), { method, url, headers, socket });
        websockets.handleUpgrade(request, socket, Buffer.alloc(0), (websocket) =>
          play(new ScriptedPeer(socket, websocket)),
        );
      });
    });
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === 'object' && address ? address.port : 0;
  }

  /** Ends everything. Throws what a script threw. */
  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
    if (this.#failures.length > 0) throw this.#failures[0];
  }
}
