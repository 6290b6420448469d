import type { Activity } from './activity.ts';
import type { FaultSwitch } from './fault.ts';
import type { Port } from './port.ts';
import type { TlsIdentity } from './xmpp/encryption.ts';

/** The ways into the embedded server; `-tls` means TLS from the first octet. */
export type EmbeddedEndpointKind =
  | 'xmpp'
  | 'xmpp-tls'
  | 'xmpp-websocket'
  | 'xmpp-websocket-tls'
  | 'websocket'
  | 'websocket-tls'
  | 'chat'
  | 'chat-tls';

/** Where an endpoint listens. */
export interface EmbeddedEndpoint {
  readonly host: string;
  readonly port: number;
  /** Of a WebSocket. */
  readonly path?: string;
}

/** What every service of one embedded server builds on. */
export interface Ground {
  readonly domain: string;
  readonly faults: FaultSwitch;
  readonly activity: Activity;
  readonly identity: TlsIdentity;
}

/** A protocol that the embedded server speaks, at one port or several. */
export interface Service {
  readonly ports: readonly Port[];
  readonly endpoints: { readonly [kind in EmbeddedEndpointKind]?: EmbeddedEndpoint };
  /** Stops reading from all connections. */
  pause(): void;
  resume(): void;
  /** Ends all connections, with the words that the protocol has for it. */
  disconnect(): void;
  /** Forgets whatever a server loses with its process. */
  forget(): void;
}
