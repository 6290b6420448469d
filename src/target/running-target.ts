import type { CertificateAuthority } from '../network/certificate-authority.ts';
import type { Capabilities } from './capabilities.ts';
import type { LogLine } from './log-lines.ts';

/** Every way in that a target can declare; `-tls` means TLS from the first octet. */
export const endpointKinds = [
  'xmpp',
  'xmpp-tls',
  'xmpp-websocket',
  'xmpp-websocket-tls',
  'websocket',
  'websocket-tls',
  'chat',
  'chat-tls',
] as const;

export type EndpointKind = (typeof endpointKinds)[number];

/** Services beside the domain that a target can name: each is a capability, and `{rooms}` its address in a case. */
export const serviceNames = ['rooms', 'pubsub', 'uploads'] as const;

/** A way in, as it can be reached from here now. */
export interface Endpoint {
  readonly kind: EndpointKind;
  readonly host: string;
  readonly port: number;
  /** Of the WebSocket; `/` where the target says nothing, absent for plain XMPP streams. */
  readonly path?: string;
  /** `direct`: from the first octet; `required` and `offered`: by STARTTLS. */
  readonly tls: 'required' | 'offered' | 'none' | 'direct';
  /** The WebSocket sends every message back. */
  readonly echo?: boolean;
  /** Absolute path of the dialect file that a chat endpoint speaks. */
  readonly dialect?: string;
}

/** Somebody who may log in. */
export interface Account {
  readonly username: string;
  readonly password: string;
  readonly domain: string;
  /** `username@domain`. */
  readonly bare: string;
}

/** How the server can be disturbed. Each resolves when it is done; endpoints may have moved afterwards. */
export interface TargetControl {
  /** Stops the server and starts it again with what it stored; resolves when it answers again. */
  restart(signal?: AbortSignal): Promise<void>;
  /** The server does nothing any more, its connections stay open. */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** The server dies without a word; `restart` brings it back. */
  kill(): Promise<void>;
}

/** A server that answers. Endpoints and the rest are always what is true now, also after a restart. */
export interface RunningTarget {
  readonly name: string;
  readonly title: string;
  readonly kind: 'embedded' | 'container' | 'process' | 'external';
  readonly product: { readonly name: string; readonly version?: string };
  readonly image?: { readonly name: string; readonly id: string };
  /** The XMPP domain. */
  readonly domain: string;
  /** The XMPP domain whose only mechanism is ANONYMOUS, where there is one. */
  readonly anonymousDomain?: string;
  /** The address of the service that holds chat rooms, where there is one. */
  readonly rooms?: string;
  /** The address of the service for publishing and subscribing, where there is one. */
  readonly pubsub?: string;
  /** The address of the service that takes files by HTTP, where there is one. */
  readonly uploads?: string;
  /** PEM of the certificates that the server's certificate must lead to; absent: those that Node.js trusts. */
  readonly ca?: string;
  /** Signs client certificates that the server trusts; absent where the target brings its own certificates. */
  readonly authority?: CertificateAuthority;
  /** There cannot be a second server of it: it runs elsewhere, or its ports are taken by the first. */
  readonly isUnique: boolean;
  /** How many cases the server should be asked to play at once; absent: as many as the machine likes. */
  readonly jobs?: number;
  readonly endpoints: { readonly [kind in EndpointKind]?: Endpoint };
  /** What the target claims and what it was seen to offer. Probed at the first call, remembered afterwards. */
  capabilities(signal?: AbortSignal): Promise<Capabilities>;
  /** An account that nobody used before. Throws `NoAccountError` where the target cannot make one. */
  newAccount(signal?: AbortSignal): Promise<Account>;
  readonly control?: TargetControl;
  /** What the server logged since that time (milliseconds, as `Date.now()`), at most the last 200 lines. */
  logsSince(time: number): LogLine[];
  /** Embedded only: resolves when everything that was received has been answered. */
  settled?(othersAreBusy?: () => boolean): Promise<void>;
  /** Embedded only: from now on the faults act. */
  arm?(): void;
  /** Ends the server and leaves nothing behind. Never throws; may be called again. */
  stop(): Promise<void>;
}
