import { setMaxListeners } from 'node:events';
import type { XmppConnection } from '../xmpp/connection.ts';
import { authenticate, bind, openWithFeatures } from '../xmpp/negotiation.ts';
import { StreamManagement } from '../xmpp/stream-management.ts';
import { type Capabilities, type CapabilityName, compareCapabilities } from './capabilities.ts';
import { infoOf, loginFeatures, showStreamFeatures } from './probe-features.ts';
import { announcesConnectProtocol, canSecure, probeWebSocket } from './probe-websocket.ts';
import { type Account, type RunningTarget, serviceNames } from './running-target.ts';
import type { TargetFile } from './target.schema.ts';
import { handiestEndpoint, openStreamTo } from './xmpp-connections.ts';

/** The whole probe takes no longer, in milliseconds; what was not seen by then is not offered. */
const patienceMs = 20_000;

/** What a server may well do without a word about it. */
const neverAdvertised: readonly CapabilityName[] = [
  'subprotocol',
  'private-storage',
  'vcard',
  'offline-messages',
];

interface Probing {
  target: RunningTarget;
  signal: AbortSignal;
  see(...names: CapabilityName[]): void;
  hide(...names: CapabilityName[]): void;
  /** One account for all who need one; `undefined` where none can be made. */
  account: Promise<Account | undefined>;
}

/**
 * Asks the server what it can do, all at once: what it advertises before and after TLS and login, in service
 * discovery and in the WebSocket handshake. A question that comes to nothing shows nothing; only the signal throws.
 */
export async function probe(
  target: RunningTarget,
  settings: TargetFile,
  signal?: AbortSignal,
): Promise<Capabilities> {
  const limit = AbortSignal.timeout(patienceMs);
  const both = signal ? AbortSignal.any([signal, limit]) : limit;
  // Every connection of the probe listens to it.
  setMaxListeners(0, both);
  const seen = new Set<CapabilityName>();
  const unseen = new Set<CapabilityName>(neverAdvertised);
  const isXmpp = handiestEndpoint(target) !== undefined;
  const probing: Probing = {
    target,
    signal: both,
    see: (...names) => {
      for (const name of names) seen.add(name);
    },
    hide: (...names) => {
      for (const name of names) unseen.add(name);
    },
    account: isXmpp ? target.newAccount(both).catch(() => undefined) : Promise.resolve(undefined),
  };
  seeFile(probing);
  const questions = [
    probeStreams,
    probeTlsVersions,
    probeExternal,
    probeAnonymous,
    probeLogin,
    probeWebSockets,
    probeHttp2,
  ];
  await Promise.allSettled(questions.map((ask) => ask(probing)));
  signal?.throwIfAborted();
  return compareCapabilities(settings.claims ?? [], seen, unseen);
}

/** What follows from the target's file alone. */
function seeFile({ target, see }: Probing): void {
  const { endpoints, control } = target;
  if (endpoints.websocket?.echo || endpoints['websocket-tls']?.echo) see('websocket-echo');
  if (endpoints.chat || endpoints['chat-tls']) see('chat');
  see(...serviceNames.filter((name) => target[name] !== undefined));
  if (control) see('restart', 'pause', 'kill');
}

const streamCapabilities = {
  xmpp: 'starttls',
  'xmpp-tls': 'direct-tls',
  'xmpp-websocket': 'xmpp-websocket',
  'xmpp-websocket-tls': 'xmpp-websocket-tls',
} as const;

async function probeStreams({ target, signal, see }: Probing): Promise<void> {
  const kinds = Object.keys(streamCapabilities) as (keyof typeof streamCapabilities)[];
  await Promise.allSettled(
    kinds.map(async (kind) => {
      const endpoint = target.endpoints[kind];
      if (!endpoint) return;
      const connection = await openStreamTo(target, endpoint, { signal });
      see(...showStreamFeatures(connection.features));
      if (kind === 'xmpp' || kind === 'xmpp-tls') see('xmpp');
      if (kind !== 'xmpp' || connection.secured) see(streamCapabilities[kind]);
      await leave(connection);
    }),
  );
}

async function probeTlsVersions({ target, signal, see }: Probing): Promise<void> {
  const { xmpp, 'xmpp-tls': direct, 'xmpp-websocket-tls': web } = target.endpoints;
  const endpoint = direct ?? xmpp ?? web;
  if (!endpoint) return probeTlsOfWebSocket({ target, signal, see });
  await Promise.allSettled(
    (['TLSv1.2', 'TLSv1.3'] as const).map(async (version) => {
      const tls = { minVersion: version, maxVersion: version };
      const connection = await openStreamTo(target, endpoint, { signal, tls });
      if (connection.tlsSocket?.getProtocol() === version) see(version === 'TLSv1.2' ? 'tls-1.2' : 'tls-1.3');
      await leave(connection);
    }),
  );
}

/** For a server that speaks WebSocket alone. */
async function probeTlsOfWebSocket({ target, signal, see }: Pick<Probing, 'target' | 'signal' | 'see'>) {
  const endpoint = target.endpoints['websocket-tls'];
  if (!endpoint) return;
  await Promise.allSettled(
    (['TLSv1.2', 'TLSv1.3'] as const).map(async (version) => {
      const tls = { minVersion: version, maxVersion: version };
      if (await canSecure(endpoint, target, { tls, signal }))
        see(version === 'TLSv1.2' ? 'tls-1.2' : 'tls-1.3');
    }),
  );
}

/** EXTERNAL is offered only to those who show a certificate that the server trusts. */
async function probeExternal({ target, signal, see, hide, account }: Probing): Promise<void> {
  const { xmpp, 'xmpp-tls': direct } = target.endpoints;
  const endpoint = direct ?? xmpp;
  const owner = await account;
  if (!endpoint) return;
  if (!owner || !target.authority) return hide('sasl-external');
  const { certificate, privateKey } = await target.authority.issueClient(owner.bare);
  const connection = await openStreamTo(target, endpoint, { signal, tls: { certificate, key: privateKey } });
  see(...showStreamFeatures(connection.features).filter((name) => name === 'sasl-external'));
  await leave(connection);
}

async function probeAnonymous({ target, signal, see }: Probing): Promise<void> {
  const { anonymousDomain } = target;
  const endpoint = target.endpoints.xmpp ?? target.endpoints['xmpp-tls'];
  if (anonymousDomain === undefined || !endpoint) return;
  const connection = await openStreamTo(target, endpoint, { signal, domain: anonymousDomain });
  see(...showStreamFeatures(connection.features).filter((name) => name === 'sasl-anonymous'));
  await leave(connection);
}

async function probeLogin({ target, signal, see, hide, account }: Probing): Promise<void> {
  const endpoint = handiestEndpoint(target);
  if (!endpoint) return;
  const owner = await account;
  if (!owner) {
    hide(...loginFeatures);
    return;
  }
  const connection = await openStreamTo(target, endpoint, { signal });
  const { username, password, bare } = owner;
  await authenticate(connection, { username, password, signal });
  const features = await openWithFeatures(connection, { to: target.domain, signal });
  const offered = showStreamFeatures(features);
  see(...offered);
  await bind(connection, { signal });
  see(...(await infoOf(connection, target.domain, signal)));
  see(...(await infoOf(connection, bare, signal)));
  // Who does not offer it may well not answer.
  if (!offered.includes('stream-management')) return leave(connection);
  const management = new StreamManagement(connection);
  const enabled = await management.enable({ resume: true, signal });
  if (['true', '1'].includes(enabled.get('resume') ?? '')) see('stream-resumption');
  await leave(connection);
}

async function probeWebSockets({ target, signal, see }: Probing): Promise<void> {
  await Promise.allSettled(
    (['websocket', 'websocket-tls'] as const).map(async (kind) => {
      const endpoint = target.endpoints[kind];
      if (endpoint) see(kind, ...(await probeWebSocket(endpoint, target, signal)));
    }),
  );
}

async function probeHttp2({ target, signal, see }: Probing): Promise<void> {
  const endpoint = target.endpoints['websocket-tls'];
  if (endpoint && (await announcesConnectProtocol(endpoint, target, signal))) see('websocket-http2');
}

/** Takes leave as a client should, so that the server's log shows nothing odd. */
async function leave(connection: XmppConnection): Promise<void> {
  connection.closeStream();
  await connection.flushed();
  connection.destroy();
}
