import type { FromSchema } from 'json-schema-to-ts';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const milliseconds = { type: 'number', minimum: 0 } as const;
const texts = { type: 'array', items: text } as const;

/** The six verdicts, worst first. */
export const verdicts = ['error', 'fail', 'inconclusive', 'warn', 'unsupported', 'pass'] as const;
export type Verdict = (typeof verdicts)[number];

const place = {
  type: 'object',
  required: ['sentence', 'file', 'line', 'column'],
  additionalProperties: false,
  description: 'A step of a suite file; lines and columns count from 1',
  properties: { sentence: text, file: text, line: count, column: count },
} as const;

const failure = {
  type: 'object',
  required: ['kind', 'expected', 'message'],
  additionalProperties: false,
  description: 'Why a case did not pass',
  properties: {
    kind: {
      enum: ['mismatch', 'silence', 'closed', 'unexpected', 'violation', 'setup', 'unsupported', 'internal'],
      description:
        'mismatch: something else came; silence: nothing came in time; closed: the connection ended; violation: what came breaks the protocol itself; setup: what is given could not be set up; internal: Touchstone went wrong',
    },
    step: place,
    expected: text,
    nearest: { type: 'string', description: 'What came that is most like what was expected' },
    differences: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'expected'],
        additionalProperties: false,
        properties: { path: text, expected: text, actual: text },
      },
    },
    message: text,
    localPort: {
      type: 'integer',
      minimum: 0,
      maximum: 65_535,
      description: 'To find the connection in the server’s log',
    },
    tolerated: { type: 'string', description: 'Why the specification tolerates what came' },
  },
} as const;

const entry = {
  type: 'object',
  required: ['at', 'actor', 'direction', 'bytes'],
  additionalProperties: false,
  description: 'One chunk or event of one actor',
  properties: {
    at: { type: 'number', description: 'Milliseconds since the case began' },
    actor: text,
    direction: { enum: ['sent', 'received', 'event', 'step'] },
    text,
    hex: { type: 'string', description: 'Where the bytes are no text' },
    bytes: {
      ...count,
      description: 'Length of the whole chunk, of which text or hex may show the beginning',
    },
  },
} as const;

const evidence = {
  type: 'object',
  required: ['transcript'],
  additionalProperties: false,
  properties: {
    transcript: { type: 'array', items: entry },
    omitted: {
      type: 'object',
      required: ['entries', 'bytes'],
      additionalProperties: false,
      description: 'What the transcript left out of its middle',
      properties: { entries: count, bytes: count },
    },
    serverLog: texts,
  },
} as const;

const requirement = {
  type: 'object',
  required: ['id', 'specification', 'section', 'level', 'summary'],
  additionalProperties: false,
  properties: {
    id: text,
    specification: text,
    section: text,
    level: { enum: ['MUST', 'SHOULD', 'MAY'] },
    summary: text,
  },
} as const;

const caseResult = {
  type: 'object',
  required: ['id', 'suite', 'title', 'file', 'line', 'covers', 'level', 'verdict', 'durationMs'],
  additionalProperties: false,
  properties: {
    id: text,
    suite: text,
    title: text,
    file: { type: 'string', description: 'The suite file' },
    line: count,
    covers: { type: 'array', items: requirement },
    level: { enum: ['MUST', 'SHOULD', 'MAY'] },
    verdict: { enum: [...verdicts] },
    durationMs: milliseconds,
    reason: { type: 'string', description: 'Why it is unsupported or inconclusive' },
    missing: { ...texts, description: 'Capabilities that the target does not offer' },
    knownFailing: {
      type: 'object',
      required: ['reason'],
      additionalProperties: false,
      properties: { reason: text, link: text },
    },
    unexpectedPass: { type: 'boolean', description: 'It is listed as failing, and passed' },
    failure,
    observations: texts,
    evidence,
  },
} as const;

/** JSON Schema of record.json: what one run saw. */
export const recordSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Touchstone record',
  type: 'object',
  required: [
    'format',
    'touchstone',
    'suites',
    'target',
    'environment',
    'started',
    'durationMs',
    'phases',
    'summary',
    'conformant',
    'cases',
  ],
  additionalProperties: false,
  properties: {
    format: { const: 1 },
    touchstone: {
      type: 'object',
      required: ['version'],
      additionalProperties: false,
      properties: { version: text },
    },
    suites: {
      type: 'object',
      required: ['digest'],
      additionalProperties: false,
      properties: { digest: { type: 'string', description: 'Two runs with the same digest asked the same' } },
    },
    target: {
      type: 'object',
      required: ['name', 'title', 'product', 'capabilities'],
      additionalProperties: false,
      properties: {
        name: text,
        title: text,
        kind: text,
        product: {
          type: 'object',
          required: ['name'],
          additionalProperties: false,
          properties: { name: text, version: text },
        },
        image: {
          type: 'object',
          required: ['name', 'id'],
          additionalProperties: false,
          properties: { name: text, id: text },
        },
        domain: text,
        endpoints: { type: 'object', additionalProperties: text },
        capabilities: {
          type: 'object',
          required: ['claimed', 'offered', 'findings'],
          additionalProperties: false,
          properties: { claimed: texts, offered: texts, findings: texts },
        },
      },
    },
    environment: {
      type: 'object',
      required: ['node', 'platform'],
      additionalProperties: false,
      properties: { node: text, platform: text, architecture: text, cpus: count, jobs: count },
    },
    selection: { type: 'object', additionalProperties: texts },
    started: { type: 'string', description: 'ISO 8601, UTC' },
    durationMs: milliseconds,
    interrupted: { type: 'boolean', description: 'The run was stopped before all cases were played' },
    phases: {
      type: 'object',
      required: ['startMs', 'probeMs', 'playMs', 'stopMs'],
      additionalProperties: false,
      properties: {
        startMs: milliseconds,
        probeMs: milliseconds,
        playMs: milliseconds,
        stopMs: milliseconds,
      },
    },
    summary: {
      type: 'object',
      required: [...verdicts, 'knownFailing', 'unexpectedPass'],
      additionalProperties: false,
      properties: {
        pass: count,
        fail: count,
        warn: count,
        unsupported: count,
        inconclusive: count,
        error: count,
        knownFailing: { ...count, description: 'Of these, failures that are known and fail no run' },
        unexpectedPass: count,
      },
    },
    conformant: { type: 'boolean', description: 'Nothing failed but what is known to fail' },
    staleKnownFailing: { ...texts, description: 'Known failures that name no case' },
    cases: { type: 'array', items: caseResult },
  },
} as const;

export type RunRecord = FromSchema<typeof recordSchema>;
export type CaseResult = FromSchema<typeof caseResult>;
export type Failure = FromSchema<typeof failure>;
export type Evidence = FromSchema<typeof evidence>;
export type TranscriptEntry = FromSchema<typeof entry>;
