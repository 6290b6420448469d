import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import {
  finishHandshake,
  startHandshake,
  type TlsFacts,
  type TlsOptions,
  TlsVerificationError,
} from '../tls/tls.ts';
import type { Http2Stream } from './http2/http2-stream.ts';

export { alertOf, type TlsFacts, TlsHandshakeError, type TlsOptions } from '../tls/tls.ts';

export interface DialOptions {
  host: string;
  port: number;
  /** TLS from the first octet; the server's certificate is always verified. */
  tls?: TlsOptions;
  /** The TLS handshake is over, and the certificate may be one that is not accepted. */
  onTls?(facts: TlsFacts): void;
  /** The server handed out a session that a later connection can resume; it may do so at any time. */
  onSession?(session: Buffer): void;
}

/** A connection: its TCP socket, and what to read and write, which under TLS is another socket. */
export interface Wire {
  tcp: Socket;
  top: Duplex;
  /** What to read and write, where that is one stream of several. */
  stream?: Http2Stream;
}

/** Opens TCP, and TLS where asked for. Rejects with the system's error, that of TLS, or the reason of the signal. */
export async function dial(options: DialOptions, signal?: AbortSignal): Promise<Wire> {
  signal?.throwIfAborted();
  const { host, port, tls } = options;
  const wire = open(host, port);
  const onAbort = () => drop(wire);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await connected(wire.tcp);
    if (tls) wire.top = await secured(wire, { ...options, tls });
    else readBeforeFailing(wire.tcp);
    signal?.throwIfAborted();
    return wire;
  } catch (error) {
    drop(wire);
    throw signal?.aborted ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', onAbort);
  }
}

/** Ends a connection with RST at once; what was still to be written is lost. */
export function resetWire({ tcp, top, stream }: Wire): void {
  if (stream) return stream.reset();
  // resetAndDestroy would first write what is waiting, for ever if the peer does not read, and send a FIN.
  Object.assign(tcp, { resetAndClosing: true });
  top.destroy();
}

/**
 * Node.js announces an end also where an RST came together with data. Calls back where it was an end; where it was
 * not, the socket announces an error. What cannot be told, and counts as an end, is an RST that comes while octets
 * still wait to be sent, or after an end.
 */
export function whenNotReset({ tcp, top, stream }: Wire, then: () => void): void {
  // RST_STREAM and END_STREAM are told apart as they come.
  if (stream) return then();
  // The failed write is about to say so.
  if (failedToWrite.has(tcp)) return;
  // Writing nothing sends nothing, below TLS neither, and fails where the connection was reset. It must not wait
  // behind other writes.
  const canTell = tcp.writable && tcp.writableLength === 0 && top.writableLength === 0;
  if (!canTell) return then();
  tcp.write('', (error) => {
    if (!error) then();
  });
}

function open(host: string, port: number): Wire {
  // An error may come while nobody else listens; whoever takes the socket over looks at `errored`.
  const tcp = connect({ host, port, noDelay: true, allowHalfOpen: true }).on('error', ignore);
  return { tcp, top: tcp };
}

type WriteDone = (error?: Error | null) => void;

/** Sockets with a write that failed, which is not announced before all that came is read. */
const failedToWrite = new WeakSet<Socket>();

/**
 * Node.js destroys a socket whose write fails, and loses what the peer sent before it reset the connection, such as
 * a close frame. Here the write fails only when everything is read.
 */
function readBeforeFailing(tcp: Socket): void {
  const afterReading = (done: WriteDone): WriteDone => {
    return (error) => {
      if (!error || tcp.destroyed || tcp.readableEnded) return done(error);
      failedToWrite.add(tcp);
      tcp.once('end', () => done(error));
    };
  };
  const write = tcp._write.bind(tcp);
  tcp._write = (chunk, encoding, done) => write(chunk, encoding, afterReading(done));
  const writev = tcp._writev?.bind(tcp);
  if (writev) tcp._writev = (chunks, done) => writev(chunks, afterReading(done));
}

async function secured(wire: Wire, options: DialOptions & { tls: TlsOptions }): Promise<TLSSocket> {
  const { host, tls, onTls, onSession } = options;
  const socket = startHandshake(wire.tcp, tls, host).on('error', ignore);
  wire.top = socket;
  if (onSession) socket.on('session', onSession);
  const facts = await finishHandshake(socket);
  onTls?.(facts);
  if (!facts.authorized) throw new TlsVerificationError(facts, tls.servername ?? host);
  return socket;
}

function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      socket.off('connect', onConnect).off('error', onError).off('close', onClose);
      act();
    };
    const onConnect = () => settle(resolve);
    const onError = (error: Error) => settle(() => reject(error));
    const onClose = () =>
      settle(() => reject(new Error('the server ended the connection before it was open')));
    socket.once('connect', onConnect).once('error', onError).once('close', onClose);
  });
}

function drop({ tcp, top }: Wire): void {
  top.destroy();
  tcp.destroy();
}

function ignore(): void {}
