import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import type { Fault } from '../fault.ts';
import { OperatorSwitch } from '../operators.ts';
import { Port } from '../port.ts';
import { securedForHttp } from '../secured-for-http.ts';
import type { Ground, Service } from '../service.ts';
import { XmppDomain } from './domain.ts';
import { endSession } from './session-end.ts';
import { ClientStream } from './stream.ts';
import { TcpTransport } from './tcp-transport.ts';
import { WebSocketTransport } from './websocket-transport.ts';

export const faults: Fault[] = [
  {
    name: 'protocol-name-is-not-negotiated',
    breaks: ['xep-0368/3-alpn-accepted'],
    summary: 'Ignores the protocols that a client offers in the TLS handshake',
  },
  {
    name: 'another-protocol-name-is-chosen',
    breaks: ['xep-0368/3-alpn-selected'],
    summary: 'Chooses h2 where a client of XMPP offers that, too',
  },
  {
    name: 'direct-tls-needs-protocol-name',
    breaks: ['xep-0368/3-without-alpn'],
    summary: 'Drops connections whose TLS handshake named no protocol',
  },
  {
    name: 'direct-tls-begins-in-the-clear',
    breaks: ['xep-0368/2-tls-at-once'],
    summary: 'Waits for a stream header, and STARTTLS, on the port for direct TLS',
  },
  {
    name: 'starttls-port-begins-with-tls',
    breaks: ['xep-0368/3-starttls-port-unchanged'],
    summary: 'Waits for a TLS handshake on the port for STARTTLS',
  },
  {
    name: 'websocket-subprotocol-is-not-named',
    breaks: ['rfc7395/3.1-subprotocol-in-reply'],
    summary: 'Accepts a WebSocket without naming the subprotocol xmpp',
  },
  {
    name: 'websocket-subprotocols-are-repeated',
    breaks: ['rfc7395/3.1-subprotocol-among-others'],
    summary: 'Answers a list of subprotocols with the whole list',
  },
  {
    name: 'shutdown-without-stream-error',
    breaks: ['rfc6120/4.9.3.20*'],
    summary: 'Drops all connections when it restarts, without a word',
  },
];

const webSocketPath = '/xmpp-websocket';
/** Beyond the limit of a stanza, so that the stream can say what is wrong. */
const longestMessage = 1024 * 1024;

/** XMPP for clients, over TCP, TLS and WebSockets. */
export class XmppService implements Service {
  readonly domain: XmppDomain;
  readonly ports: Port[] = [];
  readonly endpoints: Service['endpoints'];

  private constructor(domain: XmppDomain, ports: [Port, Port, Port, Port]) {
    this.domain = domain;
    this.ports = ports;
    const [plain, tls, webSocket, secureWebSocket] = ports.map(({ host, number }) => ({
      host,
      port: number,
    }));
    this.endpoints = {
      ...(plain && { xmpp: plain }),
      ...(tls && { 'xmpp-tls': tls }),
      ...(webSocket && { 'xmpp-websocket': { ...webSocket, path: webSocketPath } }),
      ...(secureWebSocket && { 'xmpp-websocket-tls': { ...secureWebSocket, path: webSocketPath } }),
    };
  }

  static async start(ground: Ground): Promise<XmppService> {
    const operators = new OperatorSwitch(ground.faults, ground.activity);
    const domain = new XmppDomain(ground.domain, { ...ground, operators });
    const web = webSocketAcceptor(domain);
    const acceptors = [
      (socket: Socket) => acceptStream(domain, socket, false),
      (socket: Socket) => acceptStream(domain, socket, true),
      web,
      (socket: Socket) => web(securedForHttp(socket, domain.identity, { asksForCertificate: true })),
    ] as const;
    const [plain, tls, webSocket, secureWebSocket] = acceptors.map((accept) =>
      Port.open(ground.activity, accept),
    );
    const ports = await Promise.all([plain, tls, webSocket, secureWebSocket] as Promise<Port>[]);
    return new XmppService(domain, ports as [Port, Port, Port, Port]);
  }

  pause(): void {
    for (const stream of this.domain.streams) stream.pause();
  }

  resume(): void {
    for (const stream of this.domain.streams) stream.resume();
  }

  disconnect(): void {
    for (const stream of [...this.domain.streams]) {
      if (this.domain.faults.active('shutdown-without-stream-error')) stream.destroy();
      else stream.fail({ condition: 'system-shutdown' });
    }
  }

  forget(): void {
    for (const session of [...this.domain.resumable.values()]) endSession(this.domain, session);
    this.domain.resumable.clear();
    this.domain.accounts.outlive(this.domain.faults);
  }
}

function acceptStream(domain: XmppDomain, socket: Socket, directTls: boolean): void {
  const stream = new ClientStream(domain);
  const transport = new TcpTransport(socket, domain.identity, stream);
  stream.attach(transport);
  const { faults, identity } = domain;
  const turned = faults.active(
    directTls ? 'direct-tls-begins-in-the-clear' : 'starttls-port-begins-with-tls',
  );
  if (directTls === turned) return;
  transport.beginTls(identity.context(), {
    protocols: protocolNames(domain),
    needed: faults.active('direct-tls-needs-protocol-name'),
  });
}

/** XEP-0368 section 4: the protocol is called xmpp-client. */
function protocolNames({ faults }: XmppDomain): string[] {
  if (faults.active('protocol-name-is-not-negotiated')) return [];
  return faults.active('another-protocol-name-is-chosen') ? ['h2', 'xmpp-client'] : ['xmpp-client'];
}

/** Takes connections that begin with the opening handshake of a WebSocket (RFC 7395 section 3.1). */
function webSocketAcceptor(domain: XmppDomain): (socket: Socket) => void {
  const { faults } = domain;
  const webSockets = new WebSocketServer({
    noServer: true,
    clientTracking: false,
    perMessageDeflate: false,
    maxPayload: longestMessage,
    autoPong: false,
    handleProtocols: (offered) => {
      if (faults.active('websocket-subprotocols-are-repeated')) return [...offered].join(', ');
      return offered.has('xmpp') && !faults.active('websocket-subprotocol-is-not-named') ? 'xmpp' : false;
    },
  });
  const http = createHttpServer((_request, response) => {
    response
      .writeHead(426, { connection: 'close', upgrade: 'websocket' })
      .end('Only WebSockets are served here\n');
  });
  http.on('upgrade', (request: IncomingMessage, duplex: Duplex, head: Buffer) => {
    const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
    const wanted = offered.includes('xmpp');
    const found = request.url?.split('?', 1)[0] === webSocketPath;
    if (!wanted || !found) {
      duplex.end(`HTTP/1.1 ${found ? '400 Bad Request' : '404 Not Found'}\r\nConnection: close\r\n\r\n`);
      return;
    }
    webSockets.handleUpgrade(request, duplex, head, (webSocket) => {
      const stream = new ClientStream(domain);
      stream.attach(new WebSocketTransport(webSocket, request.socket, domain, stream));
      if (faults.active('server-opens-framed-stream')) stream.sendOpening();
    });
  });
  return (socket) => {
    http.emit('connection', socket);
  };
}
