import type { FromSchema } from 'json-schema-to-ts';
import { acceptFor } from '../../websocket/handshake.ts';
import { type Expectation, type Finding, meet } from '../expectation.ts';
import type { Names } from '../names.ts';
import type { Stage } from '../stage.ts';
import { StepMistake, verb } from '../vocabulary.ts';
import type { WebSocketActor, WebSocketArrival } from './actor.ts';
import { arrivalFor, type Judgement } from './arrival-expectation.ts';
import { type RequestText, requestOf, requestSchema } from './request-text.ts';
import { actorOf, octetsIn } from './sending.ts';

export type Response = Extract<WebSocketArrival, { kind: 'response' }>['response'];
type Differences = NonNullable<Finding['differences']>;

const statusPattern = {
  description: 'The status code, or a pattern over it: "{400|426}"',
  anyOf: [{ type: 'integer', minimum: 100, maximum: 599 }, { type: 'string' }],
} as const;
const headerPatterns = {
  type: 'object',
  description:
    'Header fields that must be there, each with a pattern over its value; several fields are joined by commas',
  additionalProperties: { type: 'string' },
} as const;

const responseSchema = {
  type: 'object',
  properties: {
    status: statusPattern,
    headers: headerPatterns,
    without: {
      type: 'array',
      items: { type: 'string' },
      description: 'Header fields that must not be there',
    },
  },
  additionalProperties: false,
} as const;

export type ResponsePattern = FromSchema<typeof responseSchema>;

export const refusalSchema = {
  type: 'object',
  properties: { status: statusPattern, headers: headerPatterns },
  additionalProperties: false,
  minProperties: 1,
} as const;

/** Header fields whose value is a list of tokens without regard to case (RFC 6455 section 4.2.2). */
const tokenLists = ['upgrade', 'connection'];

/** Where a response is not like the pattern; captures are bound when it is. */
export function responseDifferences(pattern: ResponsePattern, response: Response, names: Names): Differences {
  const captured = new Map<string, string>();
  const differences: Differences = [];
  const { status, headers = {}, without = [] } = pattern;
  if (status !== undefined && !names.matches(String(status), String(response.status), captured))
    differences.push({ path: 'status', expected: String(status), actual: String(response.status) });
  for (const [name, expected] of Object.entries(headers)) {
    const actual = headerOf(response, name);
    if (actual === undefined) differences.push({ path: name, expected });
    else if (!headerMatches(name, expected, actual, names, captured))
      differences.push({ path: name, expected, actual });
  }
  for (const name of without) {
    const actual = headerOf(response, name);
    if (actual !== undefined) differences.push({ path: name, expected: 'no such header field', actual });
  }
  if (differences.length === 0) for (const [name, value] of captured) names.bind(name, value);
  return differences;
}

function headerMatches(
  name: string,
  expected: string,
  actual: string,
  names: Names,
  captured: Map<string, string>,
): boolean {
  if (names.matches(expected, actual, captured)) return true;
  if (!tokenLists.includes(name.toLowerCase())) return false;
  return actual.split(',').some((token) => token.trim().toLowerCase() === expected.toLowerCase());
}

/** The value of a header field, several of one name joined as RFC 9110 section 5.3 says. */
export function headerOf(response: Response, name: string): string | undefined {
  const values = response.headers
    .filter(([field]) => field.toLowerCase() === name.toLowerCase())
    .map(([, value]) => value);
  return values.length === 0 ? undefined : values.join(', ');
}

export function describeResponse(response: Response): string {
  const fields = response.headers.slice(0, 20).map(([name, value]) => `${name}: ${value.slice(0, 200)}`);
  return [`HTTP status ${response.status}`, ...fields].join('\n');
}

function responseExpectation(
  actor: WebSocketActor,
  pattern: ResponsePattern,
  names: Names,
  { agreement = 'any' }: { agreement?: 'any' | 'as offered' } = {},
): Expectation {
  const expected = `${actor.name} to receive a response with ${JSON.stringify(pattern)}`;
  return arrivalFor(actor, {
    expected,
    judge(event): Judgement {
      if (event.kind !== 'response') return 'other';
      const [violation] = agreement === 'as offered' ? event.violations : [];
      if (violation) {
        const finding = actor.violationFinding(expected, violation);
        return { ...finding, nearest: describeResponse(event.response) };
      }
      const differences = responseDifferences(pattern, event.response, names);
      if (differences.length === 0) return 'met';
      return actor.mismatch(expected, describeResponse(event.response), differences);
    },
  });
}

/** The handshake is refused: an HTTP error, or (which section 4.2.1 does not want) the bare end. */
function refusalExpectation(
  actor: WebSocketActor,
  pattern: ResponsePattern | undefined,
  stage: Stage,
): Expectation {
  const wanted = pattern ? `an HTTP error like ${JSON.stringify(pattern)}` : 'an HTTP error';
  const expected = `the handshake of ${actor.name} to be refused with ${wanted}`;
  return arrivalFor(actor, {
    expected,
    survivesEnd: true,
    judge(event): Judgement {
      if (event.kind === 'ended')
        return pattern ? actor.finding('closed', expected, 'the connection ended without a response') : 'met';
      if (event.kind !== 'response') return 'other';
      const { response } = event;
      if (response.status < 400) {
        const differences = [{ path: 'status', expected: '400 to 599', actual: String(response.status) }];
        return actor.mismatch(expected, describeResponse(response), differences);
      }
      const differences = responseDifferences(pattern ?? {}, response, stage.names);
      return differences.length === 0
        ? 'met'
        : actor.mismatch(expected, describeResponse(response), differences);
    },
    take(arrival): void {
      if (arrival.event.kind === 'ended')
        stage.tolerate('the connection ended without a response; RFC 6455 section 4.2.1 wants an HTTP error');
      else arrival.taken = true;
    },
  });
}

/** Sends the request and waits for nothing. */
function request(actor: WebSocketActor, text: RequestText, stage: Stage, every?: number): void {
  const spec = requestOf(actor, text, stage.names);
  actor.key = spec.key ?? actor.key;
  actor.requested = true;
  actor.connection.request(spec.request, every === undefined ? {} : { every });
}

/**
 * The opening handshake to its end, which must be 101 with the right accept value (over HTTP/2 any success), and must agree to nothing that was
 * not offered (RFC 6455 section 4.1).
 */
export async function open(actor: WebSocketActor, stage: Stage, withinMs: number): Promise<void> {
  if (!actor.connected || actor.requested) await actor.connect();
  request(actor, {}, stage);
  const { extensions, transport } = actor.options;
  const upgrade = {
    Upgrade: 'websocket',
    Connection: 'Upgrade',
    'Sec-WebSocket-Accept': acceptFor(actor.key),
  };
  const pattern: ResponsePattern = {
    status: transport === 'http2' ? '{/2\\d\\d/}' : 101,
    headers: {
      ...(transport === 'http2' ? {} : upgrade),
      // A case that is given compression means it: without it there is nothing to be seen.
      ...(extensions?.includes('permessage-deflate')
        ? { 'Sec-WebSocket-Extensions': '{/permessage-deflate.*/}' }
        : {}),
    },
  };
  const expectation = responseExpectation(actor, pattern, stage.names, { agreement: 'as offered' });
  await meet([expectation], { withinMs, signal: stage.signal });
}

export const openingVerbs = [
  verb({
    subject: 'actor',
    phrase: 'opens',
    summary:
      'Performs the opening handshake, which must succeed and agree to nothing that was not offered; connects first where that is needed',
    example: '- client opens',
    play: (step, stage) => open(actorOf(step, stage), stage, step.within),
  }),
  verb({
    subject: 'actor',
    phrase: 'requests',
    takes: requestSchema,
    optional: true,
    summary:
      'Sends an opening handshake of its own making, and waits for nothing; what is not said is as it should be',
    example: '- client requests: { method: POST, headers: { Sec-WebSocket-Version: "12", Host: null } }',
    prepare: ({ value }) => checkRequest(value),
    play: (step, stage) => request(actorOf(step, stage), step.value ?? {}, stage),
  }),
  verb({
    subject: 'actor',
    phrase: 'requests in chops of {octets}',
    takes: requestSchema,
    optional: true,
    summary: 'As `requests`, in TCP writes of so many octets',
    example: '- client requests in chops of 1',
    prepare: ({ value, slots }) => {
      checkRequest(value);
      return octetsIn(slots);
    },
    play: (step, stage) => request(actorOf(step, stage), step.value ?? {}, stage, step.prepared),
  }),
  verb({
    subject: 'actor',
    phrase: 'receives response',
    takes: responseSchema,
    summary:
      'The answer to the handshake is like this; tokens of Upgrade and Connection are compared without regard to case',
    example: `- client receives response:
    status: 101
    headers: { Sec-WebSocket-Accept: "{client.accept}" }
    without: [Sec-WebSocket-Extensions]`,
    expect: (step, stage) => responseExpectation(actorOf(step, stage), step.value, stage.names),
  }),
  verb({
    subject: 'actor',
    phrase: 'is refused',
    takes: refusalSchema,
    optional: true,
    summary:
      'The handshake is answered with an HTTP error (4xx, 5xx). Without a pattern the bare end of the connection is tolerated (warn)',
    example: '- client is refused: { status: "{400|426}" }',
    expect: (step, stage) => refusalExpectation(actorOf(step, stage), step.value, stage),
  }),
];

function checkRequest(value: RequestText | undefined): void {
  if (value?.raw !== undefined && Object.keys(value).length > 1)
    throw new StepMistake('`raw` is the whole request, so nothing can stand beside it');
}
