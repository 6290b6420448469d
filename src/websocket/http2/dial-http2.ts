import type { Socket } from 'node:net';
import { type DialOptions, dial } from '../dial.ts';
import type { Http2Error } from './http2-error.ts';
import type { Settings } from './http2-frame.ts';
import { type Http2Options, Http2Session } from './http2-session.ts';

export interface DialHttp2Options extends DialOptions, Pick<Http2Options, 'onSettings' | 'observe'> {
  settings?: Settings;
}

/** A client's HTTP/2 connection, and the TCP connection below. */
export interface Http2Wire {
  tcp: Socket;
  session: Http2Session;
  /** What the server broke, which ended the connection. */
  violation: Http2Error | undefined;
}

/**
 * Opens TCP, TLS with `h2` by ALPN where asked for, and HTTP/2, up to the SETTINGS of the server. Rejects with the
 * system's error, that of TLS or of HTTP/2, or the reason of the signal.
 */
export async function dialHttp2(options: DialHttp2Options, signal?: AbortSignal): Promise<Http2Wire> {
  const tls = options.tls ? { tls: { alpn: ['h2'], ...options.tls } } : {};
  const { tcp, top } = await dial(
    {
      ...options,
      ...tls,
      onTls(facts) {
        options.onTls?.(facts);
        // RFC 9113 section 3.2.
        if (facts.alpn !== 'h2') throw new Error('the server did not select h2 by ALPN');
      },
    },
    signal,
  );
  const wire: Http2Wire = { tcp, session: undefined as never, violation: undefined };
  let onAbort: (() => void) | undefined;
  try {
    await new Promise<void>((resolve, reject) => {
      onAbort = () => reject(signal?.reason);
      signal?.addEventListener('abort', onAbort, { once: true });
      wire.session = new Http2Session(top, {
        role: 'client',
        settings: { ENABLE_PUSH: 0, ...options.settings },
        onSettings: () => {
          options.onSettings?.();
          resolve();
        },
        onViolation: (violation) => {
          wire.violation = violation;
        },
        onClose: () =>
          reject(wire.violation ?? new Error('the server ended the connection before its SETTINGS')),
        ...(options.observe ? { observe: options.observe } : {}),
      });
    });
    return wire;
  } catch (error) {
    top.destroy();
    tcp.destroy();
    throw error;
  } finally {
    if (onAbort) signal?.removeEventListener('abort', onAbort);
  }
}
