import { randomBytes } from 'node:crypto';
import { XmlElement } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { Fault } from '../fault.ts';
import type { LocalAccount } from './accounts.ts';
import type { XmppDomain } from './domain.ts';
import { counterRange, StreamManagement } from './managed-session.ts';
import type { Session } from './session.ts';
import type { StanzaErrorCondition } from './stanza-errors.ts';
import type { ClientStream } from './stream.ts';

export const faults: Fault[] = [
  {
    name: 'management-request-goes-unanswered',
    breaks: ['xep-0198/4-r-answered', 'xep-0198/4-r-answered-soon'],
    summary: 'Says nothing to a request for an acknowledgement',
    silent: true,
  },
  {
    name: 'management-counts-too-few',
    breaks: ['xep-0198/4-counters-independent', 'xep-0198/4-r-answered', 'xep-0198/5-resumed-h'],
    summary: 'Acknowledges one stanza less than it handled',
  },
  {
    name: 'management-counts-too-many',
    breaks: [
      'xep-0198/4-h-*',
      'xep-0198/4-r-answered',
      'xep-0198/4-counters-independent',
      'xep-0198/5-resumed-h',
      'xep-0198/5-counters-carried-over',
    ],
    summary: 'Acknowledges one stanza more than it handled',
  },
  {
    name: 'management-counts-its-own-elements',
    breaks: [
      'xep-0198/1-h-counts-only-stanzas',
      'xep-0198/4-h-counts-each-stanza',
      'xep-0198/4-h-starts-at-zero',
    ],
    summary: 'Counts requests for acknowledgement among the stanzas',
  },
  {
    name: 'management-before-binding-is-enabled',
    breaks: [
      'xep-0198/3-order-before-authentication',
      'xep-0198/3-order-before-binding',
      'xep-0198/6-failed-condition',
    ],
    summary: 'Enables stream management before a resource is bound',
  },
  {
    name: 'management-is-enabled-twice',
    breaks: ['xep-0198/3-second-enable'],
    summary: 'Enables stream management a second time',
  },
  {
    name: 'management-enabling-goes-unanswered',
    breaks: ['xep-0198/3-enable*', 'xep-0198/8.1-plain-enable', 'xep-0198/3-order-*'],
    summary: 'Says nothing to a request to enable stream management',
    silent: true,
  },
  {
    name: 'management-refuses-resumption',
    breaks: ['xep-0198/5-resumable-flag', 'xep-0198/5-resumable-id', 'xep-0198/3-enabled-says-resume'],
    summary: 'Enables stream management without the resumption that was asked for',
  },
  {
    name: 'management-without-id',
    breaks: ['xep-0198/5-resumable-id'],
    summary: 'Promises resumption and gives no id for it',
  },
  {
    name: 'management-ids-are-long',
    breaks: ['xep-0198/5-id-length'],
    summary: 'Gives ids of 5000 characters',
  },
  {
    name: 'management-ids-are-reused',
    breaks: ['xep-0198/5-id-not-reused'],
    summary: 'Gives every session the same id',
  },
  {
    name: 'management-location-is-no-address',
    breaks: ['xep-0198/3-enabled-location'],
    summary: 'Names a place for resumption that is no address',
  },
  {
    name: 'management-requests-have-counts',
    breaks: ['xep-0198/4-server-requests-acks'],
    summary: 'Asks for acknowledgements with a count in the request',
  },
  {
    name: 'management-failure-with-made-up-condition',
    breaks: ['xep-0198/6-failed-condition-defined', 'xep-0198/5-resume-un*'],
    summary: 'Refuses to enable or resume with a condition that nobody has defined',
  },
  {
    name: 'management-mistakes-end-the-connection',
    breaks: ['xep-0198/6-error-is-failed', 'xep-0198/6-errors-recoverable'],
    summary: 'Ends the connection without a word where the client makes a mistake in stream management',
  },
  {
    name: 'acknowledging-too-much-is-accepted',
    breaks: ['xep-0198/6-h-too-high'],
    summary: 'Accepts the acknowledgement of stanzas that were never sent',
    silent: true,
  },
  {
    name: 'acknowledging-too-much-is-not-named',
    breaks: ['xep-0198/6-h-too-high'],
    summary: 'Ends the stream of who acknowledges too much without saying what was wrong',
  },
  {
    name: 'management-failure-without-condition',
    breaks: ['xep-0198/6-failed-condition*', 'xep-0198/5-resume-unknown-condition'],
    summary: 'Refuses to enable or resume without saying why',
  },
  {
    name: 'management-max-is-no-number',
    breaks: ['xep-0198/3-enabled-max'],
    summary: 'Names the time for resumption in words',
  },
  {
    name: 'sessions-in-use-are-not-resumed',
    breaks: ['xep-0198/5-resumed', 'xep-0198/5-old-stream-conflict'],
    summary: 'Resumes no session whose old connection it takes for alive',
  },
  {
    name: 'sessions-are-resumed-before-login',
    breaks: ['xep-0198/10-resume-after-authentication-only'],
    summary: 'Hands a session to whoever names its id, before any login',
  },
  {
    name: 'unknown-sessions-are-resumed',
    breaks: ['xep-0198/5-resume-unknown', 'xep-0198/5-resume-unknown-condition', 'xep-0198/7-clean-close*'],
    summary: 'Reports that it resumed a session that never was',
  },
  {
    name: 'sessions-of-others-are-resumed',
    breaks: ['xep-0198/10-resume-own-session-only', 'messaging/reconnection-resumption-by-owner-only'],
    summary: 'Hands the session of one account to another',
  },
  {
    name: 'sessions-are-not-resumed',
    breaks: [
      'messaging/reconnection-session-resumed',
      'rfc7395/3.6-resumable-session-survives',
      'xep-0198/5-presence-retained',
      'xep-0198/5-resumed-h',
      'xep-0198/7-unclean-end-keeps-session',
    ],
    summary: 'Forgets sessions whose connection broke',
  },
  {
    name: 'resumption-without-count',
    breaks: ['xep-0198/5-resumed-h'],
    summary: 'Resumes a session without saying how many stanzas it handled',
  },
  {
    name: 'resumption-repeats-acknowledged-stanzas',
    breaks: ['xep-0198/5-h-of-resume-acknowledges', 'xep-0198/5-state-not-re-established'],
    summary: 'Sends stanzas again that the client said it has',
  },
  {
    name: 'resumption-loses-stanzas',
    breaks: [
      'messaging/reconnection-unacknowledged-not-lost',
      'xep-0198/5-roster-changes-delivered',
      'xep-0198/5-unhandled-resent',
    ],
    summary: 'Does not send again what the client did not get',
    silent: true,
  },
  {
    name: 'resumption-repeats-itself',
    breaks: ['xep-0198/5-unhandled-resent-once'],
    summary: 'Sends everything twice that the client did not get',
  },
  {
    name: 'resumption-sends-the-latest-first',
    breaks: ['xep-0198/5-unhandled-resent'],
    summary: 'Sends in reverse order what the client did not get',
  },
  {
    name: 'resumption-begins-one-too-late',
    breaks: ['xep-0198/5-unhandled-resent', 'xep-0198/5-h-of-resume-acknowledges'],
    summary: 'Leaves out the first of the stanzas that the client did not get',
    silent: true,
  },
  {
    name: 'sessions-never-expire',
    breaks: ['xep-0198/4-state-discarded'],
    summary: 'Keeps sessions beyond the time that was named for their resumption',
    silent: true,
  },
  {
    name: 'expired-sessions-are-miscounted',
    breaks: ['xep-0198/5-failed-h'],
    summary: 'Names a wrong count for a session that has expired',
  },
  {
    name: 'resumable-session-looks-unavailable',
    breaks: ['xep-0198/5-presence-retained'],
    summary: 'Sends unavailable presence for a session that waits to be resumed',
  },
  {
    name: 'closed-session-can-be-resumed',
    breaks: ['xep-0198/7-clean-close*'],
    summary: 'Keeps the session of a client that closed its stream',
  },
  {
    name: 'unacknowledged-stanzas-are-lost',
    breaks: ['xep-0198/4-unhandled-stanzas-rescued'],
    summary: 'Forgets stanzas that were not acknowledged when the session ended',
    silent: true,
  },
];

/** How long a session waits to be resumed, in seconds; a client can ask for less. */
const longestWait = 300;

/** Handles an element of stream management. */
export function handleManagement(stream: ClientStream, element: XmlElement): void {
  const management = stream.session?.management;
  if (management && stream.domain.faults.active('management-counts-its-own-elements'))
    management.countHandled();
  if (element.name === 'enable') enable(stream, element);
  else if (element.name === 'resume') resume(stream, element);
  else if (element.name === 'r' && management) answerRequest(stream, management);
  else if (element.name === 'a' && management) takeAcknowledgement(stream, management, element);
  else refuse(stream, 'unexpected-request');
}

function refuse(
  stream: ClientStream,
  condition: StanzaErrorCondition,
  attributes: Record<string, string> = {},
): void {
  const { faults } = stream.domain;
  if (faults.active('management-mistakes-end-the-connection')) {
    stream.destroy();
    return;
  }
  const madeUp = faults.active('management-failure-with-made-up-condition');
  const cause = new XmlElement(madeUp ? 'not-today' : condition, namespaces.stanzaError);
  const bare = faults.active('management-failure-without-condition');
  stream.send(new XmlElement('failed', namespaces.streamManagement, attributes, bare ? [] : [cause]));
}

/** XEP-0198 section 3. */
function enable(stream: ClientStream, element: XmlElement): void {
  const { domain, session } = stream;
  const { faults } = domain;
  if (faults.active('management-enabling-goes-unanswered')) return;
  if (!session) {
    if (!faults.active('management-before-binding-is-enabled')) refuse(stream, 'unexpected-request');
    else stream.send(new XmlElement('enabled', namespaces.streamManagement));
    return;
  }
  if (session.management && !faults.active('management-is-enabled-twice')) {
    stream.fail({ condition: 'policy-violation', text: 'Stream management can be enabled once' });
    return;
  }
  const asked = ['true', '1'].includes(element.get('resume') ?? '');
  const resumable = asked && !faults.active('management-refuses-resumption');
  const wanted = Number.parseInt(element.get('max') ?? '', 10);
  const wait = Number.isInteger(wanted) && wanted > 0 ? Math.min(wanted, longestWait) : longestWait;
  const id = newId(domain);
  session.management = new StreamManagement(domain, session, { id, resumable, wait });
  if (resumable) domain.resumable.set(id, session);
  const attributes: Record<string, string> = resumable ? { resume: 'true', id, max: String(wait) } : {};
  if (resumable && faults.active('management-max-is-no-number')) attributes.max = `${wait} seconds`;
  if (faults.active('management-without-id')) delete attributes.id;
  if (faults.active('management-location-is-no-address')) attributes.location = 'the third door: left';
  stream.send(new XmlElement('enabled', namespaces.streamManagement, attributes));
}

function newId({ faults }: XmppDomain): string {
  if (faults.active('management-ids-are-reused')) return 'session';
  return (
    randomBytes(18).toString('base64url') + (faults.active('management-ids-are-long') ? '-'.repeat(5000) : '')
  );
}

function answerRequest(stream: ClientStream, management: StreamManagement): void {
  const { faults } = stream.domain;
  if (faults.active('management-request-goes-unanswered')) return;
  const h = String(shownCount(stream.domain, management));
  stream.send(new XmlElement('a', namespaces.streamManagement, { h }));
}

function shownCount({ faults }: XmppDomain, { handled }: StreamManagement): number {
  if (faults.active('management-counts-too-many')) return handled + 1;
  return faults.active('management-counts-too-few') ? Math.max(0, handled - 1) : handled;
}

function takeAcknowledgement(stream: ClientStream, management: StreamManagement, element: XmlElement): void {
  const count = readCount(element);
  if (count === undefined) {
    if (stream.domain.faults.active('management-mistakes-end-the-connection')) stream.destroy();
    else stream.fail({ condition: 'bad-format', text: 'An acknowledgement needs a count' });
  } else if (!management.acknowledge(count)) refuseCount(stream, management, count);
}

/** XEP-0198 section 6: nobody can have more stanzas than were sent. */
function refuseCount(stream: ClientStream, management: StreamManagement, count: number): void {
  if (stream.domain.faults.active('acknowledging-too-much-is-accepted')) return;
  const counts = { h: String(count), 'send-count': String(management.sent) };
  stream.fail({
    condition: 'undefined-condition',
    text: `You acknowledged ${count} stanzas, but were sent ${management.sent}`,
    ...(stream.domain.faults.active('acknowledging-too-much-is-not-named')
      ? {}
      : { specific: new XmlElement('handled-count-too-high', namespaces.streamManagement, counts) }),
  });
}

function readCount(element: XmlElement): number | undefined {
  const text = element.get('h') ?? '';
  const count = /^\d{1,10}$/.test(text) ? Number(text) : counterRange;
  return count < counterRange ? count : undefined;
}

/** XEP-0198 section 5. */
function resume(stream: ClientStream, element: XmlElement): void {
  const { domain, account } = stream;
  const { faults } = domain;
  const previous = element.get('previd') ?? '';
  const count = readCount(element);
  const early = faults.active('sessions-are-resumed-before-login');
  if ((!account && !early) || stream.session) {
    refuse(stream, 'unexpected-request');
    return;
  }
  if (count === undefined) {
    refuse(stream, 'bad-request');
    return;
  }
  const session = domain.resumable.get(previous);
  const own = session?.account === account || early || faults.active('sessions-of-others-are-resumed');
  const inUse = session?.stream !== undefined && faults.active('sessions-in-use-are-not-resumed');
  const management = own && !inUse ? session?.management : undefined;
  if (!session || !management) {
    if (faults.active('unknown-sessions-are-resumed')) {
      stream.send(new XmlElement('resumed', namespaces.streamManagement, { previd: previous, h: '0' }));
    } else refuse(stream, 'item-not-found', handledBefore(domain, previous, stream.account));
    return;
  }
  const received = faults.active('resumption-repeats-acknowledged-stanzas') || management.acknowledge(count);
  if (!received) {
    refuseCount(stream, management, count);
    return;
  }
  takeOver(stream, session, management);
}

/** Section 5: what is still known of a session that has expired, for its owner. */
function handledBefore(
  { expired, faults }: XmppDomain,
  id: string,
  owner: LocalAccount | undefined,
): Record<string, string> {
  const known = expired.get(id);
  if (!known || known.account !== owner) return {};
  return { h: String(known.handled + (faults.active('expired-sessions-are-miscounted') ? 1 : 0)) };
}

function takeOver(stream: ClientStream, session: Session, management: StreamManagement): void {
  const { domain } = stream;
  const abandoned = session.stream;
  if (abandoned) {
    // The server had not noticed yet that the old connection is dead; the session must not end with it.
    abandoned.session = undefined;
    abandoned.fail({ condition: 'conflict', text: 'The session was resumed on another connection' });
  }
  const attributes: Record<string, string> = {
    previd: management.id,
    h: String(shownCount(domain, management)),
  };
  if (domain.faults.active('resumption-without-count')) delete attributes.h;
  stream.send(new XmlElement('resumed', namespaces.streamManagement, attributes));
  management.attach(stream);
}
