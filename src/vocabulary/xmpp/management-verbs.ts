import { namespaces } from '../../xmpp/namespaces.ts';
import { StreamManagement } from '../../xmpp/stream-management.ts';
import type { Stage } from '../stage.ts';
import { actorAs, verb } from '../vocabulary.ts';
import { type Way, XmppActor } from './actor.ts';
import { eventFor } from './event-expectation.ts';
import { goOnline, inStanzaNamespace, negotiating, reach } from './session.ts';

/** Enables stream management on a bound stream, which must succeed. Requests are answered only by steps. */
export async function enableStreamManagement(
  actor: XmppActor,
  options: { resume: boolean },
  stage: Stage,
): Promise<void> {
  const management = new StreamManagement(actor.connection, { answers: false });
  actor.streamManagement = management;
  await negotiating(actor, stage, (signal) => management.enable({ resume: options.resume, signal }));
}

/**
 * A resumption may take so many times as long as other answers: the server may first have to give the old connection
 * up, and XEP-0198 sets no time for that. ejabberd 23.01 answers after 15 seconds where a WebSocket broke while it was
 * written to.
 */
const patienceOfResumption = 3;

/** Connects and authenticates again and resumes the stream, which must succeed. */
export async function resumeStream(
  actor: XmppActor,
  { resend = true, transport = actor.way.transport }: { resend?: boolean; transport?: Way['transport'] },
  stage: Stage,
): Promise<void> {
  const { management } = actor;
  await reach(actor, 'authenticated', { way: { ...actor.way, transport } }, stage);
  const patient = { ...stage, patience: patienceOfResumption * stage.patience };
  await negotiating(actor, patient, (signal) => management.resume(actor.connection, { resend, signal }));
}

export const managementVerbs = [
  verb({
    subject: 'actor',
    phrase: 'enables stream management',
    takes: {
      type: 'object',
      properties: { resume: { type: 'boolean' } },
      required: ['resume'],
      additionalProperties: false,
    },
    optional: true,
    summary:
      'Enables stream management (XEP-0198), which must succeed; what is sent and received is counted from here',
    example: '- romeo enables stream management: { resume: true }',
    play: (step, stage) =>
      enableStreamManagement(
        actorAs(stage, step.subject, XmppActor),
        { resume: step.value?.resume ?? false },
        stage,
      ),
  }),
  verb({
    subject: 'actor',
    phrase: 'acknowledges',
    summary: 'Tells the server how many stanzas were received since stream management was enabled',
    example: '- romeo acknowledges',
    play: (step, stage) => actorAs(stage, step.subject, XmppActor).management.acknowledge(),
  }),
  verb({
    subject: 'actor',
    phrase: 'resumes',
    takes: {
      type: 'object',
      properties: { resend: { type: 'boolean' }, transport: { enum: ['tcp', 'tls', 'websocket'] } },
      minProperties: 1,
      additionalProperties: false,
    },
    optional: true,
    summary:
      'Connects and authenticates again and resumes the old stream, which must succeed; sends again what the server had not handled, unless `resend` is false. The connection may be of another kind than the old one',
    example: '- romeo resumes',
    play: (step, stage) => resumeStream(actorAs(stage, step.subject, XmppActor), step.value ?? {}, stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives failed',
    takes: { type: 'string', pattern: '^(\\{[a-z|-]+\\}|\\{\\*\\}|[a-z-]+)$' },
    summary:
      'The server refuses to enable or resume, by `<failed/>` with that stanza error condition, or one like that; `{*}` is any (XEP-0198 section 6)',
    example: '- romeo receives failed: item-not-found',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const expected = `failed with the condition ${step.value}`;
      return eventFor(actor, {
        expected,
        judge: (event) => {
          if (event.kind !== 'element' || !event.element.is('failed', namespaces.streamManagement))
            return 'other';
          const condition = event.element.elements.find(
            ({ name, namespace }) => namespace === namespaces.stanzaError && name !== 'text',
          );
          if (condition && stage.names.matches(step.value, condition.name, new Map())) return 'met';
          const what = condition ? `the condition is ${condition.name}` : 'it has no condition';
          return { ...actor.finding('mismatch', expected, what), nearest: event.element.toXml() };
        },
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'logs in',
    summary:
      'Connects, authenticates and binds the resource that `given` names, or the server’s choice. No roster is requested and no presence sent; what the last connection left unread is forgotten',
    example: '- juliet logs in',
    play: async (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      actor.inbox.forget();
      await reach(actor, 'bound', { resource: actor.resource }, stage);
      actor.forgetLogin();
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'comes online',
    takes: { type: 'string', pattern: '^\\s*<presence' },
    optional: true,
    summary:
      'Connects, authenticates, binds a resource, requests the roster and sends initial presence. What the server sends on that occasion, the next steps can receive',
    example: '- juliet comes online',
    play: async (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      await reach(actor, 'bound', { resource: actor.resource }, stage);
      const presence = step.value === undefined ? '<presence/>' : stage.names.fill(step.value);
      await goOnline(actor, inStanzaNamespace(presence), stage);
    },
  }),
];
