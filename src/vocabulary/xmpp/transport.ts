import type { Endpoint, EndpointKind } from '../../target/running-target.ts';

/** How an actor reaches the server: TCP, secured by STARTTLS; TLS from the first octet; WebSocket (RFC 7395). */
export const transports = ['tcp', 'tls', 'websocket'] as const;
export type Transport = (typeof transports)[number];

export function isTransport(name: unknown): name is Transport {
  return transports.some((transport) => transport === name);
}

/** Where a target speaks XMPP over that transport. */
export function endpointFor(
  transport: Transport,
  endpoints: Readonly<Partial<Record<EndpointKind, Endpoint>>>,
): Endpoint | undefined {
  if (transport === 'websocket') return endpoints['xmpp-websocket-tls'] ?? endpoints['xmpp-websocket'];
  return transport === 'tls' ? endpoints['xmpp-tls'] : endpoints.xmpp;
}
