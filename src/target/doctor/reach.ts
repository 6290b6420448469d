import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { connect as connectTcp, isIP } from 'node:net';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import { isNoTls } from '../../tls/tls.ts';
import { offeredMechanisms } from '../../xmpp/authentication.ts';
import type { XmppConnection } from '../../xmpp/connection.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import { authenticate, bind, openWithFeatures, secure } from '../../xmpp/negotiation.ts';
import { EngineMissingError } from '../errors.ts';
import { kindOf, type TargetDefinition } from '../load-target.ts';
import { probeWebSocket } from '../probe-websocket.ts';
import { type Endpoint, type EndpointKind, endpointKinds, type RunningTarget } from '../running-target.ts';
import { trustOf } from '../served-target.ts';
import { startTarget } from '../start-target.ts';
import { connectTo, handiestEndpoint, openStreamTo } from '../xmpp-connections.ts';
import { codeOf, type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** So long one stage may take, in milliseconds. */
const patienceMs = 10_000;
/** A certificate that ends sooner is told of. */
const soonMs = 14 * 24 * 60 * 60 * 1_000;

type Tell = (finding: Finding) => void;
type Trust = Pick<RunningTarget, 'domain' | 'ca'>;

/** Walks every stage of reaching a target, from its start to a login, and tells of each as soon as it is known. */
export async function reachTarget(
  definition: TargetDefinition,
  tell: Tell,
  onProgress: (text: string) => void,
): Promise<void> {
  const { settings, folder } = definition;
  const told = new Set<Finding['state']>();
  const tellOf: Tell = (finding) => {
    told.add(finding.state);
    tell(finding);
  };
  if (kindOf(settings) === 'external') {
    const trust = { domain: settings.domain ?? '', ...trustOf(settings, folder, undefined) };
    for (const endpoint of declaredEndpoints(definition)) await reachEndpoint(endpoint, trust, tellOf);
    if (told.has('fail')) return;
  }
  const target = await start(definition, tellOf, onProgress);
  if (!target) return;
  try {
    if (kindOf(settings) !== 'external')
      for (const endpoint of Object.values(target.endpoints)) await reachEndpoint(endpoint, target, tellOf);
    if (!told.has('fail')) await login(target, tellOf);
    if (!told.has('fail')) await compareClaims(target, tellOf);
  } finally {
    await target.stop();
  }
}

async function start(
  definition: TargetDefinition,
  tell: Tell,
  onProgress: (text: string) => void,
): Promise<RunningTarget | undefined> {
  const { settings, file = '' } = definition;
  try {
    const target = await startTarget(definition, { onProgress });
    const { name, version } = target.product;
    tell(ok('start', `${settings.title} answers: ${version === undefined ? name : `${name} ${version}`}`));
    return target;
  } catch (error) {
    const advice =
      error instanceof EngineMissingError
        ? 'start the container engine first'
        : `what it wrote says why; how it is started stands in ${file}`;
    tell(fail('start', messageOf(error), advice));
    return undefined;
  }
}

function declaredEndpoints({ settings }: TargetDefinition): Endpoint[] {
  const host = settings.start.external?.host ?? '';
  return endpointKinds.flatMap((kind) => {
    const declared: { port?: number; path?: string; tls?: Endpoint['tls'] } | undefined =
      settings.endpoints[kind];
    if (!declared) return [];
    const tls = kind.endsWith('-tls') ? 'direct' : kind === 'xmpp' ? (declared.tls ?? 'required') : 'none';
    return [
      { kind, host, port: declared.port ?? 0, tls, ...(isWeb(kind) ? { path: declared.path ?? '/' } : {}) },
    ];
  });
}

function isWeb(kind: EndpointKind): boolean {
  return kind !== 'xmpp' && kind !== 'xmpp-tls';
}

/** Resolve, connect, TLS, and the stream or the handshake of the WebSocket. What follows a stage that fails is left out. */
async function reachEndpoint(endpoint: Endpoint, trust: Trust, tell: Tell): Promise<void> {
  const { kind, host, port } = endpoint;
  const stages: [string, () => Promise<string>][] = [
    ['resolve', () => resolveName(host)],
    ['connect', () => connects(endpoint)],
    ...(endpoint.tls === 'direct'
      ? [['TLS', () => secures(endpoint, trust, tell)] as [string, () => Promise<string>]]
      : []),
    isWeb(kind)
      ? ['WebSocket handshake', () => shakesHands(endpoint, trust)]
      : ['stream', () => opensStream(endpoint, trust, tell)],
  ];
  for (const [stage, walk] of stages) {
    const what = `${kind} at ${host}:${port}: ${stage}`;
    try {
      tell(ok(what, await walk()));
    } catch (error) {
      tell(fail(what, messageOf(error), adviceFor(stage, error, endpoint)));
      return;
    }
  }
}

async function resolveName(host: string): Promise<string> {
  if (isIP(host) !== 0) return 'it is an address';
  const found = await lookup(host, { all: true });
  return found.map(({ address }) => address).join(', ');
}

async function connects({ host, port }: Endpoint): Promise<string> {
  const socket = connectTcp({ host, port });
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(patienceMs) });
    return `from local port ${socket.localPort}`;
  } finally {
    socket.on('error', () => {}).destroy();
  }
}

async function secures({ host, port }: Endpoint, { domain, ca }: Trust, tell: Tell): Promise<string> {
  const named = domain === '' || isIP(domain) !== 0 ? {} : { servername: domain };
  const socket = connectTls({ host, port, ...named, ...(ca === undefined ? {} : { ca }) });
  try {
    await once(socket, 'secureConnect', { signal: AbortSignal.timeout(patienceMs) });
    return factsOf(socket, tell);
  } finally {
    socket.on('error', () => {}).destroy();
  }
}

function factsOf(socket: TLSSocket, tell: Tell): string {
  const { valid_to: until, subject } = socket.getPeerCertificate();
  if (Date.parse(until) - Date.now() < soonMs)
    tell(warn('certificate', `it is valid until ${until} only`, 'renew it'));
  return `${socket.getProtocol()}, certificate of ${[subject?.CN].flat()[0] ?? 'no name'}, valid until ${until}`;
}

async function shakesHands(endpoint: Endpoint, { domain, ca }: Trust): Promise<string> {
  const signal = AbortSignal.timeout(patienceMs);
  // The subprotocol is what an XMPP server goes by.
  if (endpoint.kind.startsWith('xmpp')) {
    const connection = await connectTo({ domain, ...(ca === undefined ? {} : { ca }) }, endpoint, { signal });
    try {
      await openWithFeatures(connection, { to: domain, signal });
      return 'it switches to WebSocket, and opens a stream';
    } finally {
      connection.destroy();
    }
  }
  const extensions = await probeWebSocket(endpoint, { domain, ca }, signal);
  return `it switches to WebSocket${extensions.length > 0 ? `, with ${extensions.join(', ')}` : ''}`;
}

async function opensStream(endpoint: Endpoint, trust: Trust, tell: Tell): Promise<string> {
  const signal = AbortSignal.timeout(patienceMs);
  const connection = await connectTo(trust, endpoint, { signal });
  try {
    const opening = { to: trust.domain, signal };
    const features = await openWithFeatures(connection, opening);
    const canSecure = features.child('starttls', namespaces.tls) !== undefined;
    if (connection.secured || endpoint.tls === 'none') return offerOf(connection);
    if (!canSecure && endpoint.tls === 'required') throw new Error('the server does not offer STARTTLS');
    if (!canSecure) return offerOf(connection);
    await secure(connection, opening);
    const socket = connection.tlsSocket;
    return `${socket ? `${factsOf(socket, tell)}; ` : ''}${offerOf(connection)}`;
  } finally {
    connection.destroy();
  }
}

function offerOf({ features }: XmppConnection): string {
  const offered = offeredMechanisms(features);
  return offered.length > 0 ? `it offers ${offered.join(', ')}` : 'it offers no SASL mechanism';
}

async function login(target: RunningTarget, tell: Tell): Promise<void> {
  const endpoint = handiestEndpoint(target);
  if (!endpoint) return;
  const signal = AbortSignal.timeout(3 * patienceMs);
  let stage = 'account';
  try {
    const { username, password, bare } = await target.newAccount(signal);
    tell(ok('account', bare));
    stage = 'login';
    const connection = await openStreamTo(target, endpoint, { signal });
    try {
      await authenticate(connection, { username, password, signal });
      await openWithFeatures(connection, { to: target.domain, signal });
      tell(ok('login', `as ${await bind(connection, { signal })}`));
    } finally {
      connection.destroy();
    }
  } catch (error) {
    const advice =
      stage === 'account'
        ? 'how accounts are made stands under `accounts` in the target file'
        : 'do the name and the password of the account hold, and does the server offer a mechanism that Touchstone speaks?';
    tell(fail(stage, messageOf(error), advice));
  }
}

async function compareClaims(target: RunningTarget, tell: Tell): Promise<void> {
  const { findings, offered } = await target.capabilities();
  tell(ok('capabilities', `${[...offered].length} offered`));
  for (const { text } of findings)
    tell(
      warn(
        'capabilities',
        text,
        'what is claimed and not offered is a failure: mend the server, or `claims`',
      ),
    );
}

const advices: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no such name: is `host` spelt right, and does DNS know it from here?',
  EAI_AGAIN: 'DNS does not answer: is there a network, and a resolver?',
  ECONNREFUSED: 'nothing listens there: does the server run, on this port and this address?',
  ECONNRESET: 'it hangs up: does it expect TLS there, or allow only some addresses?',
  ETIMEDOUT: 'nothing comes back: a firewall may drop it',
  ABORT_ERR: 'nothing comes back: a firewall may drop it',
  EHOSTUNREACH: 'there is no way to that address from here',
  ENETUNREACH: 'there is no way to that address from here',
  CERT_HAS_EXPIRED: 'renew the certificate',
  CERT_NOT_YET_VALID: 'is the clock right, here and there?',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate is for other names than `domain`',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'name the PEM file of the authority: `tls: { ca: ./ca.pem }`; or the server leaves out the certificates between',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'name the PEM file of the authority: `tls: { ca: ./ca.pem }`',
  SELF_SIGNED_CERT_IN_CHAIN: 'name the PEM file of the authority: `tls: { ca: ./ca.pem }`',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'name the certificate itself: `tls: { ca: ./certificate.pem }`',
};

function adviceFor(stage: string, error: unknown, { kind, path }: Endpoint): string {
  const code = codeOf(error);
  const known = advices[code ?? ''];
  if (known !== undefined) return known;
  if (isNoTls(code))
    return `what answers there does not begin with TLS: is the port right, or is it one of \`${kind.replace(/-tls$/, '')}\`?`;
  if (stage === 'TLS')
    return 'is it TLS that is spoken on this port, and who has signed the certificate? See `tls.ca`';
  if (stage === 'WebSocket handshake') return `is ${path ?? '/'} the path of the WebSocket?`;
  if (stage === 'stream')
    return `does the server speak XMPP there as \`${kind}\`, and serve this \`domain\`? See \`tls\``;
  return 'is the address right?';
}
