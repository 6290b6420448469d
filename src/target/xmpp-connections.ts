import { type TlsOptions, XmppConnection } from '../xmpp/connection.ts';
import { namespaces } from '../xmpp/namespaces.ts';
import { openWithFeatures, secure } from '../xmpp/negotiation.ts';
import type { Endpoint, EndpointKind, RunningTarget } from './running-target.ts';

export interface ConnectingOptions {
  signal: AbortSignal;
  /** Instead of the target's own domain. */
  domain?: string;
  tls?: TlsOptions;
}

/** Endpoints that speak XMPP, those first that need the fewest words before the stream is ready. */
const preference: readonly EndpointKind[] = ['xmpp-tls', 'xmpp', 'xmpp-websocket-tls', 'xmpp-websocket'];

/** The endpoint that a connection of Touchstone's own (to register, to probe) is best made to. */
export function handiestEndpoint({ endpoints }: RunningTarget): Endpoint | undefined {
  return preference.map((kind) => endpoints[kind]).find((endpoint) => endpoint !== undefined);
}

/** A connection to an XMPP endpoint, with nothing said on it yet. */
export function connectTo(
  target: Pick<RunningTarget, 'domain' | 'ca'>,
  endpoint: Endpoint,
  { signal, domain, tls }: ConnectingOptions,
): Promise<XmppConnection> {
  const { kind, host, port, path } = endpoint;
  const isWeb = kind === 'xmpp-websocket' || kind === 'xmpp-websocket-tls';
  return XmppConnection.open({
    transport: isWeb ? 'websocket' : endpoint.tls === 'direct' ? 'tls' : 'tcp',
    host,
    port,
    signal,
    secure: endpoint.tls === 'direct',
    tls: {
      servername: domain ?? target.domain,
      ...(target.ca === undefined ? {} : { ca: target.ca }),
      ...tls,
    },
    ...(path === undefined ? {} : { path }),
  });
}

/** A connection with a stream whose features are known, under TLS where the endpoint has it. Not authenticated. */
export async function openStreamTo(
  target: RunningTarget,
  endpoint: Endpoint,
  options: ConnectingOptions,
): Promise<XmppConnection> {
  const connection = await connectTo(target, endpoint, options);
  const opening = { to: options.domain ?? target.domain, signal: options.signal };
  try {
    const features = await openWithFeatures(connection, opening);
    if (!connection.secured && features.child('starttls', namespaces.tls)) await secure(connection, opening);
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}
