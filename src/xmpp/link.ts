import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { TlsFacts } from '../tls/tls.ts';

/** How a connection came to its end. `local`: this side destroyed or reset it. */
export type HowEnded = 'end' | 'reset' | 'error' | 'local';

export interface LinkHandlers {
  /** Bytes of the stream, or one whole WebSocket text message. */
  onData(bytes: Buffer): void;
  onSent(bytes: Buffer): void;
  /** What came instead of a TLS handshake is no TLS at all; the end follows. */
  onNoTls?(): void;
  /** Something came that the transport does not allow. */
  onViolation(text: string): void;
  onTls(facts: TlsFacts): void;
  onSession?(session: Buffer): void;
  /** Called once. */
  onEnded(how: HowEnded, error?: Error): void;
}

/** What carries the octets of a stream: TCP with or without TLS, or a WebSocket. */
export interface Link {
  readonly framed: boolean;
  /** The TCP connection at the bottom. */
  readonly socket: Socket;
  readonly tlsSocket: TLSSocket | undefined;
  /** Writes slices of at most `every` octets, each on its own. What is written after the end is dropped. */
  write(bytes: Buffer, every?: number): void;
  /** Resolves when everything written has been handed to the system, or the connection is over. */
  flushed(): Promise<void>;
  /** Nothing more will be written: FIN, or a WebSocket close frame. */
  end(): void;
  /** Ends with RST. */
  reset(): void;
  destroy(): void;
  pause(): void;
  resume(): void;
}

/** The bytes in slices of at most `every` octets. */
export function slicesOf(bytes: Buffer, every: number | undefined): Buffer[] {
  if (every === undefined || bytes.length <= every) return [bytes];
  if (!Number.isInteger(every) || every < 1)
    throw new RangeError(`Slices of ${every} octets cannot be written`);
  const slices: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += every) slices.push(bytes.subarray(at, at + every));
  return slices;
}

/** A connection that a peer tore down, rather than one that could not go on for other reasons. */
export function howFailed(error: Error): HowEnded {
  const code = 'code' in error ? error.code : undefined;
  return code === 'ECONNRESET' || code === 'EPIPE' || code === 'ECONNABORTED' ? 'reset' : 'error';
}
