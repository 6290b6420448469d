import type { SaslOverrides } from '../../xmpp/sasl/mechanism.ts';
import type { Stage } from '../stage.ts';
import { actorAs, verb } from '../vocabulary.ts';
import { type Way, XmppActor } from './actor.ts';
import { certificateSchema, wantedCertificate } from './client-certificates.ts';
import {
  type Attempt,
  answerChallenge,
  authenticate,
  beginTls,
  beginToAuthenticate,
  bind,
  connect,
  secure,
  tryToAuthenticate,
  tryToSecure,
} from './session.ts';
import { transports } from './transport.ts';

const text = { type: 'string' } as const;
const tlsVersion = { enum: ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] } as const;

const wayProperties = {
  transport: { enum: transports, description: 'Default: the one that it is given' },
  servername: { type: 'string', description: 'The name that TLS asks for; default: the domain' },
  sni: {
    anyOf: [text, { type: 'null' }],
    description:
      'The name that is sent instead, while the certificate is still judged for the domain; null: none',
  },
  alpn: { type: 'array', items: text, description: 'Protocols offered by ALPN; an empty list offers none' },
  tls: {
    type: 'object',
    properties: {
      minimum: tlsVersion,
      maximum: tlsVersion,
      resumes: {
        enum: [true, 'altered'],
        description: 'Goes on with the TLS session of an earlier connection, or with an altered ticket of it',
      },
    },
    additionalProperties: false,
    description: 'TLS versions that the client offers, and whether it resumes a session',
  },
  certificate: certificateSchema,
} as const;

const attemptProperties = {
  mechanism: {
    type: 'string',
    description: 'Default: the strongest that is offered, without channel binding',
  },
  username: text,
  password: text,
  authzid: text,
  'channel binding': { enum: ['tls-exporter', 'tls-unique', 'tls-server-end-point'] },
  'could bind': { type: 'boolean', description: 'SCRAM: the gs2 flag `y` instead of `n`' },
  unprepared: { type: 'boolean', description: 'SCRAM: the user name is sent without SASLprep' },
  'initial response': {
    anyOf: [text, { type: 'null' }],
    description: 'Instead of the right one; null: none',
  },
  'amid base64': {
    type: 'string',
    description: 'What stands in the middle of the base64 of the initial response',
  },
  response: { type: 'string', description: 'Instead of every answer to a challenge' },
  nonce: text,
  'final nonce': {
    anyOf: [text, { type: 'null' }],
    description: 'SCRAM: the nonce of the client-final-message; null leaves r= out',
  },
  'gs2 header': { type: 'string', description: 'SCRAM: with its last comma, such as `y,,`' },
  'channel binding input': {
    anyOf: [text, { type: 'null' }],
    description: 'SCRAM: the value of c=, in base64; null leaves it out',
  },
  proof: { type: 'string', description: 'SCRAM: the value of p=, in base64' },
  'mandatory extension': { type: 'string', description: 'SCRAM: the value of m=' },
  'first extensions': { type: 'string', description: 'SCRAM: attributes after the client nonce' },
  'final extensions': { type: 'string', description: 'SCRAM: attributes before the proof' },
} as const;

const attemptSchema = { type: 'object', properties: attemptProperties, additionalProperties: false } as const;

interface AttemptWords {
  mechanism?: string;
  username?: string;
  password?: string;
  authzid?: string;
  'channel binding'?: 'tls-exporter' | 'tls-unique' | 'tls-server-end-point';
  'could bind'?: boolean;
  'initial response'?: string | null;
  [other: string]: unknown;
}

const overrideWords: Record<string, keyof SaslOverrides> = {
  'initial response': 'initialResponse',
  'amid base64': 'amidBase64',
  response: 'response',
  nonce: 'nonce',
  'final nonce': 'finalNonce',
  'gs2 header': 'gs2Header',
  'channel binding input': 'channelBindingInput',
  proof: 'proof',
  'mandatory extension': 'mandatoryExtension',
  'first extensions': 'firstExtensions',
  'final extensions': 'finalExtensions',
};

/** The words of a case as the wire library takes them, names filled in. */
export function attemptOf(words: AttemptWords | undefined, stage: Stage): Attempt {
  if (!words) return {};
  const overrides: Record<string, string | null> = {};
  for (const [word, name] of Object.entries(overrideWords)) {
    const value = words[word];
    if (value === null) overrides[name] = null;
    else if (typeof value === 'string') overrides[name] = stage.names.fill(value);
  }
  const filled = (value: string | undefined) => (value === undefined ? undefined : stage.names.fill(value));
  const { mechanism } = words;
  const username = filled(words.username);
  const password = filled(words.password);
  const authzid = filled(words.authzid);
  return {
    ...(mechanism === undefined ? {} : { mechanism }),
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(authzid === undefined ? {} : { authzid }),
    ...(words['channel binding'] ? { channelBinding: words['channel binding'] } : {}),
    overrides: {
      ...(words['could bind'] ? { gs2Header: 'y,,' } : {}),
      ...(words.unprepared === true ? { unprepared: true } : {}),
      ...overrides,
    },
  };
}

export const connectingVerbs = [
  verb({
    subject: 'actor',
    phrase: 'connects',
    takes: { type: 'object', properties: wayProperties, additionalProperties: false },
    optional: true,
    summary: 'Opens the connection (TCP, direct TLS or the WebSocket handshake); no stream is opened',
    example: '- romeo connects: { transport: tls }',
    play: async (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const { transport, servername, sni, alpn, tls } = step.value ?? {};
      const wanted = wantedCertificate(step.value?.certificate);
      const way: Way = {
        ...actor.way,
        ...(transport ? { transport } : {}),
        ...(servername === undefined ? {} : { servername: stage.names.fill(servername) }),
        ...(sni === undefined ? {} : { sni: sni === null ? false : stage.names.fill(sni) }),
        ...(alpn ? { alpn } : {}),
        ...(tls?.minimum ? { minimumTls: tls.minimum } : {}),
        ...(tls?.maximum ? { maximumTls: tls.maximum } : {}),
        ...(tls?.resumes === undefined ? {} : { resumes: tls.resumes }),
        ...(wanted ? { certificate: await actor.clientCertificate(wanted) } : {}),
      };
      await connect(actor, stage, way);
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'opens',
    takes: {
      type: 'object',
      properties: {
        to: text,
        from: text,
        version: { anyOf: [text, { type: 'null' }], description: 'Default 1.0; null leaves it out' },
        lang: text,
        attributes: {
          type: 'object',
          additionalProperties: text,
          description: 'Further attributes, xmlns among them',
        },
        raw: { type: 'string', description: 'Written instead of a header' },
      },
      additionalProperties: false,
    },
    optional: true,
    summary:
      'Writes a stream header (or `<open/>`), to the domain unless told otherwise, and waits for nothing',
    example: "- romeo opens: { to: '{domain}', version: '1.0', lang: en }",
    play: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const { to, from, version, lang, attributes, raw } = step.value ?? {};
      const fill = (value: string | undefined) => (value === undefined ? undefined : stage.names.fill(value));
      actor.connection.openStream({
        to: to === undefined ? actor.account.domain : to === '' ? undefined : fill(to),
        from: fill(from),
        version: version === null ? null : fill(version),
        lang: fill(lang),
        attributes: attributes
          ? Object.fromEntries(
              Object.entries(attributes as Record<string, string>).map(([name, value]) => [
                name,
                stage.names.fill(value),
              ]),
            )
          : undefined,
        raw: fill(raw),
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'secures',
    summary: 'Plays STARTTLS to its end and opens the stream again, which must succeed',
    example: '- romeo secures',
    play: (step, stage) => secure(actorAs(stage, step.subject, XmppActor), stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'begins tls',
    summary: 'Begins TLS on the connection as it is, after `<proceed/>` was received; opens no stream',
    example: '- romeo begins tls',
    play: (step, stage) => beginTls(actorAs(stage, step.subject, XmppActor), stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'tries to secure',
    summary:
      'After `<starttls/>` was sent: waits for the answer and, where it is `<proceed/>`, plays the client’s half of the handshake; opens no stream. How it ends, the next step says: `sees tls`, `is closed`, `receives in clear`',
    example: '- romeo tries to secure',
    play: (step, stage) => tryToSecure(actorAs(stage, step.subject, XmppActor), stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'authenticates',
    takes: attemptSchema,
    optional: true,
    summary: 'Authenticates, which must succeed, and opens the stream again',
    example: '- romeo authenticates: { mechanism: SCRAM-SHA-256 }',
    play: (step, stage) =>
      authenticate(actorAs(stage, step.subject, XmppActor), attemptOf(step.value, stage), stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'tries to authenticate',
    takes: attemptSchema,
    optional: true,
    summary:
      'Plays the client’s half of SASL up to the server’s last word; what that is, the next step says. A wrong server signature fails at once',
    example: '- romeo tries to authenticate: { mechanism: PLAIN, password: wrong }',
    play: (step, stage) =>
      tryToAuthenticate(actorAs(stage, step.subject, XmppActor), attemptOf(step.value, stage), stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'begins to authenticate',
    takes: attemptSchema,
    optional: true,
    summary:
      'Begins to authenticate and waits for the first challenge, which must come; what follows the steps say',
    example: '- romeo begins to authenticate: { mechanism: SCRAM-SHA-1 }',
    play: (step, stage) =>
      beginToAuthenticate(actorAs(stage, step.subject, XmppActor), attemptOf(step.value, stage), stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'answers the challenge',
    summary:
      'Sends the right answer to the challenge after `begins to authenticate`, also where it comes too late, and waits for nothing',
    example: '- romeo answers the challenge',
    play: (step, stage) => answerChallenge(actorAs(stage, step.subject, XmppActor)),
  }),
  verb({
    subject: 'actor',
    phrase: 'binds',
    takes: text,
    optional: true,
    summary: 'Binds a resource, this one or the server’s choice, which must succeed',
    example: '- romeo binds: balcony',
    play: (step, stage) => {
      const resource = step.value === undefined ? undefined : stage.names.fill(step.value);
      return bind(actorAs(stage, step.subject, XmppActor), resource, stage);
    },
  }),
];
