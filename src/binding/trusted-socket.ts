import { EventEmitter } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { StringDecoder } from 'node:string_decoder';
import { connect as connectTls } from 'node:tls';
import { escapeXml, type XmlElement } from '../xmpp/element.ts';
import { namespaces } from '../xmpp/namespaces.ts';
import { StreamParser } from '../xmpp/stream-parser.ts';
import type { TlsFacts, TlsWish } from './messaging-client.ts';
import { StreamGuard } from './stream-guard.ts';
import { tlsFacts, tlsOptions } from './tls.ts';

/** Where to connect, and whom to trust there. */
export interface TrustedWay {
  host: string;
  port: number;
  domain: string;
  /** TLS from the first octet (XEP-0368), by STARTTLS, or not at all. */
  encryption: 'direct' | 'starttls' | 'none';
  wish?: TlsWish | undefined;
  ca?: string | undefined;
  observe(chunk: { direction: 'sent' | 'received'; bytes: Buffer }): void;
}

/**
 * A socket as @xmpp/client wants one. The library gives no way to name a certificate authority, so TLS is set up
 * here, against the target's own; all that is said over it is the library's. It emits text instead of octets: the
 * library would decode each chunk by itself, and so break characters that lie across two of them.
 */
export class TrustedSocket extends EventEmitter {
  #socket: Socket | undefined;
  #way: TrustedWay | undefined;

  /** The library tells the server its address only over a connection that is secure. */
  get secure(): boolean {
    return this.#way?.encryption !== 'none';
  }

  get localPort(): number | undefined {
    return this.#socket?.localPort;
  }

  get tls(): TlsFacts | undefined {
    return tlsFacts(this.#socket);
  }

  connect(way: TrustedWay): void {
    this.#way = way;
    const { host, port } = way;
    if (way.encryption === 'direct') return this.#secure(way, { host, port, ALPNProtocols: ['xmpp-client'] });
    const socket = connectTcp({ host, port, noDelay: true });
    if (way.encryption === 'none') {
      socket.once('connect', () => this.emit('connect'));
      return this.#use(socket, way);
    }
    this.#socket = socket;
    socket.once('error', (error) => this.emit('error', error));
    socket.once('close', () => this.emit('close'));
    socket.once('connect', () => this.#startTls(socket, way));
  }

  #startTls(socket: Socket, way: TrustedWay): void {
    const parser = new StreamParser({
      onHeader: () => undefined,
      onElement: (element) => this.#negotiate(element, socket, parser, way),
      onEnd: () => socket.destroy(new Error('the server closed the stream before STARTTLS')),
      onViolation: (violation) => socket.destroy(new Error(violation.text)),
    });
    socket.on('data', (bytes: Buffer) => parser.write(bytes));
    const to = escapeXml(way.domain);
    socket.write(
      `<?xml version='1.0'?><stream:stream to='${to}' version='1.0' xmlns='${namespaces.client}' xmlns:stream='${namespaces.stream}'>`,
    );
  }

  #negotiate(element: XmlElement, socket: Socket, parser: StreamParser, way: TrustedWay): void {
    if (element.is('features', namespaces.stream)) {
      if (element.child('starttls', namespaces.tls)) socket.write(`<starttls xmlns='${namespaces.tls}'/>`);
      else socket.destroy(new Error('the server does not offer STARTTLS'));
    } else if (element.is('proceed', namespaces.tls)) {
      parser.stop();
      socket.removeAllListeners();
      this.#secure(way, { socket });
    } else socket.destroy(new Error(`the server answered <starttls/> with <${element.name}/>`));
  }

  #secure(
    way: TrustedWay,
    over: { socket: Socket } | { host: string; port: number; ALPNProtocols: string[] },
  ): void {
    const socket = connectTls({
      ...over,
      ...tlsOptions(way.wish),
      servername: way.domain,
      ...(way.ca === undefined ? {} : { ca: way.ca }),
    });
    socket.setNoDelay(true);
    socket.once('secureConnect', () => this.emit('connect'));
    this.#use(socket, way);
  }

  /** From here on the library speaks. */
  #use(socket: Socket, way: TrustedWay): void {
    this.#socket = socket;
    const decoder = new StringDecoder('utf8');
    const guard = new StreamGuard((text) => socket.destroy(new Error(text)));
    socket.on('data', (bytes: Buffer) => {
      way.observe({ direction: 'received', bytes });
      guard.read(bytes);
      if (socket.destroyed) return;
      try {
        this.emit('data', decoder.write(bytes));
      } catch (error) {
        // The library throws at some of what a hostile server can send.
        socket.destroy(error instanceof Error ? error : new Error(String(error)));
      }
    });
    socket.on('error', (error) => this.emit('error', error));
    socket.once('close', () => this.emit('close'));
  }

  write(text: string, done?: (error?: Error | null) => void): void {
    this.#way?.observe({ direction: 'sent', bytes: Buffer.from(text) });
    if (this.#socket && !this.#socket.destroyed) this.#socket.write(text, done);
    else done?.(new Error('the connection is closed'));
  }

  end(): void {
    this.#socket?.end();
  }

  destroy(): void {
    this.#socket?.destroy();
  }
}
