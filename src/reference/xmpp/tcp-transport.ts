import type { Socket } from 'node:net';
import { type SecureContext, TLSSocket } from 'node:tls';
import { Encryption, type TlsIdentity } from './encryption.ts';
import type { Transport, TransportListener } from './transport.ts';

/** Octets that may wait for a client that does not read. */
const longestBacklog = 16 * 1024 * 1024;
/** How long a client has to close its side of a stream that the server closed, in milliseconds. */
const patience = 5000;

/** An XML stream over TCP, encrypted from the first octet or by STARTTLS. */
export class TcpTransport implements Transport {
  readonly framing = 'stream';
  readonly #identity: TlsIdentity;
  readonly #listener: TransportListener;
  readonly #connection: Socket;
  /** The TLS layer, where there is one, else the connection. */
  #socket: Socket;
  #closed = false;
  #directTls = false;

  constructor(connection: Socket, identity: TlsIdentity, listener: TransportListener) {
    this.#connection = connection;
    this.#identity = identity;
    this.#listener = listener;
    this.#socket = connection;
    connection.setNoDelay(true);
    connection.once('close', () => this.#close());
    this.#listen(connection);
  }

  get encryption(): Encryption | undefined {
    return this.#socket instanceof TLSSocket ? new Encryption(this.#socket, this.#identity) : undefined;
  }

  get directTls(): boolean {
    return this.#directTls;
  }

  get canStartTls(): boolean {
    return this.#socket === this.#connection;
  }

  write(xml: string): void {
    if (!this.#socket.writable) return;
    this.#socket.write(xml);
    if (this.#socket.writableLength > longestBacklog) this.destroy();
  }

  end(): void {
    this.#socket.end();
    // RFC 6120 section 4.4: the client gets time to close its side; what it still sends is not looked at.
    this.#socket.resume();
    const timer = setTimeout(() => this.destroy(), patience).unref();
    this.#connection.once('close', () => clearTimeout(timer));
  }

  endBelowTls(): void {
    this.#socket.write('', () => this.#connection.end());
  }

  destroy(): void {
    this.#socket.destroy();
    this.#connection.destroy();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /**
   * Answers a TLS handshake that comes first of all. `alpn`: the protocols that may be agreed upon, the preferred one first; none are spoken about where there are
   * none. Where one is `needed`, a client that names none is cut off.
   */
  beginTls(context: SecureContext, alpn: { protocols: string[]; needed?: boolean }): void {
    this.#directTls = true;
    this.#secure(context, alpn);
  }

  startTls(context: SecureContext): void {
    this.#secure(context, { protocols: [] });
  }

  #secure(context: SecureContext, { protocols, needed }: { protocols: string[]; needed?: boolean }): void {
    this.#connection.removeAllListeners('data');
    this.#connection.removeAllListeners('end');
    const secure = new TLSSocket(this.#connection, {
      isServer: true,
      secureContext: context,
      requestCert: true,
      rejectUnauthorized: false,
      ...(protocols.length > 0 ? { ALPNProtocols: protocols } : {}),
    });
    this.#socket = secure;
    this.#listen(secure);
    secure.once('close', () => this.#connection.destroy());
    secure.once('secure', () => secure.on('secure', () => this.#listener.renegotiated()));
    if (needed) secure.once('secure', () => secure.alpnProtocol || this.destroy());
  }

  preview(take: (octets: Buffer) => boolean): void {
    const connection = this.#connection;
    connection.removeAllListeners('data');
    connection.once('data', (octets: Buffer) => {
      // What is not taken is put back before TLS looks for it.
      connection.pause();
      connection.unshift(octets);
      if (!take(octets)) return;
      connection.read();
      connection.on('data', (bytes: Buffer) => this.#listener.received(bytes));
      connection.resume();
    });
  }

  writeOctets(octets: Buffer): void {
    this.#connection.write(octets);
  }

  #listen(socket: Socket): void {
    socket.on('data', (bytes: Buffer) => this.#listener.received(bytes));
    socket.on('end', () => socket.end());
    // What went wrong with a connection shows in its end.
    socket.on('error', () => this.destroy());
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#listener.closed();
  }
}
