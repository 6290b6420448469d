import { randomBytes } from 'node:crypto';
import { escapeXml } from '../../xmpp/element.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import { checkPayload, makePayload, payloadSchema } from '../payload.ts';
import { actorAs, StepMistake, verb } from '../vocabulary.ts';
import { XmppActor } from './actor.ts';
import { parseStanza } from './receiving.ts';
import { inStanzaNamespace } from './session.ts';

const stanza = {
  type: 'string',
  pattern: '^\\s*<',
  description: 'XML, as the specification writes it',
} as const;

function chopSize(slots: Readonly<Record<string, string>>): number {
  const size = Number(slots.octets);
  if (Number.isInteger(size) && size > 0) return size;
  throw new StepMistake(`\`${slots.octets}\` is no number of octets`);
}

export const sendingVerbs = [
  verb({
    subject: 'actor',
    phrase: 'sends',
    takes: { anyOf: [stanza, { type: 'array', items: stanza, minItems: 1 }] },
    summary: 'Sends an element, or several in one packet. It must be well-formed; `writes` takes anything',
    example: "- romeo sends: <message to='{juliet.bare}' type='chat' id='{#m}'><body>Hello</body></message>",
    prepare: ({ value }) => {
      const stanzas = [value].flat();
      for (const one of stanzas) parseStanza(one);
      return stanzas;
    },
    play: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const filled = step.prepared.map((one) => inStanzaNamespace(stage.names.fill(one, escapeXml).trim()));
      // Over WebSocket each stanza is a message of its own (RFC 7395 section 3.3.3).
      if (actor.connection.framed) for (const one of filled) actor.send(one);
      else actor.send(filled.join(''));
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends sentinel to {actor}',
    summary:
      'Sends a message to that actor’s full JID: on the way from one to the other it comes after whatever was sent before',
    example: '- romeo sends sentinel to juliet',
    play: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const to = actorAs(stage, step.slots.actor ?? '', XmppActor);
      const id = `sentinel-${randomBytes(6).toString('hex')}`;
      to.setSentinel(id);
      const address = to.full ?? to.account.bare;
      actor.send(
        `<message xmlns='${namespaces.client}' to='${escapeXml(address)}' type='chat' id='${id}'><body>sentinel</body></message>`,
      );
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sends sentinel to server',
    summary:
      'Sends the server a request that it must answer, with a result or an error: the answer comes after whatever the server sent before',
    example: '- romeo sends sentinel to server',
    play: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const id = `sentinel-${randomBytes(6).toString('hex')}`;
      actor.setSentinel(id);
      actor.send(
        `<iq xmlns='${namespaces.client}' type='get' to='${escapeXml(actor.account.domain)}' id='${id}'><ping xmlns='${namespaces.ping}'/></iq>`,
      );
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'writes',
    takes: payloadSchema,
    summary: 'Writes characters or octets as they are, well-formed or not',
    example: '- romeo writes: "<message><body>not closed</message>"',
    prepare: ({ value }) => checkPayload(value),
    play: (step, stage) => {
      actorAs(stage, step.subject, XmppActor).write(makePayload(step.value, stage.names));
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'writes in chops of {octets}',
    takes: payloadSchema,
    summary: 'Writes it so many octets at a time, each a packet of its own',
    example: '- romeo writes in chops of 1: <presence/>',
    prepare: ({ slots, value }) => {
      checkPayload(value);
      return chopSize(slots);
    },
    play: async (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      actor.write(makePayload(step.value, stage.names), { every: step.prepared });
      await actor.connection.flushed();
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'closes',
    summary: 'Closes the stream (`</stream:stream>`, or `<close/>`) and waits for nothing',
    example: '- romeo closes',
    play: (step, stage) => actorAs(stage, step.subject, XmppActor).connection.closeStream(),
  }),
  verb({
    subject: 'actor',
    phrase: 'ends',
    summary: 'Half-closes the connection (FIN); what comes is still read',
    example: '- romeo ends',
    play: (step, stage) => actorAs(stage, step.subject, XmppActor).connection.end(),
  }),
  verb({
    subject: 'actor',
    phrase: 'resets',
    summary: 'Resets the connection (RST), without closing the stream',
    example: '- romeo resets',
    play: (step, stage) => actorAs(stage, step.subject, XmppActor).connection.reset(),
  }),
];
