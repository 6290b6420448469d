import { randomUUID } from 'node:crypto';
import type { TlsWish } from '../../binding/messaging-client.ts';
import { checkPayload, makePayload, payloadSchema } from '../payload.ts';
import type { Stage } from '../stage.ts';
import { verb } from '../vocabulary.ts';
import type { MessagingActor } from './actor.ts';
import { otherUser, user } from './users.ts';

const message = {
  anyOf: [
    payloadSchema,
    {
      type: 'object',
      properties: { octets: payloadSchema },
      required: ['octets'],
      additionalProperties: false,
    },
  ],
} as const;

const tlsVersion = { enum: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] } as const;

type MessageRecipe = Parameters<typeof checkPayload>[0] | { octets: Parameters<typeof checkPayload>[0] };

/** The recipe of what is sent, and whether it is sent as octets. */
function prepareMessage({ value }: { value: MessageRecipe }) {
  const binary = typeof value === 'object' && 'octets' in value;
  const recipe = binary ? value.octets : value;
  checkPayload(recipe);
  return { recipe, binary };
}

function makeMessage({ recipe, binary }: ReturnType<typeof prepareMessage>, stage: Stage) {
  const payload = makePayload(recipe, stage.names);
  return binary ? { octets: payload } : { text: payload.toString() };
}

/** Sends what must come after all that was sent before it from the one to the other. */
export function sendSentinel(from: MessagingActor, to: MessagingActor): Promise<void> {
  to.sentinel = `sentinel-${randomUUID()}`;
  return from.send(to, { text: to.sentinel, id: to.sentinel });
}

/** What users do to get in and to leave. */
const comingAndGoing = [
  verb({
    subject: 'actor',
    phrase: 'signs in',
    summary: 'Connects and signs in, which must succeed',
    example: '- alice signs in',
    play: (step, stage) => user(stage, step.subject).signIn(),
  }),
  verb({
    subject: 'actor',
    phrase: 'tries to sign in',
    takes: {
      type: 'object',
      properties: {
        username: { type: 'string' },
        password: { type: 'string' },
        tls: {
          description: 'The versions that the user speaks, or none: a connection without TLS',
          anyOf: [
            { const: 'none' },
            {
              type: 'object',
              properties: { minimum: tlsVersion, maximum: tlsVersion },
              additionalProperties: false,
              minProperties: 1,
            },
          ],
        },
      },
      additionalProperties: false,
    },
    optional: true,
    summary:
      'Connects and tries to sign in, with its own name and password or others; the next step says how it ends',
    example: '- alice tries to sign in: { password: wrong }',
    play: (step, stage) => {
      const { username, password, tls } = step.value ?? {};
      return user(stage, step.subject).attempt({
        ...(username === undefined ? {} : { username: stage.names.fill(username) }),
        ...(password === undefined ? {} : { password: stage.names.fill(password) }),
        ...(tls === undefined ? {} : { tls: tls as TlsWish }),
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'speaks to {actor} before signing in',
    takes: { type: 'string' },
    summary: 'Connects, sends a message at once, and only then signs in; the server may refuse to go on',
    example: '- mallory speaks to bob before signing in: Can you hear me?',
    play: (step, stage) => {
      const to = otherUser(stage, step.slots).client.address;
      return user(stage, step.subject).attempt({ before: { to, text: stage.names.fill(step.value) } });
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
    phrase: 'tries to take up the session of {actor}',
    summary:
      'Signs in under its own name and asks for a session that is not its own; the next step says how it ends',
    example: '- mallory tries to take up the session of alice',
    play: (step, stage) => user(stage, step.subject).attemptSessionOf(otherUser(stage, step.slots)),
  }),
  verb({
    subject: 'actor',
    phrase: 'signs out',
    summary: 'Says goodbye in good order and ends the connection',
    example: '- alice signs out',
    play: (step, stage) => user(stage, step.subject).signOut(),
  }),
];

/** What users say and show. */
const speaking = [
  verb({
    subject: 'actor',
    phrase: 'sends {actor}',
    takes: message,
    summary: 'Sends a message: text, or `octets` that the protocol must carry unchanged',
    example: '- alice sends bob: Hello',
    prepare: prepareMessage,
    play: (step, stage) =>
      user(stage, step.subject).send(otherUser(stage, step.slots), makeMessage(step.prepared, stage)),
  }),
  verb({
    subject: 'actor',
    phrase: 'tries to send {actor}',
    takes: message,
    summary: 'Sends a message that the server may refuse, even by ending the connection while it comes',
    example: '- alice tries to send bob: { text: a, length: 16MiB }',
    prepare: prepareMessage,
    play: (step, stage) => {
      const { client } = user(stage, step.subject);
      // How the connection ends arrives by itself.
      return client
        .send(otherUser(stage, step.slots).client.address, makeMessage(step.prepared, stage))
        .catch(() => {});
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends {actor} under another name',
    takes: {
      type: 'object',
      properties: { name: { type: 'string' }, text: { type: 'string' } },
      required: ['name', 'text'],
      additionalProperties: false,
    },
    summary:
      'Sends a message that claims to come from somebody else, and a sentinel behind it; the server may end the connection for it',
    example: '- mallory sends bob under another name: { name: "{alice.address}", text: Trust me }',
    play: async (step, stage) => {
      const actor = user(stage, step.subject);
      const to = otherUser(stage, step.slots);
      const { name, text } = step.value;
      try {
        const claim = stage.names.fill(name);
        await actor.client.send(to.client.address, { text: stage.names.fill(text), claim });
        await sendSentinel(actor, to);
      } catch {
        // The connection is over, and says so itself.
      }
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends nobody',
    takes: { type: 'string' },
    summary: 'Sends a message to an address that nothing can be delivered to',
    example: '- alice sends nobody: Is anybody there?',
    play: (step, stage) => {
      const actor = user(stage, step.subject);
      const text = stage.names.fill(step.value);
      return actor.perform(`${step.subject} to send a message`, () =>
        actor.client.send(actor.client.nowhere, { text, id: stage.names.id('nobody') }),
      );
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends sentinel to {actor}',
    summary: 'Sends a message that must come after all that was sent before it on the same path',
    example: '- alice sends sentinel to bob',
    play: (step, stage) => sendSentinel(user(stage, step.subject), otherUser(stage, step.slots)),
  }),
  verb({
    subject: 'actor',
    phrase: 'appears {available|away|busy}',
    summary: 'Shows those who may see it how reachable the user is',
    example: '- alice appears away',
    play: (step, stage) => {
      const as = step.slots['available|away|busy'];
      const actor = user(stage, step.subject);
      return actor.perform(`${step.subject} to appear ${as}`, () =>
        actor.client.appear(as === 'away' || as === 'busy' ? as : 'available'),
      );
    },
  }),
];

export const actingVerbs = [...comingAndGoing, ...speaking];
