import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { TLSSocket, type TLSSocketOptions } from 'node:tls';
import { WebSocketConnection, type WebSocketEvent, type WebSocketOptions } from './connection.ts';
import { encodeFrame, type FrameSpec, opcode } from './frame.ts';
import { acceptFor, type HandshakeRequest } from './handshake.ts';

const key = 'dGhlIHNhbXBsZSBub25jZQ==';

/** The opening handshake of a client, with further header fields. For tests. */
export function requestTo(port: number, ...headers: [name: string, value: string][]): HandshakeRequest {
  return {
    method: 'GET',
    target: '/',
    version: '1.1',
    headers: [
      ['Host', `localhost:${port}`],
      ['Upgrade', 'websocket'],
      ['Connection', 'Upgrade'],
      ['Sec-WebSocket-Key', key],
      ['Sec-WebSocket-Version', '13'],
      ...headers,
    ],
  };
}

/** The answer that opens a connection. */
export function acceptance(extensions?: string): Buffer {
  return acceptanceWith(extensions === undefined ? [] : [`Sec-WebSocket-Extensions: ${extensions}`]);
}

/** The answer that opens a connection, with further header fields. */
export function acceptanceWith(fields: readonly string[]): Buffer {
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${acceptFor(key)}`,
    ...fields,
  ];
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
}

/** The octets of a server's frame: a text frame with FIN unless told otherwise. For tests. */
export function serverFrame(spec: Partial<FrameSpec> & { text?: string }): Buffer {
  return encodeFrame({ opcode: opcode.text, mask: false, payload: Buffer.from(spec.text ?? ''), ...spec });
}

/** A server that does with each connection what a script says, and its way down. */
export interface ScriptedServer {
  port: number;
  close(): void;
}

/** Starts a server whose script gets each connection as it comes: the socket to talk by, and the TCP socket below. */
export async function startScriptedServer(
  script: (socket: Socket, tcp: Socket) => void,
  tls?: TLSSocketOptions,
): Promise<ScriptedServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (tcp) => {
    sockets.add(tcp.on('error', () => undefined));
    if (!tls) return script(tcp, tcp);
    const secure = new TLSSocket(tcp, { ...tls, isServer: true }).on('error', () => undefined);
    secure.once('secure', () => script(secure, tcp));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

/** A script that answers the opening handshake, whatever it is, and then goes on. */
export function opened(
  then: (socket: Socket, tcp: Socket) => void,
  extensions?: string,
): (socket: Socket, tcp: Socket) => void {
  return (socket, tcp) =>
    socket.once('data', () => {
      socket.write(acceptance(extensions));
      then(socket, tcp);
    });
}

/** A connection that remembers what was announced. */
export class WatchedConnection {
  readonly events: WebSocketEvent[];
  readonly connection: WebSocketConnection;
  readonly #arrivals: EventEmitter;

  private constructor(connection: WebSocketConnection, events: WebSocketEvent[], arrivals: EventEmitter) {
    this.connection = connection;
    this.events = events;
    this.#arrivals = arrivals;
  }

  static async open(
    port: number,
    options: Partial<WebSocketOptions> = {},
    ...headers: [name: string, value: string][]
  ): Promise<WatchedConnection> {
    const watched = await WatchedConnection.connect(port, options);
    watched.connection.request(requestTo(port, ...headers));
    return watched;
  }

  /** Connects and sends nothing. */
  static async connect(port: number, options: Partial<WebSocketOptions> = {}): Promise<WatchedConnection> {
    const events: WebSocketEvent[] = [];
    const arrivals = new EventEmitter();
    const onEvent = (event: WebSocketEvent) => {
      events.push(event);
      arrivals.emit('event');
    };
    const connection = await WebSocketConnection.open({ host: '127.0.0.1', port, onEvent, ...options });
    return new WatchedConnection(connection, events, arrivals);
  }

  /** The event of that kind and number, once it is there. */
  async sees<Kind extends WebSocketEvent['kind']>(
    kind: Kind,
    number = 1,
  ): Promise<Extract<WebSocketEvent, { kind: Kind }>> {
    for (let seen = 0, met = 0; ; seen++) {
      if (seen === this.events.length) await once(this.#arrivals, 'event');
      const event = this.events[seen];
      if (event && isOf(event, kind) && ++met === number) return event;
    }
  }

  all<Kind extends WebSocketEvent['kind']>(kind: Kind): Extract<WebSocketEvent, { kind: Kind }>[] {
    return this.events.filter((event) => isOf(event, kind));
  }

  get kinds(): string[] {
    return this.events.map(({ kind }) => kind);
  }
}

function isOf<Kind extends WebSocketEvent['kind']>(
  event: WebSocketEvent,
  kind: Kind,
): event is Extract<WebSocketEvent, { kind: Kind }> {
  return event.kind === kind;
}
