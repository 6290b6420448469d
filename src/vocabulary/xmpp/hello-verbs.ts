import { cipherSuiteNames } from '../../tls/cipher-suites.ts';
import { helloExtensions, helloVersions, writeClientHello } from '../../tls/hello.ts';
import { alertOf, TlsHandshakeError } from '../../tls/tls.ts';
import { describeFacts, judgeFacts } from '../facts.ts';
import { actorAs, verb } from '../vocabulary.ts';
import { XmppActor, type XmppArrival } from './actor.ts';
import { eventFor } from './event-expectation.ts';

const text = { type: 'string' } as const;

/** TLS below what a library lets through: hellos of the client's own making, alerts, new handshakes. */
export const helloVerbs = [
  verb({
    subject: 'actor',
    phrase: 'sends client hello',
    takes: {
      type: 'object',
      properties: {
        version: { enum: Object.keys(helloVersions) as (keyof typeof helloVersions)[] },
        ciphers: { type: 'array', items: { enum: cipherSuiteNames }, minItems: 1 },
        deflate: { type: 'boolean', description: 'Offers compression by DEFLATE, too' },
        extensions: { type: 'array', items: { enum: helloExtensions } },
        servername: text,
      },
      required: ['version', 'ciphers'],
      additionalProperties: false,
    },
    summary:
      'After `<proceed/>`: writes a ClientHello as it is described, however weak. No handshake follows; the next step says what the server answers',
    example: '- romeo sends client hello: { version: TLSv1.2, ciphers: [TLS_RSA_WITH_NULL_SHA] }',
    play: (step, stage) => {
      const { servername, ...hello } = step.value;
      const named = servername === undefined ? {} : { servername: stage.names.fill(servername) };
      actorAs(stage, step.subject, XmppActor).connection.greet(writeClientHello({ ...hello, ...named }));
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives server hello',
    takes: {
      type: 'object',
      properties: {
        version: text,
        cipher: text,
        compression: { ...text, description: '`none` or `deflate`' },
        extensions: { ...text, description: 'The names of all extensions, with a space on each side' },
      },
      additionalProperties: false,
    },
    summary: 'The server answers a ClientHello by going on with these parameters',
    example: '- romeo receives server hello: { version: TLSv1.2, compression: none }',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      return eventFor(actor, {
        expected: describeFacts('a ServerHello', step.value),
        judge: (event) => {
          if (event.kind !== 'server-hello') return 'other';
          const facts: Record<string, string> = { ...event, extensions: ` ${event.extensions.join(' ')} ` };
          return judgeFacts(actor, 'a ServerHello', step.value, (name) => facts[name], stage);
        },
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives alert',
    takes: text,
    summary: 'The server sends this TLS alert, in answer to a ClientHello, or ends the connection with it',
    example: '- romeo receives alert: "{protocol_version|handshake_failure}"',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const expected = `the TLS alert ${step.value}`;
      return eventFor(actor, {
        expected,
        keeps: true,
        survivesEnd: true,
        judge: (event) => {
          if (event.kind === 'server-hello')
            return actor.finding('mismatch', expected, `the server goes on: ${actor.describe(event)}`);
          const alert = alertIn(event);
          return alert !== undefined && stage.names.matches(step.value, alert, new Map()) ? 'met' : 'other';
        },
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'renegotiates tls',
    summary:
      'Begins a new handshake within TLS 1.2, and waits for nothing; what came before is forgotten. How it ends, the next step says: `sees new handshake`, `receives nothing before the end`, `receives alert`',
    example: '- romeo renegotiates tls',
    play: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      actor.forgetArrivals();
      return actor.connection.renegotiate();
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sees new handshake',
    summary: 'The handshake of `renegotiates tls` has come to its end',
    example: '- romeo sees new handshake',
    expect: (step, stage) =>
      eventFor(actorAs(stage, step.subject, XmppActor), {
        expected: 'a new TLS handshake to succeed',
        judge: (event) => (event.kind === 'renegotiated' ? 'met' : 'other'),
      }),
  }),
];

function alertIn(event: XmppArrival): string | undefined {
  if (event.kind === 'alert') return event.alert;
  if (event.kind !== 'ended' || !event.error) return undefined;
  const { error } = event;
  // What the other side says by a warning, OpenSSL makes an error of its own.
  if ('code' in error && error.code === 'ERR_SSL_NO_RENEGOTIATION') return 'no_renegotiation';
  return error instanceof TlsHandshakeError ? error.alert : alertOf(error);
}
