import { randomBytes } from 'node:crypto';
import type { RunningTarget } from '../../target/running-target.ts';
import { offeredMechanisms } from '../../xmpp/authentication.ts';
import type { XmppEvent } from '../../xmpp/connection.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import {
  type AuthenticationOptions,
  authenticate as authenticateStream,
  beginToAuthenticate as beginStream,
  bind as bindResource,
  NegotiationError,
  openWithFeatures,
  secure as secureStream,
  tryToAuthenticate as tryStream,
} from '../../xmpp/negotiation.ts';
import { StepFailure } from '../expectation.ts';
import type { Stage } from '../stage.ts';
import { connectInTime, inTime } from '../time-limit.ts';
import type { Way, XmppActor } from './actor.ts';

/** How far an actor has come, weakest first. */
export const states = ['registered', 'connected', 'secured', 'authenticated', 'bound', 'online'] as const;
export type XmppState = (typeof states)[number];

/** What a case says of an attempt to authenticate; what it leaves out is right. */
export type Attempt = Partial<Omit<AuthenticationOptions, 'signal'>>;

/** Does a piece of negotiation within the patience of the case; what the server does wrong in it fails the step. */
export async function negotiating<T>(
  actor: XmppActor,
  stage: Stage,
  negotiate: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  return inTime(stage, async (signal) => {
    try {
      return await negotiate(signal);
    } catch (error) {
      stage.signal.throwIfAborted();
      if (!(error instanceof NegotiationError)) throw error;
      const kind = signal.aborted ? 'silence' : error.condition === undefined ? 'closed' : 'mismatch';
      throw new StepFailure(actor.finding(kind, error.expected, error.message));
    }
  });
}

/** Opens a stream to the domain and waits for its features. */
export async function openStream(actor: XmppActor, stage: Stage): Promise<void> {
  await negotiating(actor, stage, (signal) =>
    openWithFeatures(actor.connection, { to: actor.account.domain, signal }),
  );
}

/** Plays STARTTLS to its end and opens the stream again; nothing to do where TLS is on already. */
export async function secure(actor: XmppActor, stage: Stage): Promise<void> {
  if (actor.connection.secured || actor.connection.framed) return;
  await negotiating(actor, stage, (signal) =>
    secureStream(actor.connection, { to: actor.account.domain, signal }),
  );
}

/** Begins TLS, which must come about. */
export async function beginTls(actor: XmppActor, stage: Stage): Promise<void> {
  const failure = await handshake(actor, stage);
  if (failure) throw new StepFailure(actor.finding('unexpected', 'TLS to begin', failure.message));
}

/** Goes on from `<starttls/>` to the end of a handshake, wherever the server lets it go; what came of it is in the inbox. */
export async function tryToSecure(actor: XmppActor, stage: Stage): Promise<void> {
  const over = ['ended', 'stream-end', 'stream-error', 'violation'];
  const answer = (event: XmppEvent) =>
    over.includes(event.kind) || (event.kind === 'element' && event.element.namespace === namespaces.tls);
  const before = actor.inbox.waiting().map(({ event }) => event);
  const event =
    before.find(answer) ??
    (await ask(actor, stage, {
      expected: 'an answer to <starttls/>',
      write: () => undefined,
      read: (next) => (answer(next) ? next : undefined),
    }));
  if (event.kind !== 'element' || event.element.name !== 'proceed') return;
  await handshake(actor, stage);
}

/** Plays the client's half of the TLS handshake. Resolves with why it failed, where it did; one without an end fails the step. */
function handshake(actor: XmppActor, stage: Stage): Promise<Error | undefined> {
  return inTime(stage, async (signal) => {
    try {
      await actor.connection.startTls(undefined, signal);
      return undefined;
    } catch (error) {
      if (error instanceof StepFailure) throw error;
      stage.signal.throwIfAborted();
      if (!signal.aborted) return error instanceof Error ? error : new Error(String(error));
      const text = `it was not over within ${stage.patience} ms`;
      throw new StepFailure(actor.finding('silence', 'the TLS handshake to end', text));
    }
  });
}

function optionsOf(actor: XmppActor, attempt: Attempt, signal: AbortSignal): AuthenticationOptions {
  const { username, password } = actor.account;
  return { username, password, ...attempt, signal };
}

/** Authenticates, which must succeed, and opens the stream again. */
export async function authenticate(actor: XmppActor, attempt: Attempt, stage: Stage): Promise<void> {
  await negotiating(actor, stage, (signal) =>
    authenticateStream(actor.connection, optionsOf(actor, attempt, signal)),
  );
  await openStream(actor, stage);
}

/** Plays the client's half of SASL up to the server's last word, whatever that is. */
export async function tryToAuthenticate(actor: XmppActor, attempt: Attempt, stage: Stage): Promise<void> {
  const { objection } = await negotiating(actor, stage, (signal) =>
    tryStream(actor.connection, optionsOf(actor, attempt, signal)).catch((error: unknown) => {
      // The end of the stream is an outcome too: the next step says whether it was allowed.
      if (error instanceof NegotiationError && !signal.aborted) return { objection: undefined };
      throw error;
    }),
  );
  if (!objection) return;
  const expected = 'the server’s half of the SASL exchange to hold';
  throw new StepFailure(actor.finding('mismatch', expected, objection.message));
}

/** Begins to authenticate, up to the challenge, which must come. */
export async function beginToAuthenticate(actor: XmppActor, attempt: Attempt, stage: Stage): Promise<void> {
  actor.challenged = await negotiating(actor, stage, (signal) =>
    beginStream(actor.connection, optionsOf(actor, attempt, signal)),
  );
}

/** Answers the challenge with which `beginToAuthenticate` ended. */
export async function answerChallenge(actor: XmppActor): Promise<void> {
  const expected = `${actor.name} to have been challenged`;
  if (!actor.challenged) throw new StepFailure(actor.finding('unexpected', expected, 'it was not'));
  try {
    await actor.challenged.answer();
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    throw new StepFailure(actor.finding('mismatch', 'a challenge that can be answered', text));
  }
}

/** Binds a resource, the server's choice where none is named; the full JID is known afterwards. */
export async function bind(actor: XmppActor, resource: string | undefined, stage: Stage): Promise<void> {
  actor.full = await negotiating(actor, stage, (signal) =>
    bindResource(actor.connection, { resource, signal }),
  );
}

/** Connects; what the network or TLS says against it fails the step. */
export async function connect(actor: XmppActor, stage: Stage, way = actor.way): Promise<void> {
  await connectInTime(actor, stage, (opening) => actor.connect(way, opening));
}

/** Brings an actor from nothing to a state below `online`. */
export async function reach(
  actor: XmppActor,
  state: XmppState,
  login: { resource?: string | undefined; attempt?: Attempt; way?: Way },
  stage: Stage,
): Promise<void> {
  const level = states.indexOf(state);
  if (level < states.indexOf('connected')) return;
  await connect(actor, stage, login.way);
  await openStream(actor, stage);
  if (level >= states.indexOf('secured')) await secure(actor, stage);
  if (level >= states.indexOf('authenticated'))
    await authenticate(actor, login.attempt ?? cheapest(actor), stage);
  if (level >= states.indexOf('bound')) await bind(actor, login.resource, stage);
}

/** Set-up is not about SASL: under TLS it takes PLAIN where it can, one message instead of thousands of hashes. */
function cheapest(actor: XmppActor): Attempt {
  const offered = offeredMechanisms(actor.connection.features);
  return actor.connection.secured && offered.includes('PLAIN') ? { mechanism: 'PLAIN' } : {};
}

/** What one writes, and what the other side then does. */
interface Asking<T> {
  expected: string;
  write(): void;
  /** What the event means; `undefined` while it is something else. */
  read(event: XmppEvent): T | undefined;
}

/** Writes and waits for what must follow. Fails the step when the stream ends first, or time is over. */
export function ask<T>(actor: XmppActor, stage: Stage, asking: Asking<T>): Promise<T> {
  return inTime(stage, (late) => askUntil(late, actor, stage, asking));
}

async function askUntil<T>(late: AbortSignal, actor: XmppActor, stage: Stage, asking: Asking<T>): Promise<T> {
  const { expected } = asking;
  const events = actor.connection.listen();
  try {
    asking.write();
    for (;;) {
      const event = await events.next(late);
      if (event.kind === 'ended' && event.how === 'local')
        throw new StepFailure(actor.finding('closed', expected, 'the connection was closed here'));
      const answer = asking.read(event as XmppEvent);
      if (answer !== undefined) return answer;
      if (['ended', 'stream-end', 'stream-error', 'violation'].includes(event.kind)) {
        const text = `instead came ${actor.describe(event as XmppEvent)}`;
        throw new StepFailure(actor.finding('closed', expected, text));
      }
    }
  } catch (error) {
    if (error instanceof StepFailure || stage.signal.aborted || !late.aborted) throw error;
    const text = `it did not come within ${stage.patience} ms`;
    throw new StepFailure(actor.finding('silence', expected, text));
  } finally {
    events.stop();
  }
}

/** So long initial presence may take to come back before the server is asked to show that it does not. */
const reflectionMs = 1_000;

/** Servers that were shown to send no initial presence back to the resource that it came from. */
const unreflecting = new WeakSet<RunningTarget>();

/**
 * Sends initial presence and requests the roster. Waits for the roster, and for the presence to come back to the
 * resource that sent it (RFC 6121 section 4.2.2): then the server knows it as available. A server that breaks this
 * promise is known to be as far when it delivers what was sent to the own address behind the presence.
 */
export async function goOnline(actor: XmppActor, presence: string, stage: Stage): Promise<void> {
  const behind = `behind-presence-${randomBytes(6).toString('hex')}`;
  const awaited = new Set(['roster', 'presence']);
  const sendBehind = () => {
    awaited.add(behind);
    // A result: no server answers, stores or copies it.
    actor.send(`<iq xmlns='${namespaces.client}' type='result' to='${actor.full}' id='${behind}'/>`);
  };
  let late: NodeJS.Timeout | undefined;
  const online = ask(actor, stage, {
    expected: 'the roster, and the reflection of initial presence',
    write: () => {
      const query = `<query xmlns='${namespaces.roster}'/>`;
      actor.send(`<iq xmlns='${namespaces.client}' type='get' id='roster'>${query}</iq>`);
      actor.send(inStanzaNamespace(presence));
      if (unreflecting.has(stage.target)) sendBehind();
      else late = setTimeout(sendBehind, reflectionMs);
    },
    read: (event) => {
      if (event.kind !== 'element') return undefined;
      const { element } = event;
      if (element.name === 'presence' && element.get('from') === actor.full) awaited.delete('presence');
      if (element.name === 'iq') awaited.delete(element.get('id') ?? '');
      const isBehind = element.get('id') === behind;
      if (isBehind && awaited.delete('presence')) unreflecting.add(stage.target);
      return awaited.size === 0 ? true : undefined;
    },
  });
  await online.finally(() => clearTimeout(late));
}

/** Over WebSocket each stanza declares its own namespace (RFC 7395 section 3.3.3); over TCP it does no harm. */
export function inStanzaNamespace(stanza: string): string {
  return stanza.replace(/^(\s*<(?:message|presence|iq))(?![^>]*\sxmlns=)/, `$1 xmlns='${namespaces.client}'`);
}
