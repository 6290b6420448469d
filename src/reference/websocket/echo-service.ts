import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Port } from '../port.ts';
import type { Ground, Service } from '../service.ts';
import { EchoConnection } from './echo-connection.ts';
import { echoPath } from './echo-handshake.ts';
import type { Http2Serving } from './echo-http2.ts';
import { serveUnderTls } from './echo-tls.ts';

/** A WebSocket that sends every message back, in clear and under TLS, on Touchstone's own codec. */
export class EchoService implements Service {
  readonly ports: readonly Port[];
  readonly endpoints: Service['endpoints'];
  readonly #connections: Set<EchoConnection>;

  private constructor(ports: readonly [Port, Port], connections: Set<EchoConnection>) {
    const [plain, tls] = ports;
    this.ports = ports;
    this.#connections = connections;
    this.endpoints = {
      websocket: { host: plain.host, port: plain.number, path: echoPath },
      'websocket-tls': { host: tls.host, port: tls.number, path: echoPath },
    };
  }

  static async start(ground: Ground): Promise<EchoService> {
    const connections = new Set<EchoConnection>();
    const endServer = () => {
      for (const one of connections) one.cutOff();
    };
    const isHeldUp = (connection: EchoConnection) => {
      const [first] = [...connections].filter((one) => one.isOpening);
      return ground.faults.active('unfinished-handshakes-hold-up-others') && first !== connection;
    };
    const keep = (socket: Duplex, connection: EchoConnection) => {
      connections.add(connection);
      socket.once('close', () => connections.delete(connection));
    };
    const serve = (socket: Socket) =>
      keep(socket, new EchoConnection(socket, ground, endServer, { isHeldUp }));
    const serveStream: Http2Serving['serve'] = (stream, deflate) =>
      keep(stream, new EchoConnection(stream, ground, endServer, { opened: { deflate } }));
    const serveSecurely = (socket: Socket) =>
      serveUnderTls(socket, { ground, serve, endServer, serveStream });
    const ports = await Promise.all([
      Port.open(ground.activity, serve),
      Port.open(ground.activity, (socket) => {
        if (ground.faults.active('tls-port-speaks-plain-too')) serveEither(socket, serve, serveSecurely);
        else serveSecurely(socket);
      }),
    ]);
    return new EchoService(ports, connections);
  }

  pause(): void {
    for (const connection of this.#connections) connection.pause();
  }

  resume(): void {
    for (const connection of this.#connections) connection.resume();
  }

  disconnect(): void {
    for (const connection of this.#connections) connection.goAway();
  }

  forget(): void {}
}

/** The first octet of a TLS handshake (RFC 8446 section 5.1); no HTTP request begins with it. */
const tlsHandshake = 22;

function serveEither(
  socket: Socket,
  serve: (socket: Socket) => void,
  serveSecurely: (socket: Socket) => void,
): void {
  socket.once('data', (octets: Buffer) => {
    socket.pause();
    socket.unshift(octets);
    if (octets[0] === tlsHandshake) serveSecurely(socket);
    else serve(socket);
    socket.resume();
  });
}
