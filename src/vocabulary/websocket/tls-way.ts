import type { FromSchema } from 'json-schema-to-ts';
import type { WebSocketEvent } from '../../websocket/connection.ts';
import { alertOf, TlsHandshakeError, type TlsOptions } from '../../websocket/dial.ts';
import { StreamReset } from '../../websocket/http2/http2-error.ts';
import type { Stage } from '../stage.ts';

const version = { enum: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] } as const;

/** JSON Schema of how TLS is begun: what is not said is as a client would do it. */
export const tlsWaySchema = {
  type: 'object',
  properties: {
    minimum: { ...version, description: 'The lowest version that the client offers' },
    maximum: { ...version, description: 'The highest version that the client offers' },
    servername: {
      anyOf: [{ type: 'string' }, { type: 'null' }],
      description: 'The name asked for by SNI, default: the domain; null: none is sent',
    },
    alpn: {
      type: 'array',
      items: { type: 'string' },
      description: 'Protocols offered by ALPN; default, and where the list is empty: none',
    },
    resumes: {
      type: 'boolean',
      description: 'Goes on with the TLS session of an earlier connection, where the server gave it one',
    },
  },
  additionalProperties: false,
} as const;

export type TlsText = FromSchema<typeof tlsWaySchema>;

/** How the wire library begins TLS. The certificate is judged for the domain, whatever name is asked for. */
export function tlsOptionsOf(text: TlsText, stage: Stage, session: Buffer | undefined): TlsOptions {
  const { minimum, maximum, servername, alpn, resumes } = text;
  const { ca, domain } = stage.target;
  return {
    servername: domain,
    ...(servername === undefined ? {} : { sni: servername === null ? false : stage.names.fill(servername) }),
    ...(ca === undefined ? {} : { ca }),
    ...(alpn ? { alpn: alpn.map((name) => stage.names.fill(name)) } : {}),
    ...(minimum ? { minVersion: minimum } : {}),
    ...(maximum ? { maxVersion: maximum } : {}),
    ...(resumes && session ? { session } : {}),
  };
}

type Ended = Extract<WebSocketEvent, { kind: 'ended' }>;

/** A connection that came to nothing, as though it had ended. */
export function endedEarly(reason: unknown): Ended {
  const error = reason instanceof Error ? reason : new Error(String(reason));
  return { kind: 'ended', how: 'error', error };
}

/** The TLS alert that ended the connection, where one did. */
export function alertIn({ error }: Ended): string | undefined {
  if (!error) return undefined;
  return error instanceof TlsHandshakeError ? error.alert : alertOf(error);
}

export function describeEnd(event: Ended): string {
  const { unfinished } = event;
  return unfinished === undefined ? manner(event) : `${manner(event)} after ${unfinished}`;
}

function manner(event: Ended): string {
  if (event.error instanceof StreamReset) return `a reset of the stream (${event.error.message})`;
  if (event.how === 'reset') return 'a reset of the connection';
  const alert = alertIn(event);
  if (alert !== undefined) return `the end of the connection with the TLS alert ${alert}`;
  const why = event.error instanceof TlsHandshakeError ? ` (${event.error.message})` : '';
  return `the end of the connection${why}`;
}
