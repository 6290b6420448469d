import { describeFacts, FactExpectation, judgeFacts } from '../facts.ts';
import { checkPayload, makePayload, payloadSchema } from '../payload.ts';
import { tlsFact, tlsFactsSchema, tlsFactsSummary } from '../tls-facts.ts';
import { verb } from '../vocabulary.ts';
import { describeArrival } from './actor.ts';
import { arrivalFor, type Judgement } from './arrival-expectation.ts';
import { actorOf } from './sending.ts';
import { alertIn, tlsWaySchema } from './tls-way.ts';

const waySchema = {
  type: 'object',
  properties: { tls: tlsWaySchema },
  additionalProperties: false,
} as const;

export const tlsVerbs = [
  verb({
    subject: 'actor',
    phrase: 'connects',
    takes: waySchema,
    optional: true,
    summary:
      'Opens a new TCP connection (with TLS where the actor uses it) and sends nothing; an older one is dropped',
    example: '- client connects: { tls: { maximum: TLSv1.2 } }',
    play: (step, stage) => actorOf(step, stage).connect(step.value?.tls),
  }),
  verb({
    subject: 'actor',
    phrase: 'tries to connect',
    takes: waySchema,
    optional: true,
    summary:
      'As `connects`, where TCP or TLS may fail. How it ends, the next step says: `sees tls`, `receives alert`, `is closed`',
    example: '- client tries to connect: { tls: { alpn: [no-such-protocol] } }',
    play: (step, stage) => actorOf(step, stage).tryToConnect(step.value?.tls),
  }),
  verb({
    subject: 'actor',
    phrase: 'sees tls',
    takes: tlsFactsSchema,
    summary: tlsFactsSummary,
    example: '- client sees tls: { version: "{TLSv1.2|TLSv1.3}", alpn: "{-|http/1.1}" }',
    expect: (step, stage) => {
      const actor = actorOf(step, stage);
      return new FactExpectation(actor, describeFacts('TLS', step.value), () => {
        const { tls } = actor;
        return tls ? judgeFacts(actor, 'TLS', step.value, (name) => tlsFact(tls, name), stage) : 'other';
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives alert',
    takes: { type: 'string', minLength: 1 },
    summary: 'The server ends the connection with this TLS alert (RFC 8446 section 6)',
    example: '- client receives alert: no_application_protocol',
    expect: (step, stage) => {
      const actor = actorOf(step, stage);
      const expected = `the TLS alert ${step.value}`;
      return arrivalFor(actor, {
        expected,
        survivesEnd: true,
        judge(event): Judgement {
          if (event.kind !== 'ended') return 'other';
          const captured = new Map<string, string>();
          if (stage.names.matches(step.value, alertIn(event), captured)) return 'met';
          return actor.finding('closed', expected, `what came was ${describeArrival(event)}`);
        },
        // The end stays for whoever waits for that.
        take: () => undefined,
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'ends without close_notify',
    summary: 'Ends its half of the TCP connection (FIN) without the alert by which TLS announces its end',
    example: '- client ends without close_notify',
    play: (step, stage) => actorOf(step, stage).finish('end below tls'),
  }),
  verb({
    subject: 'actor',
    phrase: 'writes below tls',
    takes: payloadSchema,
    summary: 'Writes octets as they are into TCP, between the records of TLS',
    example: '- client writes below tls: { hex: 17 03 03 00 20 00 }',
    prepare: ({ value }) => checkPayload(value),
    play: (step, stage) => {
      const actor = actorOf(step, stage);
      actor.connection.writeBelowTls(makePayload(step.value, stage.names));
    },
  }),
];
