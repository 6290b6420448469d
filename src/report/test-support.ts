import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import { summarize } from '../record/summary.ts';
import type { RunStart } from './reporter.ts';

/** What the record says of a case that passed, for tests to change. */
export const passed: CaseResult = {
  id: 'rfc6121/message-routing/chat-to-bare-address',
  suite: 'rfc6121/message-routing',
  title: 'A chat message to the bare address reaches the most available resource',
  file: 'suites/xmpp/rfc6121/message-routing.yaml',
  line: 8,
  covers: [
    {
      id: 'rfc6121/8.5.2.1.1-chat',
      specification: 'RFC 6121',
      section: '8.5.2.1.1',
      level: 'MUST',
      summary: 'A chat message to a bare JID goes to the most available resource',
    },
  ],
  level: 'MUST',
  verdict: 'pass',
  durationMs: 12.3,
};

/** One result of each verdict, and one that is known to fail. */
export const sampleCases: CaseResult[] = [
  passed,
  {
    ...passed,
    id: 'rfc6121/message-routing/id-is-kept',
    title: 'The id of a message reaches its addressee',
    verdict: 'fail',
    durationMs: 31.4,
    failure: {
      kind: 'mismatch',
      step: {
        sentence: 'juliet receives',
        file: 'suites/xmpp/rfc6121/message-routing.yaml',
        line: 15,
        column: 9,
      },
      expected: "<message from='romeo@house/a' id='m1'><body>Wherefore</body></message>",
      nearest: "<message from='romeo@house/a' id='m2'><body>Wherefore</body></message>",
      differences: [{ path: '/message/@id', expected: 'm1', actual: 'm2' }],
      message: 'juliet received a message, but not this one',
      localPort: 51_234,
    },
    evidence: {
      transcript: [
        { at: 0.1, actor: 'romeo', direction: 'step', text: 'romeo sends', bytes: 0 },
        {
          at: 0.4,
          actor: 'romeo',
          direction: 'sent',
          text: "<message to='juliet@house' id='m1'>",
          bytes: 36,
        },
        { at: 9.8, actor: 'juliet', direction: 'received', text: '\x1b[2J\u202e<message/>', bytes: 17 },
        { at: 12, actor: 'juliet', direction: 'received', hex: '00ff', bytes: 2 },
        { at: 15.2, actor: 'juliet', direction: 'event', text: 'connection ended (end)', bytes: 0 },
      ],
    },
  },
  {
    ...passed,
    id: 'rfc6121/message-routing/error-to-nobody',
    title: 'A message to an account that is not there is answered with an error',
    level: 'SHOULD',
    verdict: 'warn',
    failure: {
      kind: 'silence',
      step: {
        sentence: 'romeo receives',
        file: 'suites/xmpp/rfc6121/message-routing.yaml',
        line: 31,
        column: 9,
      },
      expected: "<message type='error'/>\nor <presence/>",
      message: 'nothing came within 5 s',
      localPort: 51_240,
    },
  },
  {
    ...passed,
    id: 'xep-0198/resumption/resumes',
    suite: 'xep-0198/resumption',
    verdict: 'unsupported',
    durationMs: 0,
    reason: 'the target does not offer stream-resumption',
    missing: ['stream-resumption'],
  },
  {
    ...passed,
    id: 'rfc6120/sasl/plain',
    suite: 'rfc6120/sasl',
    title: 'PLAIN signs in',
    verdict: 'inconclusive',
    covers: [],
    reason: 'set-up failed: connection refused',
    failure: { kind: 'setup', expected: 'romeo to be connected', message: 'connection refused' },
  },
  {
    ...passed,
    id: 'rfc6120/sasl/external',
    suite: 'rfc6120/sasl',
    verdict: 'fail',
    knownFailing: { reason: 'External accounts are not mapped', link: 'https://example.org/1' },
    failure: { kind: 'silence', expected: 'x', message: 'nothing came' },
  },
];

/** The record of a run of these cases, for tests. */
export function sampleRecord(cases: CaseResult[], more: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 1,
    touchstone: { version: '0.1.0' },
    suites: { digest: 'sha256:0' },
    target: {
      name: 'example',
      title: 'Example',
      product: { name: 'exampled', version: '1.2' },
      capabilities: { claimed: [], offered: [], findings: [] },
    },
    environment: { node: 'v20', platform: 'linux' },
    started: '2026-01-02T03:04:05.678Z',
    durationMs: 1_234,
    phases: { startMs: 0, probeMs: 0, playMs: 0, provisionMs: 0, stopMs: 0 },
    summary: summarize(cases),
    conformant: false,
    cases,
    ...more,
  };
}

/** The beginning of a run of so many cases. */
export function startOf(title: string, product: string, cases: number): RunStart {
  const { touchstone, suites, target, environment, started } = sampleRecord([]);
  const facts = {
    touchstone,
    suites,
    target: { ...target, title, product: { name: product } },
    environment,
    started,
  };
  return { facts, planned: Array.from({ length: cases }, (_, index) => `a/case-${index}`) };
}
