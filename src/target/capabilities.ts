/** Names of all capabilities that cases may need, targets may claim and the probe may see. */
export const capabilityNames = [
  'xmpp',
  'starttls',
  'direct-tls',
  'xmpp-websocket',
  'xmpp-websocket-tls',
  'tls-1.2',
  'tls-1.3',
  'sasl-plain',
  'sasl-scram-sha-1',
  'sasl-scram-sha-256',
  'sasl-scram-sha-512',
  'sasl-scram-sha-1-plus',
  'sasl-scram-sha-256-plus',
  'sasl-scram-sha-512-plus',
  'sasl-external',
  'sasl-anonymous',
  'channel-binding-tls-exporter',
  'channel-binding-tls-server-end-point',
  'registration',
  'roster-versioning',
  'pre-approval',
  'stream-management',
  'stream-resumption',
  'ping',
  'disco',
  'carbons',
  'archive',
  'blocking',
  'private-storage',
  'vcard',
  'pep',
  'client-state-indication',
  'offline-messages',
  'rooms',
  'pubsub',
  'uploads',
  'websocket',
  'websocket-tls',
  'websocket-http2',
  'websocket-echo',
  'permessage-deflate',
  'subprotocol',
  'chat',
  'restart',
  'pause',
  'kill',
] as const;

export type CapabilityName = (typeof capabilityNames)[number];

/** A target says that it can do something, and the wire says otherwise. */
export interface CapabilityFinding {
  capability: CapabilityName;
  /** One sentence for people. */
  text: string;
}

/** What a target can do, by its witnesses. */
export interface Capabilities {
  /** What target.yaml claims. */
  readonly claimed: ReadonlySet<CapabilityName>;
  /** What was seen on the wire, and what follows from the target's file (its endpoints and controls). */
  readonly offered: ReadonlySet<CapabilityName>;
  /** Those that cannot be seen without using them, so that only the claim counts. */
  readonly unseen: ReadonlySet<CapabilityName>;
  /** Claimed, but not offered where it could have been seen. */
  readonly findings: readonly CapabilityFinding[];
}

/** Whether a case that needs it can be played: it was seen, or it is claimed. */
export function has(capabilities: Capabilities, name: CapabilityName): boolean {
  return capabilities.offered.has(name) || capabilities.claimed.has(name);
}

/** Puts claims beside what was seen. `unseen` are capabilities that the probe had no way to see. */
export function compareCapabilities(
  claims: Iterable<CapabilityName>,
  seen: Iterable<CapabilityName>,
  unseen: Iterable<CapabilityName> = [],
): Capabilities {
  const claimed = new Set(claims);
  const offered = new Set(seen);
  const hidden = new Set([...unseen].filter((name) => !offered.has(name)));
  const findings = [...claimed]
    .filter((name) => !offered.has(name) && !hidden.has(name))
    .map((capability) => ({
      capability,
      text: `The target claims ${capability}, but the server does not offer it.`,
    }));
  return { claimed, offered, unseen: hidden, findings };
}
