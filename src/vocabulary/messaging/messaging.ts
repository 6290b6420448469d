import { randomUUID } from 'node:crypto';
import type { MessagingClient } from '../../binding/messaging-client.ts';
import { meet } from '../expectation.ts';
import { checkPayload, describePayload, makePayload, payloadSchema } from '../payload.ts';
import type { Stage } from '../stage.ts';
import { actorAs, type GivenActor, type Vocabulary, verb } from '../vocabulary.ts';
import { MessagingActor } from './actor.ts';
import { bindingNames, bindingsOf, openClient } from './bindings.ts';
import { ArrivalExpectation, difference, MessagesInOrder } from './expectations.ts';

const user = (stage: Stage, name: string) => actorAs(stage, name, MessagingActor);

function other(stage: Stage, slots: Readonly<Record<string, string>>): MessagingActor {
  return user(stage, slots.actor ?? '');
}

const acting = [
  verb({
    subject: 'actor',
    phrase: 'signs in',
    takes: {
      type: 'object',
      properties: { resumable: { type: 'boolean' } },
      additionalProperties: false,
      minProperties: 1,
    },
    optional: true,
    summary: 'Connects and signs in, which must succeed; `resumable` asks the server to keep the session',
    example: '- alice signs in',
    play: (step, stage) => user(stage, step.subject).signIn(step.value?.resumable),
  }),
  verb({
    subject: 'actor',
    phrase: 'tries to sign in',
    takes: {
      type: 'object',
      properties: { username: { type: 'string' }, password: { type: 'string' } },
      additionalProperties: false,
    },
    optional: true,
    summary: 'Connects and tries to sign in; the next step says how it ends',
    example: '- alice tries to sign in: { password: wrong }',
    play: (step, stage) => {
      const { username, password } = step.value ?? {};
      return user(stage, step.subject).attempt({
        ...(username === undefined ? {} : { username: stage.names.fill(username) }),
        ...(password === undefined ? {} : { password: stage.names.fill(password) }),
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'takes up the old session',
    summary: 'Connects again after the connection was lost and resumes the session, which must succeed',
    example: '- alice takes up the old session',
    play: (step, stage) => user(stage, step.subject).resume(),
  }),
  verb({
    subject: 'actor',
    phrase: 'sends {actor}',
    takes: {
      anyOf: [
        payloadSchema,
        {
          type: 'object',
          properties: { octets: payloadSchema },
          required: ['octets'],
          additionalProperties: false,
        },
      ],
    },
    summary: 'Sends a message: text, or `octets` that the protocol must carry unchanged',
    example: '- alice sends bob: Hello',
    prepare: ({ value }) => {
      const binary = typeof value === 'object' && 'octets' in value;
      const recipe = binary ? value.octets : value;
      checkPayload(recipe);
      return { recipe, binary };
    },
    play: (step, stage) => {
      const payload = makePayload(step.prepared.recipe, stage.names);
      const { client } = user(stage, step.subject);
      const to = other(stage, step.slots).client.address;
      return client.send(to, step.prepared.binary ? { octets: payload } : { text: payload.toString() });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends nobody',
    takes: { type: 'string' },
    summary: 'Sends a message to a name that no account has',
    example: '- alice sends nobody: Is anybody there?',
    play: (step, stage) => {
      const actor = user(stage, step.subject);
      const address = actor.client.address.replace(
        actor.account.username,
        `nobody-${randomUUID().slice(0, 8)}`,
      );
      return actor.client.send(address, { text: stage.names.fill(step.value), id: stage.names.id('nobody') });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends sentinel to {actor}',
    summary: 'Sends a message that must come after all that was sent before it on the same path',
    example: '- alice sends sentinel to bob',
    play: (step, stage) => {
      const to = other(stage, step.slots);
      to.sentinel = `sentinel-${randomUUID()}`;
      return user(stage, step.subject).client.send(to.client.address, { text: to.sentinel, id: to.sentinel });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'appears {available|away|busy}',
    summary: 'Shows those who may see it how reachable the user is',
    example: '- alice appears away',
    play: (step, stage) => {
      const as = step.slots['available|away|busy'];
      return user(stage, step.subject).client.appear(as === 'away' || as === 'busy' ? as : 'available');
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'signs out',
    summary: 'Says goodbye in good order and ends the connection',
    example: '- alice signs out',
    play: async (step, stage) => {
      const actor = user(stage, step.subject);
      await actor.client.signOut();
      actor.forgetEnd();
    },
  }),
];

const waiting = [
  verb({
    subject: 'actor',
    phrase: 'is refused',
    summary:
      'The attempt to sign in ends with a refusal; the end of the connection without a word is one too',
    example: '- alice is refused',
    expect: (step, stage) => {
      const actor = user(stage, step.subject);
      const expected = `${step.subject} to be refused`;
      return new ArrivalExpectation(
        actor,
        expected,
        (event) => {
          if (event.kind === 'refused' || event.kind === 'ended') return 'met';
          return event.kind === 'signed in'
            ? actor.finding('mismatch', expected, 'the sign-in succeeded')
            : 'other';
        },
        { survivesEnd: true },
      );
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives from {actor}',
    takes: payloadSchema,
    summary: 'A message with exactly this payload comes from that user',
    example: '- bob receives from alice: Hello',
    prepare: ({ value }) => checkPayload(value),
    expect: (step, stage) => {
      const actor = user(stage, step.subject);
      const from = other(stage, step.slots).client.address;
      const wanted = makePayload(step.value, stage.names);
      const expected = `a message from ${step.slots.actor} with ${describePayload(step.value)}`;
      return new ArrivalExpectation(actor, expected, (event) => {
        if (event.kind !== 'message' || event.from !== from) return 'other';
        if ('text' in event && event.text === actor.sentinel)
          return actor.finding('mismatch', expected, 'what was sent after it came, so it is lost');
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
      const from = other(stage, step.slots).client.address;
      return new MessagesInOrder(user(stage, step.subject), from, texts);
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives nothing before sentinel',
    summary: 'No message comes before the sentinel, which was sent after what must not come',
    example: '- bob receives nothing before sentinel',
    expect: (step, stage) => {
      const actor = user(stage, step.subject);
      const expected = `${step.subject} to receive no message before the sentinel`;
      return new ArrivalExpectation(actor, expected, (event) => {
        if (event.kind !== 'message') return 'other';
        if ('text' in event && event.text === actor.sentinel) return 'met';
        const what =
          'text' in event ? JSON.stringify(event.text.slice(0, 80)) : `${event.octets.length} octets`;
        return actor.finding('mismatch', expected, `${event.from} sent ${what}`);
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sees nothing of {actor} before sentinel',
    summary: 'Nothing of that user’s presence shows before the sentinel comes',
    example: '- mallory sees nothing of alice before sentinel',
    expect: (step, stage) => {
      const actor = user(stage, step.subject);
      const of = other(stage, step.slots).client.address;
      const expected = `${step.subject} to see nothing of ${step.slots.actor} before the sentinel`;
      return new ArrivalExpectation(actor, expected, (event) => {
        if (event.kind === 'message' && 'text' in event && event.text === actor.sentinel) return 'met';
        if (event.kind !== 'presence' || event.from !== of) return 'other';
        return actor.finding('mismatch', expected, `${step.slots.actor} was seen ${event.as}`);
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sees {actor}',
    takes: { enum: ['available', 'away', 'busy', 'gone'] },
    summary: 'Learns that the user is now available, away, busy or gone; earlier states are passed over',
    example: '- bob sees alice: away',
    expect: (step, stage) => {
      const of = other(stage, step.slots).client.address;
      const expected = `${step.subject} to see ${step.slots.actor} ${step.value}`;
      return new ArrivalExpectation(user(stage, step.subject), expected, (event) =>
        event.kind === 'presence' && event.from === of && event.as === step.value ? 'met' : 'other',
      );
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'is told that nobody got it',
    summary: 'The message to nobody comes back as undeliverable',
    example: '- alice is told that nobody got it',
    expect: (step, stage) =>
      new ArrivalExpectation(
        user(stage, step.subject),
        'the message to be returned as undeliverable',
        (event) =>
          event.kind === 'undelivered' && (event.id === undefined || event.id === stage.names.id('nobody'))
            ? 'met'
            : 'other',
      ),
  }),
  verb({
    subject: 'actor',
    phrase: 'is disconnected',
    summary: 'The connection ends',
    example: '- alice is disconnected',
    expect: (step, stage) =>
      new ArrivalExpectation(
        user(stage, step.subject),
        'the connection to end',
        (event) => (event.kind === 'ended' ? 'met' : 'other'),
        { survivesEnd: true },
      ),
  }),
];

const states = [
  { name: 'registered', summary: 'the user has an account and is not connected' },
  { name: 'signed in', summary: 'the user is signed in and available (the default)' },
];

async function bring(given: Map<string, GivenActor>, stage: Stage): Promise<void> {
  const binding = bindingNames.find((name) => name === stage.variant);
  if (!binding) throw new Error(`${stage.target.name} speaks no messaging binding`);
  await Promise.all(
    [...given.values()].map(async (one) => {
      const account = await stage.target.newAccount(stage.signal);
      const actor = new MessagingActor(
        one.name,
        account,
        (options): MessagingClient => openClient(binding, stage.target, account, options),
        () => bindingsOf(stage.target)[binding] ?? { host: '', port: 0 },
        stage,
      );
      stage.actors.set(one.name, actor);
    }),
  );
  const all = [...given.values()];
  const friendly = new Set(
    all.flatMap((one) => (friendsOf(one).length > 0 ? [one.name, ...friendsOf(one)] : [])),
  );
  const present = all.filter((one) => one.state === 'signed in' || friendly.has(one.name));
  await Promise.all(present.map((one) => user(stage, one.name).signIn(one.options.resumable === true)));
  for (const one of all)
    for (const name of friendsOf(one)) await user(stage, one.name).client.befriend(user(stage, name).client);
  const leaving = present.filter((one) => one.state !== 'signed in');
  await Promise.all(leaving.map((one) => user(stage, one.name).client.signOut()));
  const staying = present.filter((one) => one.state === 'signed in').map((one) => user(stage, one.name));
  for (const one of staying)
    if (friendly.has(one.name)) for (const to of staying) if (to !== one) await flush(one, to, stage);
}

function friendsOf(one: GivenActor): string[] {
  const friends = one.options.friends;
  return Array.isArray(friends) ? friends.map(String) : [];
}

/** Waits until everything that is on its way from one user to the other has come. */
async function flush(from: MessagingActor, to: MessagingActor, stage: Stage): Promise<void> {
  const text = `sentinel-${randomUUID()}`;
  await from.client.send(to.client.address, { text, id: text });
  const arrived = new ArrivalExpectation(to, `${to.name} to receive what ${from.name} sent`, (event) =>
    event.kind === 'message' && 'text' in event && event.text === text ? 'met' : 'other',
  );
  await meet([arrived], { withinMs: stage.patience, signal: stage.signal });
}

/** Messaging as users know it, whatever the protocol: played once for each binding that the target speaks. */
export const messaging: Vocabulary = {
  name: 'messaging',
  summary:
    'What users of any messaging server do and see; each case is played over every binding of the target',
  verbs: [...acting, ...waiting],
  actors: {
    states,
    options: {
      friends: {
        type: 'array',
        items: { type: 'string' },
        description: 'Users of the case whose presence this one sees, and who see this one’s',
      },
      resumable: {
        type: 'boolean',
        description: 'The server is asked to keep the session when the connection is lost',
      },
    },
    facts: [
      { name: 'address', summary: 'how others address the user' },
      { name: 'local', summary: 'the account’s name' },
      { name: 'password', summary: 'the account’s password' },
    ],
    needs: [],
    variants: (target) => Object.keys(bindingsOf(target)),
    allVariants: bindingNames,
    bring,
  },
};
