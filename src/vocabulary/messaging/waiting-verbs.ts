import { checkPayload, describePayload, makePayload, payloadSchema } from '../payload.ts';
import type { Stage } from '../stage.ts';
import { verb } from '../vocabulary.ts';
import type { MessagingActor, MessagingArrival } from './actor.ts';
import {
  arrivalFor,
  difference,
  type Judgement,
  MessagesInOrder,
  StatesInOrder,
  TlsExpectation,
} from './expectations.ts';
import { otherUser, user } from './users.ts';

const isSentinel = (event: MessagingArrival, actor: MessagingActor) =>
  event.kind === 'message' && 'text' in event && event.text === actor.sentinel;

/** What attempts to get in come to, and how connections end. */
const comingAndGoing = [
  verb({
    subject: 'actor',
    phrase: 'is refused',
    takes: { type: 'string', description: 'The reason, as the protocol says it' },
    optional: true,
    summary: 'The attempt ends with a refusal; the end of the connection without a word is one too',
    example: '- alice is refused',
    expect: (step, stage) => {
      const actor = user(stage, step.subject);
      const why = step.value === undefined ? '' : ` for the reason ${step.value}`;
      const expected = `${step.subject} to be refused${why}`;
      const judge = (event: MessagingArrival): Judgement => {
        if (event.kind === 'signed in') return actor.finding('mismatch', expected, 'it was let in');
        if (event.kind === 'unanswered') return actor.finding('silence', expected, event.reason);
        if (event.kind !== 'refused' && event.kind !== 'ended') return 'other';
        return step.value === undefined ? 'met' : judgeReason(event, step.value, expected, actor, stage);
      };
      return arrivalFor(actor, expected, judge, { survivesEnd: true });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'is let in',
    summary: 'The attempt to sign in succeeds',
    example: '- alice is let in',
    expect: (step, stage) => {
      const actor = user(stage, step.subject);
      const expected = `${step.subject} to be let in`;
      return arrivalFor(actor, expected, (event) => {
        if (event.kind === 'refused') return actor.finding('mismatch', expected, `refused: ${event.reason}`);
        return event.kind === 'signed in' ? 'met' : 'other';
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'is disconnected',
    summary: 'The connection ends',
    example: '- alice is disconnected',
    expect: (step, stage) =>
      arrivalFor(
        user(stage, step.subject),
        `the connection of ${step.subject} to end`,
        (event) => (event.kind === 'ended' ? 'met' : 'other'),
        { survivesEnd: true },
      ),
  }),
  verb({
    subject: 'actor',
    phrase: 'sees tls',
    takes: {
      type: 'object',
      properties: {
        version: { type: 'string' },
        cipher: { type: 'string' },
        names: { type: 'string', description: 'Those that the certificate is for: `DNS:example.org, ...`' },
      },
      additionalProperties: false,
      minProperties: 1,
    },
    summary:
      'Facts about the TLS connection that it is signed in over: version, cipher, names of the certificate',
    example: '- alice sees tls: { version: "{TLSv1.2|TLSv1.3}" }',
    expect: (step, stage) => new TlsExpectation(user(stage, step.subject), step.value, stage.names),
  }),
];

function judgeReason(
  event: MessagingArrival & { reason: string },
  pattern: string,
  expected: string,
  actor: MessagingActor,
  stage: Stage,
): Judgement {
  const captured = new Map<string, string>();
  const reason = event.kind === 'ended' ? 'the connection was ended' : event.reason;
  if (!stage.names.matches(pattern, reason, captured))
    return actor.finding('mismatch', expected, `the reason was: ${reason}`);
  return () => {
    for (const [name, value] of captured) stage.names.bind(name, value);
  };
}

/** What messages come. */
const messages = [
  verb({
    subject: 'actor',
    phrase: 'receives from {actor}',
    takes: payloadSchema,
    summary: 'The next message of that user carries exactly this payload',
    example: '- bob receives from alice: Hello',
    prepare: ({ value }) => checkPayload(value),
    expect: (step, stage) => {
      const actor = user(stage, step.subject);
      const from = otherUser(stage, step.slots).client.address;
      const wanted = makePayload(step.value, stage.names);
      const expected = `a message from ${step.slots.actor} with ${describePayload(step.value)}`;
      return arrivalFor(actor, expected, (event) => {
        if (isSentinel(event, actor))
          return actor.finding(
            'mismatch',
            expected,
            'the sentinel that was sent after it came, so it is lost',
          );
        if (event.kind !== 'message' || event.from !== from) return 'other';
        const differs = difference(wanted, event);
        return differs === undefined ? 'met' : actor.finding('mismatch', expected, differs);
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives from {actor} in order',
    takes: {
      type: 'object',
      properties: {
        times: { type: 'integer', minimum: 2, maximum: 100_000 },
        as: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' },
        text: { type: 'string' },
      },
      required: ['times', 'as', 'text'],
      additionalProperties: false,
    },
    summary: 'So many messages come from that user in the order in which they were sent, each once',
    example: '- bob receives from alice in order: { times: 100, as: n, text: "{n}" }',
    binds: (value) => [value.as],
    expect: (step, stage) => {
      const { times, as, text } = step.value;
      const texts = Array.from({ length: times }, (_, index) =>
        stage.names.fill(text.replaceAll(`{${as}}`, String(index + 1))),
      );
      const from = otherUser(stage, step.slots).client.address;
      return new MessagesInOrder(user(stage, step.subject), from, texts);
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives nothing before sentinel',
    summary: 'No message comes before the sentinel, which was sent after what must not come',
    example: '- bob receives nothing before sentinel',
    expect: (step, stage) => nothing(user(stage, step.subject), undefined),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives nothing from {actor} before sentinel',
    summary: 'No message of that user comes before the sentinel, which was sent after what must not come',
    example: '- bob receives nothing from alice before sentinel',
    expect: (step, stage) => nothing(user(stage, step.subject), otherUser(stage, step.slots)),
  }),
  verb({
    subject: 'actor',
    phrase: 'is told that nobody got it',
    summary: 'The message to nobody comes back as undeliverable',
    example: '- alice is told that nobody got it',
    expect: (step, stage) =>
      arrivalFor(user(stage, step.subject), 'the message to be returned as undeliverable', (event) =>
        event.kind === 'undelivered' && (event.id === undefined || event.id === stage.names.id('nobody'))
          ? 'met'
          : 'other',
      ),
  }),
  verb({
    subject: 'actor',
    phrase: 'is told that {actor} did not get it',
    summary: 'A message to that user comes back as undeliverable',
    example: '- alice is told that bob did not get it',
    expect: (step, stage) => {
      const to = otherUser(stage, step.slots).client.address;
      const expected = `the message to ${step.slots.actor} to be returned as undeliverable`;
      return arrivalFor(user(stage, step.subject), expected, (event) =>
        event.kind === 'undelivered' && event.to === to ? 'met' : 'other',
      );
    },
  }),
];

/** No message comes before the sentinel; where `from` is given, none of that user. */
function nothing(actor: MessagingActor, from: MessagingActor | undefined) {
  const expected = `${actor.name} to receive nothing${from ? ` from ${from.name}` : ''} before the sentinel`;
  return arrivalFor(actor, expected, (event) => {
    if (event.kind !== 'message') return 'other';
    if (isSentinel(event, actor)) return 'met';
    if (from && event.from !== from.client.address) return 'other';
    const what = 'text' in event ? JSON.stringify(event.text.slice(0, 80)) : `${event.octets.length} octets`;
    return actor.finding('mismatch', expected, `${event.from} sent ${what}`);
  });
}

/** Who is seen, and how. */
const presence = [
  verb({
    subject: 'actor',
    phrase: 'sees {actor}',
    takes: { enum: ['available', 'away', 'busy', 'gone'] },
    summary: 'Learns that the user is now available, away, busy or gone; earlier states are passed over',
    example: '- bob sees alice: away',
    expect: (step, stage) => {
      const actor = user(stage, step.subject);
      const of = otherUser(stage, step.slots).client.address;
      const expected = `${step.subject} to see ${step.slots.actor} ${step.value}`;
      let seen = '';
      return arrivalFor(actor, expected, (event) => {
        if (isSentinel(event, actor))
          return actor.finding('mismatch', expected, `the sentinel that was sent after it came${seen}`);
        if (event.kind !== 'presence' || event.from !== of) return 'other';
        seen = `; before it ${step.slots.actor} was seen ${event.as}`;
        return event.as === step.value ? 'met' : 'other';
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sees {actor} in order',
    takes: { type: 'array', minItems: 2, items: { enum: ['available', 'away', 'busy', 'gone'] } },
    summary:
      'Sees the user go through these states and end with the last; a server may pass over some on the way',
    example: '- bob sees alice in order: [away, busy, available]',
    expect: (step, stage) =>
      new StatesInOrder(user(stage, step.subject), otherUser(stage, step.slots), step.value),
  }),
  verb({
    subject: 'actor',
    phrase: 'sees nothing of {actor} before sentinel',
    summary: 'Nothing of that user’s presence shows before the sentinel comes',
    example: '- mallory sees nothing of alice before sentinel',
    expect: (step, stage) => {
      const actor = user(stage, step.subject);
      const of = otherUser(stage, step.slots).client.address;
      const expected = `${step.subject} to see nothing of ${step.slots.actor} before the sentinel`;
      return arrivalFor(actor, expected, (event) => {
        if (isSentinel(event, actor)) return 'met';
        if (event.kind !== 'presence' || event.from !== of) return 'other';
        return actor.finding('mismatch', expected, `${step.slots.actor} was seen ${event.as}`);
      });
    },
  }),
];

export const waitingVerbs = [...comingAndGoing, ...messages, ...presence];
