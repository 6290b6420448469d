import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import type { WebSocket } from 'ws';
import type { Fault } from '../fault.ts';
import type { XmppDomain } from './domain.ts';
import { Encryption } from './encryption.ts';
import type { Transport, TransportListener } from './transport.ts';

export const faults: Fault[] = [
  {
    name: 'framed-elements-share-messages',
    breaks: [
      'rfc7395/3.3.1-open-attributes',
      'rfc7395/3.3.2-framing-namespace',
      'rfc7395/3.3.2-wrong-namespace-closes',
      'rfc7395/3.3.3-one-element-per-message',
      'rfc7395/3.3.3-stream-prefix-declared',
    ],
    summary: 'Puts every element into one message with a second, empty one',
  },
  {
    name: 'framed-messages-begin-with-space',
    breaks: [
      'rfc7395/3.3.3-message-holds-one-stanza',
      'rfc7395/3.3.3-unparsable-refused',
      'rfc7395/3.3.3-one-element-per-message',
      'rfc7395/3.3.3-stream-prefix-declared',
      'rfc7395/3.8-xmpp-ping',
    ],
    summary: 'Begins its messages with white space',
  },
  {
    name: 'framed-messages-are-binary',
    breaks: ['rfc7395/3.2*', 'rfc7395/3.1-messages-conform'],
    summary: 'Sends binary messages',
  },
  {
    name: 'fragmented-messages-are-lost',
    breaks: ['rfc7395/3.3.3-fragmented-message'],
    summary: 'Loses messages that come in several fragments',
    silent: true,
  },
  {
    name: 'server-opens-framed-stream',
    breaks: ['rfc7395/3.4-client-speaks-first'],
    summary: 'Opens the stream of a WebSocket before the client does',
  },
  {
    name: 'websocket-pings-are-ignored',
    breaks: ['rfc7395/3.8-websocket-ping'],
    summary: 'Answers no ping of a WebSocket',
    silent: true,
  },
  {
    name: 'websocket-ends-without-handshake',
    breaks: ['rfc7395/3.5-error-then-close', 'rfc7395/3.6-closing-handshake'],
    summary: 'Ends the connection below a WebSocket without a close frame',
  },
  {
    name: 'websocket-stays-open',
    breaks: ['rfc7395/3.6-close-before-connection'],
    summary: 'Closes the stream and keeps the WebSocket',
    silent: true,
  },
];

/** A text frame without FIN (RFC 6455 section 5.2). */
function beginsFragmented(octets: Buffer): boolean {
  return ((octets[0] ?? 0) & 0x8f) === 0x01;
}

/** An XML stream over a WebSocket (RFC 7395): one message for each element. */
export class WebSocketTransport implements Transport {
  readonly framing = 'framed';
  readonly canStartTls = false;
  readonly directTls = false;
  readonly encryption: Encryption | undefined;
  readonly #webSocket: WebSocket;
  readonly #domain: XmppDomain;

  constructor(webSocket: WebSocket, connection: Socket, domain: XmppDomain, listener: TransportListener) {
    this.#webSocket = webSocket;
    this.#domain = domain;
    this.encryption =
      connection instanceof TLSSocket ? new Encryption(connection, domain.identity) : undefined;
    let fragmented = false;
    if (domain.faults.active('fragmented-messages-are-lost'))
      connection.prependListener('data', (octets: Buffer) => {
        fragmented ||= beginsFragmented(octets);
      });
    webSocket.on('message', (data: Buffer, isBinary) => {
      if (fragmented) fragmented = false;
      else if (isBinary) listener.receivedBinary();
      else listener.received(data);
    });
    webSocket.on('ping', (payload) => {
      if (!domain.faults.active('websocket-pings-are-ignored')) webSocket.pong(payload);
    });
    webSocket.on('close', () => listener.closed());
    // What went wrong with a WebSocket shows in its end.
    webSocket.on('error', () => {});
  }

  write(xml: string): void {
    if (this.#webSocket.readyState !== this.#webSocket.OPEN) return;
    const { faults } = this.#domain;
    const space = faults.active('framed-messages-begin-with-space') ? ' ' : '';
    const second = faults.active('framed-elements-share-messages') ? "<presence xmlns='jabber:client'/>" : '';
    this.#webSocket.send(space + xml + second, { binary: faults.active('framed-messages-are-binary') });
  }

  end(): void {
    const { faults } = this.#domain;
    if (faults.active('websocket-ends-without-handshake')) this.#webSocket.terminate();
    else if (!faults.active('websocket-stays-open')) this.#webSocket.close(1000);
  }

  destroy(): void {
    this.#webSocket.terminate();
  }

  pause(): void {
    this.#webSocket.pause();
  }

  resume(): void {
    this.#webSocket.resume();
  }

  /** TLS belongs to the layer below (RFC 7395 section 3.9). */
  startTls(): never {
    throw new Error('TLS cannot be started inside a WebSocket');
  }
}
