import { offeredMechanisms } from '../../xmpp/authentication.ts';
import { namespaces } from '../../xmpp/namespaces.ts';
import type { StreamHeader } from '../../xmpp/stream-header.ts';
import type { Expectation } from '../expectation.ts';
import { describeFacts, FactExpectation, judgeFacts } from '../facts.ts';
import type { Stage } from '../stage.ts';
import { tlsFact, tlsFactsSchema, tlsFactsSummary } from '../tls-facts.ts';
import { actorAs, verb } from '../vocabulary.ts';
import { XmppActor } from './actor.ts';
import { eventFor } from './event-expectation.ts';
import { patternOf } from './receiving.ts';
import { compare } from './stanza-expectation.ts';

const text = { type: 'string' } as const;
const condition = { type: 'string', pattern: '^(\\{[a-z|-]+\\}|\\{\\*\\}|[a-z-]+)$' } as const;
const child = { type: 'string', pattern: '^\\s*<', description: 'A child of the stream features' } as const;

export const streamVerbs = [
  verb({
    subject: 'actor',
    phrase: 'receives header',
    takes: {
      type: 'object',
      properties: {
        from: text,
        to: text,
        id: text,
        version: text,
        lang: text,
        prefix: { ...text, description: 'Of the stream namespace' },
        namespace: { ...text, description: 'The default namespace that is declared' },
        declaration: { ...text, description: 'The version in the XML declaration; {-}: there is none' },
        encoding: { ...text, description: 'The encoding in the XML declaration' },
        standalone: { ...text, description: 'What the XML declaration says of standalone' },
        'other prefixes': {
          ...text,
          description: 'Those that are declared beside that of the stream namespace; {-}: none',
        },
      },
      additionalProperties: false,
    },
    optional: true,
    summary: 'The server opens its stream, with these attributes in the header (RFC 6120 section 4.7)',
    example: "- romeo receives header: { from: '{domain}', id: '{stream=*}', version: '1.0' }",
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const expected = describeFacts('a stream header', step.value ?? {});
      return eventFor(actor, {
        expected,
        judge: (event) => {
          if (event.kind !== 'header') return 'other';
          const { header } = event;
          const facts: Record<string, string | undefined> = {
            prefix: header.prefix,
            namespace: header.declarations.get(''),
            declaration: header.declaration?.version,
            encoding: header.declaration?.encoding,
            standalone: header.declaration?.standalone,
            'other prefixes': otherPrefixes(header),
            lang: header.get('xml:lang'),
          };
          const actual = (name: string) => (name in facts ? facts[name] : header.get(name));
          return judgeFacts(actor, 'a stream header', step.value ?? {}, actual, stage);
        },
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives features',
    takes: { anyOf: [child, { type: 'array', items: child, minItems: 1 }] },
    optional: true,
    summary: 'The server sends its stream features, these children among them',
    example: "- romeo receives features: <starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    prepare: ({ value }) => [value ?? []].flat().map((one) => patternOf(one)),
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const wanted = step.prepared.map((pattern) => pattern.describe()).join(', ');
      const expected = wanted ? `stream features with ${wanted}` : 'stream features';
      return eventFor(actor, {
        expected,
        judge: (event) => {
          if (event.kind !== 'features') return 'other';
          const missing = step.prepared.find(
            (pattern) =>
              !event.element.elements.some(
                (one) => compare(pattern, one, stage.names).differences.length === 0,
              ),
          );
          if (!missing) return 'met';
          const message = `the features do not hold ${missing.describe()}`;
          return { ...actor.finding('mismatch', expected, message), nearest: event.element.toXml() };
        },
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'is offered',
    takes: child,
    summary: 'The latest stream features hold this child',
    example: "- romeo is offered: <bind xmlns='urn:ietf:params:xml:ns:xmpp-bind'/>",
    prepare: ({ value }) => patternOf(value),
    expect: (step, stage) => offer(actorAs(stage, step.subject, XmppActor), step.prepared, true, stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'is not offered',
    takes: child,
    summary: 'The latest stream features do not hold this child',
    example: "- romeo is not offered: <mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>",
    prepare: ({ value }) => patternOf(value),
    expect: (step, stage) => offer(actorAs(stage, step.subject, XmppActor), step.prepared, false, stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'is offered first',
    takes: { type: 'string', pattern: '^[A-Z0-9_-]{1,20}$' },
    summary: 'The latest stream features name this SASL mechanism before all others',
    example: '- romeo is offered first: EXTERNAL',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const expected = `${step.value} to be the first of the mechanisms offered`;
      return new FactExpectation(actor, expected, () => {
        const { features } = actor;
        if (!features) return 'other';
        const offered = offeredMechanisms(features);
        if (offered[0] === step.value) return 'met';
        const finding = actor.finding('mismatch', expected, `the order is ${offered.join(', ')}`);
        return { ...finding, nearest: features.toXml() };
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives stream error',
    takes: {
      anyOf: [
        condition,
        {
          type: 'object',
          properties: {
            condition,
            text: { ...text, description: 'What it says for people' },
            lang: { ...text, description: 'The language of that text, stated by itself or by the error' },
            specific: {
              ...text,
              description: 'The namespace and the name of the condition beside it that is of an application',
            },
          },
          additionalProperties: false,
          minProperties: 1,
        },
      ],
    },
    summary:
      'The server ends the stream with an error of that condition (RFC 6120 section 4.9.3), or like that; `{*}` is any condition',
    example: '- romeo receives stream error: "{bad-format|not-well-formed}"',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const wanted = typeof step.value === 'string' ? { condition: step.value } : step.value;
      const what = 'the stream error';
      return eventFor(actor, {
        expected: describeFacts(what, wanted),
        judge: (event) => {
          if (event.kind !== 'stream-error') return 'other';
          const { element } = event;
          const words = element.child('text', namespaces.streamError);
          // RFC 6120 section 4.9.4.
          const specific = element.elements.find(({ namespace }) => namespace !== namespaces.streamError);
          const facts: Record<string, string | undefined> = {
            condition: event.condition,
            text: words?.text,
            lang: words?.get('xml:lang') ?? element.get('xml:lang'),
            specific: specific && `${specific.namespace} ${specific.name}`,
          };
          const judgement = judgeFacts(actor, what, wanted, (name) => facts[name], stage);
          return typeof judgement === 'object' ? { ...judgement, nearest: element.toXml() } : judgement;
        },
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives stream end',
    summary: 'The server closes its stream: the closing tag, or `<close/>` over WebSocket',
    example: '- romeo receives stream end',
    expect: (step, stage) =>
      eventFor(actorAs(stage, step.subject, XmppActor), {
        expected: 'the server to close its stream',
        judge: (event) => (event.kind === 'stream-end' ? 'met' : 'other'),
      }),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives nothing before the end',
    summary: 'The connection ends, and the server sends nothing before that but the end of a stream',
    example: '- romeo receives nothing before the end',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const expected = 'the end of the connection, and nothing before it';
      return eventFor(actor, {
        expected,
        judge: (event) => {
          if (event.kind === 'ended') return 'met';
          if (event.kind === 'tls' || event.kind === 'stream-end') return 'other';
          return actor.finding('unexpected', expected, `${actor.describe(event)} came`);
        },
        keeps: true,
        survivesEnd: true,
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'is closed',
    summary: 'The stream or its connection ends, by whatever means; a reset counts',
    example: '- romeo is closed',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      return eventFor(actor, {
        expected: 'the server to end the stream',
        judge: (event) => {
          if (event.kind === 'violation')
            return actor.finding(
              'violation',
              'the server to end the stream',
              `the server sent ${event.text}`,
            );
          return event.kind === 'stream-end' || event.kind === 'ended' ? 'met' : 'other';
        },
        keeps: true,
        survivesEnd: true,
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives challenge',
    takes: text,
    summary:
      'The server sends a SASL challenge with this text, which is compared as it is without its base64',
    example: '- romeo receives challenge: "r={nonce=*},s={*},i={/[1-9][0-9]*/}"',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const expected = `the SASL challenge ${step.value}`;
      return eventFor(actor, {
        expected,
        judge: (event) => {
          if (event.kind !== 'element' || !event.element.is('challenge', namespaces.sasl)) return 'other';
          const sent = Buffer.from(event.element.text.trim(), 'base64').toString();
          return judgeFacts(actor, 'a SASL message', { challenge: step.value }, () => sent, stage);
        },
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'receives in clear',
    summary:
      'Something that is no TLS comes after `<proceed/>`, where nothing else may (RFC 6120 section 5.4.3.1)',
    example: '- romeo receives in clear',
    expect: (step, stage) =>
      eventFor(actorAs(stage, step.subject, XmppActor), {
        expected: 'something in clear instead of TLS',
        judge: (event) => (event.kind === 'violation' && event.inClear ? 'met' : 'other'),
      }),
  }),
  verb({
    subject: 'actor',
    phrase: 'is refused',
    takes: { type: 'string', pattern: '^(\\{[a-z|-]+\\}|\\{\\*\\}|[a-z-]+)$' },
    summary: 'The server answers the attempt to authenticate with this SASL failure (RFC 6120 section 6.5)',
    example: '- romeo is refused: not-authorized',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      const expected = `the SASL failure ${step.value}`;
      return eventFor(actor, {
        expected,
        judge: (event) => {
          if (event.kind !== 'element' || event.element.namespace !== namespaces.sasl) return 'other';
          const { element } = event;
          if (element.name === 'challenge') return 'other';
          const condition = element.elements.find((one) => one.name !== 'text')?.name ?? '';
          if (element.name === 'failure' && stage.names.matches(step.value, condition, new Map()))
            return 'met';
          const what =
            element.name === 'failure' ? `the failure is ${condition}` : `it is <${element.name}/>`;
          return { ...actor.finding('mismatch', expected, what), nearest: element.toXml() };
        },
      });
    },
  }),
  verb({
    subject: 'actor',
    phrase: 'sees tls',
    takes: tlsFactsSchema,
    summary: tlsFactsSummary,
    example: '- romeo sees tls: { version: "{TLSv1.2|TLSv1.3}" }',
    expect: (step, stage) => {
      const actor = actorAs(stage, step.subject, XmppActor);
      return new FactExpectation(actor, describeFacts('TLS', step.value), () => {
        const { tls } = actor;
        return tls ? judgeFacts(actor, 'TLS', step.value, (name) => tlsFact(tls, name), stage) : 'other';
      });
    },
  }),
];

function otherPrefixes({ prefix, declarations }: StreamHeader): string | undefined {
  const others = [...declarations.keys()].filter((one) => one !== '' && one !== prefix);
  return others.length === 0 ? undefined : others.join(' ');
}

function offer(
  actor: XmppActor,
  pattern: ReturnType<typeof patternOf>,
  offered: boolean,
  stage: Stage,
): Expectation {
  const expected = `${pattern.describe()} ${offered ? '' : 'not '}to be among the stream features`;
  return new FactExpectation(actor, expected, () => {
    const { features } = actor;
    if (!features) return 'other';
    const there = features.elements.some(
      (one) => compare(pattern, one, stage.names).differences.length === 0,
    );
    if (there === offered) return 'met';
    const finding = actor.finding('mismatch', expected, offered ? 'it is not offered' : 'it is offered');
    return { ...finding, nearest: features.toXml() };
  });
}
