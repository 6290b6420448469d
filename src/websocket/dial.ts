import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls, type SecureVersion, type TLSSocket } from 'node:tls';

/** TLS from the first octet; the server's certificate is always verified. */
export interface TlsOptions {
  ca?: string | string[];
  /** The name that the certificate must be for, and that is sent as SNI; the host unless said otherwise. */
  servername?: string;
  alpn?: string[];
  minVersion?: SecureVersion;
  maxVersion?: SecureVersion;
}

export interface DialOptions {
  host: string;
  port: number;
  tls?: TlsOptions;
}

/** A connection: its TCP socket, and the one to read and write, which under TLS is another. */
export interface Wire {
  tcp: Socket;
  top: Socket;
}

/** Opens TCP, and TLS where asked for. Rejects with the system's error, or the reason of the signal. */
export async function dial({ host, port, tls }: DialOptions, signal?: AbortSignal): Promise<Wire> {
  signal?.throwIfAborted();
  const wire = open(host, port);
  const onAbort = () => drop(wire);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    await arrival(wire.tcp, 'connect');
    if (tls) {
      wire.top = secured(wire.tcp, host, tls);
      await arrival(wire.top, 'secureConnect');
    }
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
export function resetWire({ tcp, top }: Wire): void {
  // resetAndDestroy would first write what is waiting, for ever if the peer does not read, and send a FIN.
  Object.assign(tcp, { resetAndClosing: true });
  top.destroy();
}

/**
 * Node.js announces an end also where an RST came together with data. Calls back where it was an end; where it was
 * not, the socket announces an error. What cannot be told, and counts as an end, is an RST that comes while octets
 * still wait to be sent, or after an end.
 */
export function whenNotReset({ tcp, top }: Wire, then: () => void): void {
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

function secured(tcp: Socket, host: string, tls: TlsOptions): TLSSocket {
  const { servername = host, alpn, ca, minVersion, maxVersion } = tls;
  return connectTls({
    socket: tcp,
    // The name that is verified where it is an address, which must not be sent as SNI (RFC 6066 section 3).
    host: servername,
    ...(isIP(servername) === 0 ? { servername } : {}),
    rejectUnauthorized: true,
    ...(ca === undefined ? {} : { ca }),
    ...(alpn ? { ALPNProtocols: alpn } : {}),
    ...(minVersion ? { minVersion } : {}),
    ...(maxVersion ? { maxVersion } : {}),
  }).on('error', ignore);
}

function arrival(socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (act: () => void) => {
      socket.off(event, onArrival).off('error', onError).off('close', onClose);
      act();
    };
    const onArrival = () => settle(resolve);
    const onError = (error: Error) => settle(() => reject(error));
    const onClose = () =>
      settle(() => reject(new Error('the server ended the connection before it was open')));
    socket.once(event, onArrival).once('error', onError).once('close', onClose);
  });
}

function drop({ tcp, top }: Wire): void {
  top.destroy();
  tcp.destroy();
}

function ignore(): void {}
