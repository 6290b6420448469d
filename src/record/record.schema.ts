import type { FromSchema } from 'json-schema-to-ts';

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const milliseconds = { type: 'number', minimum: 0 } as const;
const texts = { type: 'array', items: text } as const;

/** The verdicts, worst first. */
export const verdicts = ['error', 'fail', 'inconclusive', 'flaky', 'warn', 'unsupported', 'pass'] as const;
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
        'mismatch: something else came; silence: nothing came in time; closed: the connection ended; unexpected: something came that is not allowed here; violation: what came breaks the protocol itself; setup: what is given could not be set up; unsupported: the target cannot do what the step needs; internal: Touchstone went wrong',
    },
    step: place,
    expected: {
      type: 'string',
      description: 'What the step waited for; several allowed outcomes stand on lines of their own',
    },
    nearest: { type: 'string', description: 'What came that is most like what was expected' },
    differences: {
      type: 'array',
      items: {
        type: 'object',
        required: ['path', 'expected'],
        additionalProperties: false,
        properties: {
          path: { type: 'string', description: 'Where in what came, for example /message/body/text()' },
          expected: text,
          actual: { type: 'string', description: 'Absent where nothing was there' },
        },
      },
    },
    message: { type: 'string', description: 'The whole failure in a sentence' },
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
    actor: { type: 'string', description: 'Whose connection it is, as the case names it' },
    direction: {
      enum: ['sent', 'received', 'event', 'step'],
      description:
        'sent and received: octets, decrypted; event: something that happened to the actor; step: the step played from here on',
    },
    text: {
      type: 'string',
      description: 'The octets, where they are UTF-8 without control characters; else what happened',
    },
    hex: { type: 'string', description: 'Where the bytes are no text' },
    bytes: { ...count, description: 'Length of the whole chunk; 0 for events and steps' },
    omittedBytes: { ...count, description: 'Octets at the end of the chunk that are not shown' },
  },
} as const;

const evidence = {
  type: 'object',
  required: ['transcript'],
  additionalProperties: false,
  description: 'What passed, without its secrets',
  properties: {
    transcript: { type: 'array', items: entry },
    omitted: {
      type: 'object',
      required: ['after', 'entries', 'bytes'],
      additionalProperties: false,
      description: 'What the transcript left out of its middle',
      properties: {
        after: { ...count, description: 'Entries of the transcript that came before what is left out' },
        entries: count,
        bytes: count,
      },
    },
    serverLog: { ...texts, description: 'What the server logged while the case was played' },
    serverLogAt: {
      type: 'array',
      items: { type: 'number' },
      description: 'When each of these lines came, in milliseconds since the case began',
    },
  },
} as const;

const requirement = {
  type: 'object',
  description: 'One demand of a specification, as its catalogue states it',
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
  description: 'What came of one case',
  required: ['id', 'suite', 'title', 'file', 'line', 'covers', 'level', 'verdict', 'durationMs'],
  additionalProperties: false,
  properties: {
    id: { type: 'string', description: 'Names the case in this and every other run' },
    suite: text,
    title: text,
    file: { type: 'string', description: 'The suite file' },
    line: count,
    covers: { type: 'array', items: requirement },
    level: { enum: ['MUST', 'SHOULD', 'MAY'] },
    verdict: {
      enum: [...verdicts],
      description:
        'pass: every step held; fail: a MUST was seen broken; warn: a SHOULD was; unsupported: the target lacks an optional capability; inconclusive: nothing was learnt; flaky: it did not pass, and passed when it was played again; error: Touchstone went wrong',
    },
    attempts: {
      type: 'array',
      items: { enum: [...verdicts] },
      description:
        'What each attempt came to, where it was played again; what else is said here is of the last that did not pass',
    },
    durationMs: milliseconds,
    reason: { type: 'string', description: 'Why it is unsupported or inconclusive' },
    missing: { ...texts, description: 'Capabilities that the target does not offer' },
    knownFailing: {
      type: 'object',
      required: ['reason'],
      additionalProperties: false,
      description: 'It is listed as failing on this target',
      properties: {
        reason: text,
        link: text,
        intermittent: { type: 'boolean', description: 'It fails at times' },
      },
    },
    unexpectedPass: { type: 'boolean', description: 'It is listed as failing, and passed' },
    failure,
    observations: { ...texts, description: 'What was noticed and is no failure' },
    evidence,
  },
} as const;

/** JSON Schema of record.json: what one run saw. */
export const recordSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'https://touchstone.example/record.schema.json',
  title: 'Touchstone record',
  description: 'What one run saw: who was tested, how, and what came of each case',
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
    format: { const: 1, description: 'Raised when readers of older records would misread this one' },
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
      properties: {
        digest: { type: 'string', description: 'Two runs with the same digest asked the same' },
        paths: {
          ...texts,
          description:
            'Where they were read from, as seen from where the run was started; absent where they came along',
        },
        specifications: {
          type: 'array',
          description: 'Whose requirements the suites know, whether cases of them were chosen or not',
          items: {
            type: 'object',
            required: ['name', 'testable'],
            additionalProperties: false,
            properties: {
              name: { type: 'string', description: 'As requirements have it: RFC 6121, XEP-0198' },
              testable: { ...count, description: 'Requirements that a black-box test can see' },
            },
          },
        },
      },
    },
    target: {
      type: 'object',
      required: ['name', 'title', 'product', 'capabilities'],
      additionalProperties: false,
      properties: {
        name: text,
        title: text,
        file: {
          type: 'string',
          description:
            'The path of its file from where the run was started, with `@` and the variant; absent where its name leads to it',
        },
        kind: {
          type: 'string',
          description: 'Where the server came from: embedded, container, process or external',
        },
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
        domain: { type: 'string', description: 'The domain that its accounts belong to' },
        endpoints: {
          type: 'object',
          additionalProperties: text,
          description: 'Host and port by kind of connection',
        },
        capabilities: {
          type: 'object',
          required: ['claimed', 'offered', 'findings'],
          additionalProperties: false,
          properties: {
            claimed: texts,
            offered: { ...texts, description: 'Advertised or probed on the wire' },
            findings: { ...texts, description: 'Where the two disagree' },
          },
        },
      },
    },
    environment: {
      type: 'object',
      required: ['node', 'platform'],
      additionalProperties: false,
      properties: { node: text, platform: text, architecture: text, cpus: count, jobs: count },
    },
    selection: {
      type: 'object',
      additionalProperties: texts,
      description: 'Which cases were chosen, where not all were',
    },
    shuffle: { type: 'string', description: 'The seed that decided the order of the cases, where one did' },
    round: {
      type: 'integer',
      minimum: 1,
      description: 'Which this is of several runs on the same target, where there were several',
    },
    shard: {
      type: 'object',
      required: ['number', 'of', 'places'],
      additionalProperties: false,
      description: 'Which share of the chosen cases was played, where several runs shared them',
      properties: {
        number: { ...count, minimum: 1, description: 'From 1 on' },
        of: { ...count, minimum: 1 },
        places: {
          type: 'array',
          items: count,
          description: 'Where its cases stand among all that were chosen, from 0 on',
        },
      },
    },
    started: { type: 'string', description: 'ISO 8601, UTC' },
    durationMs: { ...milliseconds, description: 'From start to the target stopped' },
    interrupted: {
      type: 'boolean',
      description: 'The run was stopped, or died, before all cases were played',
    },
    pending: { ...texts, description: 'Cases that were chosen and have no result, as the run ended before' },
    phases: {
      type: 'object',
      required: ['startMs', 'probeMs', 'playMs', 'provisionMs', 'stopMs'],
      additionalProperties: false,
      properties: {
        startMs: milliseconds,
        probeMs: milliseconds,
        playMs: milliseconds,
        provisionMs: {
          ...milliseconds,
          description:
            'Of this, what cases waited for accounts, summed over all that were played side by side',
        },
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
        flaky: count,
        knownFailing: { ...count, description: 'Of these, failures that are known and fail no run' },
        unexpectedPass: { ...count, description: 'Of these, passes that are listed as failing' },
      },
    },
    conformant: { type: 'boolean', description: 'Nothing failed but what is known to fail' },
    staleKnownFailing: { ...texts, description: 'Known failures that name no case' },
    cases: { type: 'array', items: caseResult },
    definitions: {
      type: 'array',
      description:
        'The cases as the suite files have them: those that `cases` name by file and line, each once',
      items: {
        type: 'object',
        required: ['file', 'line', 'text'],
        additionalProperties: false,
        properties: { file: text, line: count, text },
      },
    },
  },
} as const;

export type RunRecord = FromSchema<typeof recordSchema>;
export type CaseResult = FromSchema<typeof caseResult>;
export type Failure = FromSchema<typeof failure>;
export type Evidence = FromSchema<typeof evidence>;
export type TranscriptEntry = FromSchema<typeof entry>;

/** The schema as the text of record.schema.json, which readers of records use. */
export function writeRecordSchema(): string {
  return `${JSON.stringify(recordSchema, null, 2)}\n`;
}
