import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import type { CaseResult } from '../record/record.schema.ts';
import { UnwritableFileError } from '../record/record-errors.ts';
import { exitCodeForSet, type RecordSet } from '../record/record-set.ts';
import { badge } from './badge.ts';
import { ctrf } from './ctrf.ts';
import { annotations, githubReporter } from './github.ts';
import { junitXmlOfSet } from './junit.ts';
import { summaryMarkdown } from './summary-markdown.ts';
import { tap } from './tap.ts';
import { passed, sampleCases, sampleRecord } from './test-support.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-reports-'));
afterAll(() => rmSync(folder, { recursive: true }));

const setOf = (...records: RecordSet['records']): RecordSet => ({ format: 1, records, notPlayed: [] });
const sample = setOf(sampleRecord(sampleCases));

/** What a server could say that means something to one of the readers. */
const nasty =
  '\x1b[2J\n::error::x\r\n</code></details><script>|`**@all** #1 %0A # TODO x\u202e\n  ...\nnot ok 7\n';
const hostileCase: CaseResult = {
  ...passed,
  id: 'a/hostile',
  title: nasty,
  verdict: 'fail',
  reason: nasty,
  failure: { kind: 'mismatch', expected: nasty, nearest: nasty, message: nasty },
};
const hostile: RecordSet = {
  format: 1,
  records: [
    sampleRecord([hostileCase, { ...hostileCase, id: 'a/known', knownFailing: { reason: nasty } }], {
      target: { ...sampleRecord([]).target, title: nasty, product: { name: nasty, version: nasty } },
    }),
  ],
  notPlayed: [{ target: 'b', title: nasty, reason: nasty }],
};

const flaky: CaseResult = { ...passed, id: 'a/flaky', verdict: 'flaky', attempts: ['fail', 'pass'] };

describe('the Markdown summary', () => {
  it('counts the verdicts, and tells what fails the run', () => {
    const text = summaryMarkdown(sample);
    expect(text).toContain('| target | pass | fail | warn | unsupported | inconclusive | known to fail | |');
    expect(text).toContain('| Example (exampled 1.2) | 1 | 2 | 1 | 1 | 1 | 1 | ❌ not conformant |');
    expect(text).toContain('### 2 failures\n\n- <code>rfc6121/message-routing/id-is-kept</code>');
    expect(text).toContain(
      'RFC 6121 section 8.5.2.1.1, <code>suites/xmpp/rfc6121/message-routing.yaml:15</code>',
    );
    expect(text).toContain(
      '<details><summary>1 known failure</summary>\n\n- <code>rfc6120/sasl/external</code>: External',
    );
  });

  it('shows what is flaky, and what was pending', () => {
    const text = summaryMarkdown(setOf(sampleRecord([flaky], { interrupted: true, pending: ['a/b'] })));
    expect(text).toContain('### 1 flaky\n\n- <code>a/flaky</code> on example: fail, pass');
    expect(text).toContain('<summary>1 pending case</summary>\n\n- <code>a/b</code>: the run ended before');
    expect(text).toContain('stopped before its end');
  });

  it('names a reason once, however many cases it stands for', () => {
    const known = { verdict: 'fail', knownFailing: { reason: 'as ever' } } as const;
    const cases = ['a', 'b', 'c'].map((id) => ({ ...passed, ...known, id: `s/${id}` }));
    expect(summaryMarkdown(setOf(sampleRecord(cases)))).toContain('- <code>s/a</code> and 2 more: as ever\n');
  });

  it('lists a warning that fails the run among the failures alone', () => {
    const warned = sampleCases.find(({ verdict }) => verdict === 'warn') ?? passed;
    const text = summaryMarkdown(setOf(sampleRecord([warned])), { strict: true });
    expect(text).toContain(`### 1 failure\n\n- <code>${warned.id}</code> (warn)`);
    expect(text).not.toContain('1 warning');
  });

  it('has nobody mentioned, whom an entity alone would not keep GitHub from finding', () => {
    const text = summaryMarkdown(setOf(sampleRecord([{ ...hostileCase, title: 'hi @all, see #12' }])));
    expect(text).toContain('hi &#64;&#8203;all, see &#35;&#8203;12');
  });

  it('holds nothing of a server that is markup', () => {
    const text = summaryMarkdown(hostile);
    expect(text).not.toMatch(/[\x1b\u202e`]|<script|@all|\*\*|^(::|not ok)/m);
    expect(text.match(/<details>/g)).toHaveLength(1);
    expect(text.match(/<\/details>/g)).toHaveLength(1);
  });
});

describe('annotations of GitHub', () => {
  it('stand at the line of the step that failed, worst first', () => {
    expect(annotations(sample)).toEqual([
      expect.stringMatching(
        /^::error file=suites\/xmpp\/rfc6121\/message-routing\.yaml,line=15,col=9,title=rfc6121\/message-routing\/id-is-kept on example%3A fail::The id of a message reaches its addressee \(RFC 6121 section 8\.5\.2\.1\.1\): juliet received/,
      ),
      expect.stringMatching(
        /^::error file=.*,line=8,title=rfc6120\/sasl\/plain on example%3A inconclusive::/,
      ),
      expect.stringMatching(/^::warning file=/),
    ]);
  });

  it('are as many as GitHub shows, the last of them with the number of the others', () => {
    const cases = Array.from({ length: 30 }, (_, index) => ({ ...hostileCase, id: `a/${index}` }));
    const lines = annotations(setOf(sampleRecord(cases)));
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe('::error::21 more of this kind: the reports hold them');
  });

  it('are one line each, whatever a server said', () => {
    for (const line of annotations(hostile)) {
      expect(line).toMatch(/^::error [^\n\r]*$/);
      expect(line).not.toMatch(/[\x1b\u202e]/);
      expect(line).toContain('%250A');
    }
  });

  it('come with the summary of the step, behind what stands there', async () => {
    const file = join(folder, 'step.md');
    writeFileSync(file, 'earlier\n');
    const printed: string[] = [];
    const context = {
      out: folder,
      strictness: {},
      version: '0',
      environment: { GITHUB_STEP_SUMMARY: file },
      writes: () => {},
    };
    await githubReporter(context, (text) => printed.push(text)).onEnd?.(sample);
    expect(readFileSync(file, 'utf8')).toBe(`earlier\n${summaryMarkdown(sample)}`);
    const nowhere = { ...context, environment: { GITHUB_STEP_SUMMARY: join(folder, 'no', 'step.md') } };
    expect(() => githubReporter(nowhere, () => {}).onEnd?.(sample)).toThrow(UnwritableFileError);
    expect(printed.join('')).toBe(`${annotations(sample).join('\n')}\n`);
  });
});

describe('TAP', () => {
  const points = (text: string) => text.split('\n').filter((line) => /^(not )?ok/.test(line));

  it('has a line for each case, with what is known to fail to do and what is unsupported skipped', () => {
    const text = tap(sample);
    expect(text).toMatch(/^TAP version 14\n1\.\.6\n/);
    expect(points(text)).toEqual([
      'ok 1 - rfc6121/message-routing/chat-to-bare-address',
      'not ok 2 - rfc6121/message-routing/id-is-kept',
      expect.stringMatching(/^ok 3 - /),
      'ok 4 - xep-0198/resumption/resumes # SKIP the target does not offer stream-resumption',
      'not ok 5 - rfc6120/sasl/plain',
      'not ok 6 - rfc6120/sasl/external # TODO External accounts are not mapped',
    ]);
  });

  it('has YAML that says why', () => {
    const block = /not ok 2 [^\n]*\n {2}---\n(.*?) {2}\.\.\./s.exec(tap(sample))?.[1] ?? '';
    expect(parse(block)).toMatchObject({
      verdict: 'fail',
      message: 'juliet received a message, but not this one',
      at: 'suites/xmpp/rfc6121/message-routing.yaml:15',
    });
  });

  it('has as many points as it says, whatever a server said', () => {
    const text = tap(hostile);
    expect(text).toContain('\n1..3\n');
    expect(points(text)).toHaveLength(3);
    expect(text).not.toMatch(/[\x1b\u202e]/);
    expect(points(text).join('\n')).not.toMatch(/[^\\]# TODO x/);
  });
});

describe('the Common Test Report Format', () => {
  it('counts and lists the tests', () => {
    const { results } = JSON.parse(ctrf(sample, {}, '0.1.0'));
    expect(results.tool).toEqual({ name: 'touchstone', version: '0.1.0' });
    expect(results.summary).toMatchObject({
      tests: 6,
      passed: 2,
      failed: 2,
      skipped: 1,
      other: 1,
      pending: 0,
    });
    expect(results.summary.stop - results.summary.start).toBe(1_234);
    expect(results.tests[1]).toMatchObject({
      name: 'rfc6121/message-routing/id-is-kept',
      status: 'failed',
      rawStatus: 'fail',
      suite: ['example', 'rfc6121/message-routing'],
      filePath: 'suites/xmpp/rfc6121/message-routing.yaml',
      line: 15,
    });
  });

  it('shows what cannot be seen as escapes, whatever a server said', () => {
    const text = ctrf(hostile, {}, '0');
    expect(text).not.toMatch(/\\u001b|\u202e/);
    expect(JSON.parse(text).results.tests[0].message).toContain('\\x1b[2J');
  });

  it('knows what is flaky', () => {
    const { results } = JSON.parse(ctrf(setOf(sampleRecord([flaky])), {}, '0'));
    expect(results.tests[0]).toMatchObject({ status: 'passed', flaky: true, retries: 1 });
  });
});

/** Every case passed; none of these runs did. */
describe.each<[string, RecordSet, string, number]>([
  ['lists what is no case', setOf(sampleRecord([passed], { staleKnownFailing: ['a/gone'] })), 'a/gone', 1],
  [
    'ended before its end',
    setOf(sampleRecord([passed], { interrupted: true, pending: ['a/b', 'a/c'] })),
    'before 2 cases were played',
    130,
  ],
  ['ended behind its last case', setOf(sampleRecord([passed], { interrupted: true })), 'it was stopped', 130],
  [
    'came to another verdict in another round',
    setOf(sampleRecord([passed], { round: 1 }), sampleRecord([{ ...passed, verdict: 'warn' }], { round: 2 })),
    'warn in round 2; pass in round 1',
    1,
  ],
  [
    'lacks a target',
    { ...setOf(sampleRecord([passed])), notPlayed: [{ target: 'b', title: 'B', reason: 'does not start' }] },
    'does not start',
    3,
  ],
])('a run that %s', (_what, set, why, code) => {
  it('is green in no report', () => {
    expect(exitCodeForSet(set)).toBe(code);
    expect(junitXmlOfSet(set)).toMatch(/<(failure|error) [^>]*message="/);
    expect(junitXmlOfSet(set)).toContain(why);
    expect(tap(set)).toMatch(/^not ok (?!.*# TODO)/m);
    expect(tap(set)).toContain(why);
    const { results } = JSON.parse(ctrf(set, {}, '0'));
    expect(results.summary.failed).toBe(1);
    expect(JSON.stringify(results.tests)).toContain(why);
    expect(annotations(set).filter((line) => line.startsWith('::error'))).toEqual([
      expect.stringContaining(why),
    ]);
    expect(badge(set)).not.toContain('#2da44e');
  });
});

describe('the badge', () => {
  it('says that not all cases were asked for', () => {
    const text = badge(setOf(sampleRecord([passed], { selection: { only: ['a'] } })));
    expect(text).toContain('<title>touchstone: 1 of 1 chosen</title>');
  });

  it.each([
    ['passes', [passed], 'touchstone: 1 of 1', '#2da44e'],
    ['fails', sampleCases, 'touchstone: 2 of 5', '#cf222e'],
    ['fails as it is known to', [passed, ...sampleCases.slice(-1)], 'touchstone: 1 of 2, 1 known', '#2da44e'],
    ['has played nothing', [], 'touchstone: unknown', '#6e7781'],
  ])('of a run that %s', (_what, cases, title, colour) => {
    const text = badge(setOf(sampleRecord(cases)));
    expect(text).toContain(`<title>${title}</title>`);
    expect(text).toContain(colour);
  });
});
