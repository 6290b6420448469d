import type { SecureContext } from 'node:tls';
import type { Encryption } from './encryption.ts';

/** What carries an XML stream: a TCP connection (RFC 6120 section 3) or a WebSocket (RFC 7395). */
export interface Transport {
  /** `framed`: each element travels in a message of its own, and the stream has no root. */
  readonly framing: 'stream' | 'framed';
  /** Absent while the connection is not encrypted. */
  readonly encryption: Encryption | undefined;
  /** Whether TLS can still be negotiated inside the stream. */
  readonly canStartTls: boolean;
  /** TLS began with the connection. */
  readonly directTls: boolean;
  write(xml: string): void;
  /** Closes once everything that was written is on its way. */
  end(): void;
  /** For faults, and only over TCP: closes without the alert by which TLS announces its end. */
  endBelowTls?(): void;
  /** Closes at once. */
  destroy(): void;
  /** Reads nothing more until `resume()`. */
  pause(): void;
  resume(): void;
  /** Answers the TLS handshake that comes next. */
  startTls(context: SecureContext): void;
  /** For faults, and only over TCP: shows the next octets to `take`, which says whether it took them. */
  preview?(take: (octets: Buffer) => boolean): void;
  /** For faults, and only over TCP: writes what is no XML. */
  writeOctets?(octets: Buffer): void;
}

/** Who is told what comes over a transport. */
export interface TransportListener {
  /** Bytes of a stream, or one whole message. */
  received(bytes: Buffer): void;
  /** A message of bytes instead of text, which RFC 7395 section 3.2 forbids. */
  receivedBinary(): void;
  /** The client began a new handshake within TLS, and it is over. */
  renegotiated(): void;
  /** The connection is gone. */
  closed(): void;
}
