import { createRequire } from 'node:module';
import type { Builder, TestCase } from 'junit-report-builder';
import type { CaseResult, Failure, RunRecord, TranscriptEntry } from '../record/record.schema.ts';
import { isKnownFailure } from '../record/summary.ts';

/** The package is CommonJS whose only export is a builder, which its types do not say. */
const junit = createRequire(import.meta.url)('junit-report-builder') as Builder;

/** Of one transcript at most so many characters go into the report. */
const longestOutput = 100_000;

/**
 * The record as JUnit XML: a testsuite per suite, `failure` for fail, `error` for inconclusive and error, `skipped`
 * for unsupported and for what is known to fail. Valid whatever octets a server sent.
 */
export function junitXml(record: RunRecord): string {
  const builder = junit.newBuilder();
  const suites = new Map<string, CaseResult[]>();
  for (const one of record.cases) suites.set(one.suite, [...(suites.get(one.suite) ?? []), one]);
  for (const [name, cases] of suites) {
    const suite = builder
      .testSuite()
      .name(xmlText(name))
      .timestamp(record.started)
      .time(seconds(cases.reduce((sum, one) => sum + one.durationMs, 0)));
    suite.property('target', xmlText(record.target.title));
    for (const one of cases) describeCase(suite.testCase(), one);
  }
  return builder.build();
}

function describeCase(test: TestCase, one: CaseResult): void {
  test
    .className(xmlText(one.suite))
    .name(xmlText(one.id.startsWith(`${one.suite}/`) ? one.id.slice(one.suite.length + 1) : one.id))
    .time(seconds(one.durationMs))
    .file(xmlText(`${one.file}:${one.line}`))
    .property('title', xmlText(one.title))
    .property('verdict', one.verdict)
    .property('level', one.level);
  for (const requirement of one.covers) {
    const text = `${requirement.specification} section ${requirement.section}: ${requirement.summary}`;
    test.property('requirement', xmlText(requirement.id)).property(xmlText(requirement.id), xmlText(text));
  }
  judge(test, one);
  if (one.evidence) test.standardOutput(xmlText(transcriptText(one.evidence.transcript)));
}

function judge(test: TestCase, one: CaseResult): void {
  const message = xmlText(one.failure?.message ?? one.reason ?? one.verdict);
  if (one.unexpectedPass) test.failure('it is listed in known-failing.yaml, and passes', 'unexpected pass');
  else if (isKnownFailure(one)) skip(test, `known to fail: ${one.knownFailing?.reason}`);
  else if (one.verdict === 'unsupported') skip(test, message);
  else if (one.verdict === 'fail')
    test.failure(message, one.failure?.kind ?? 'fail').stacktrace(details(one.failure));
  else if (one.verdict === 'inconclusive' || one.verdict === 'error')
    test.error(message, one.verdict, details(one.failure));
  else if (one.verdict === 'warn') test.standardError(`warn: ${message}\n${details(one.failure)}`);
}

/** The builder writes `<skipped/>` without words, so the reason goes where readers show it. */
function skip(test: TestCase, why: string): void {
  test.skipped().property('reason', xmlText(why));
}

function details(failure: Failure | undefined): string {
  if (!failure) return '';
  const lines = [`expected: ${failure.expected}`];
  if (failure.nearest !== undefined) lines.push(`got: ${failure.nearest}`);
  for (const { path, expected, actual } of failure.differences ?? [])
    lines.push(`  ${path}: expected ${expected}, got ${actual ?? '(not there)'}`);
  if (failure.step)
    lines.push(`at ${failure.step.file}:${failure.step.line}:${failure.step.column}`, failure.step.sentence);
  if (failure.localPort !== undefined) lines.push(`local port ${failure.localPort}`);
  return xmlText(lines.join('\n'));
}

function transcriptText(entries: readonly TranscriptEntry[]): string {
  const arrows = { sent: '>', received: '<', event: '-', step: '#' } as const;
  const text = entries
    .map(
      (entry) =>
        `${entry.at.toFixed(1)} ${entry.actor} ${arrows[entry.direction]} ${entry.text ?? entry.hex ?? ''}`,
    )
    .join('\n');
  return text.length > longestOutput ? `${text.slice(0, longestOutput)}\n(cut: the record holds more)` : text;
}

/** JUnit's times are in seconds. */
function seconds(milliseconds: number): number {
  return Math.round(milliseconds) / 1_000;
}

/**
 * Text that XML 1.0 can hold (section 2.2): no control characters, no lone surrogates, no U+FFFE and U+FFFF; what it
 * cannot hold shows as an escape. `]]>` is taken apart, since the output stands in CDATA.
 */
export function xmlText(text: string): string {
  return text
    .replace(/[\ud800-\udfff]/gu, '\ufffd')
    .replace(
      /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]/g,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    .replaceAll(']]>', ']] >');
}
