import { createRequire } from 'node:module';
import type { Builder, TestCase, TestSuite } from 'junit-report-builder';
import type { CaseResult, Failure, RunRecord, TranscriptEntry } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { failsRun, isKnownFailure, type Strictness } from '../record/summary.ts';
import { printable } from './printable.ts';
import { type Trouble, troublesOfNoRecord, troublesOfRecord } from './troubles.ts';

/** The package is CommonJS whose only export is a builder, which its types do not say. */
const junit = createRequire(import.meta.url)('junit-report-builder') as Builder;

/** Of one transcript so many characters go into the report: some of its beginning, more of its end. */
const shownBeginning = 5_000;
const shownEnd = 25_000;

/**
 * The record as JUnit XML: a testsuite per suite file, times in seconds, `failure` for fail, `error` for inconclusive
 * and error, `skipped` for unsupported and for what is known to fail. Whatever else fails the run, by `strictness` or
 * beside its cases, is a `failure` or an `error` too, so that no reader sees green where the exit code is not 0. Valid whatever octets a server sent.
 */
export function junitXml(record: RunRecord, strictness: Strictness = {}): string {
  const builder = junit.newBuilder().name(attribute(`touchstone ${record.target.title}`));
  addRecord(builder, record, '', strictness);
  return builder.build();
}

/** As `junitXml`: the names of suites begin with their target's; a target that was not played is an error. */
export function junitXmlOfSet(set: RecordSet, strictness: Strictness = {}): string {
  const builder = junit.newBuilder().name('touchstone');
  for (const record of set.records) {
    const round = record.round === undefined ? '' : `round-${record.round}/`;
    addRecord(builder, record, `${record.target.name}/${round}`, strictness);
  }
  for (const one of troublesOfNoRecord(set)) {
    const name = `${one.target}/${suitesOfTroubles[one.kind]}`;
    describeTrouble(builder.testSuite().name(attribute(name)).testCase(), one, name);
  }
  return builder.build();
}

function addRecord(builder: Builder, record: RunRecord, prefix: string, strictness: Strictness): void {
  for (const [name, cases] of bySuite(record.cases)) {
    const suite = addSuite(builder, `${prefix}${name}`, record).time(
      seconds(cases.reduce((sum, one) => sum + one.durationMs, 0)),
    );
    for (const one of cases) describeCase(suite.testCase(), one, strictness, prefix);
  }
  const suites = new Map<string, TestSuite>();
  for (const one of troublesOfRecord(record)) {
    const name = `${prefix}${suitesOfTroubles[one.kind]}`;
    const suite = suites.get(name) ?? addSuite(builder, name, record).time(0);
    suites.set(name, suite);
    describeTrouble(suite.testCase(), one, name);
  }
}

function bySuite(cases: readonly CaseResult[]): Map<string, CaseResult[]> {
  const suites = new Map<string, CaseResult[]>();
  for (const one of cases) {
    const suite = suites.get(one.suite);
    if (suite) suite.push(one);
    else suites.set(one.suite, [one]);
  }
  return suites;
}

function addSuite(
  builder: Builder,
  name: string,
  { target, started, touchstone, suites }: RunRecord,
): TestSuite {
  const { name: product, version } = target.product;
  const suite = builder
    .testSuite()
    .name(attribute(name))
    // The format's own schema takes neither fractions nor zones; it is UTC.
    .timestamp(attribute(started.slice(0, 19)))
    .property('target', attribute(target.title))
    .property('product', attribute(version === undefined ? product : `${product} ${version}`))
    .property('touchstone', attribute(touchstone.version))
    .property('suites', attribute(suites.digest));
  if (target.image) suite.property('image', attribute(`${target.image.name} ${target.image.id}`));
  return suite;
}

function describeCase(test: TestCase, one: CaseResult, strictness: Strictness, prefix: string): void {
  test
    .className(attribute(`${prefix}${one.suite}`))
    .name(attribute(one.id.startsWith(`${one.suite}/`) ? one.id.slice(one.suite.length + 1) : one.id))
    .time(seconds(one.durationMs))
    .file(attribute(one.file))
    .property('title', attribute(one.title))
    .property('line', String(one.line))
    .property('verdict', one.verdict)
    .property('level', one.level);
  for (const { id, specification, section, summary } of one.covers)
    test
      .property('requirement', attribute(id))
      .property(attribute(id), attribute(`${specification} section ${section}: ${summary}`));
  judge(test, one, strictness);
  if (one.evidence && one.verdict !== 'pass') test.standardOutput(content(transcriptText(one.evidence)));
}

function judge(test: TestCase, one: CaseResult, strictness: Strictness): void {
  const text = one.reason ?? one.failure?.message ?? one.verdict;
  const message = attribute(text);
  const explanation = content(details(one));
  if (one.unexpectedPass) test.failure('it is listed in known-failing.yaml, and passes', 'unexpected pass');
  else if (isKnownFailure(one)) skip(test, `known to fail: ${one.knownFailing?.reason ?? ''}`);
  else if (one.verdict === 'inconclusive' || one.verdict === 'error')
    test.error(message, one.verdict, explanation);
  else if (failsRun(one, strictness) && one.verdict !== 'pass')
    test.failure(message, one.failure?.kind ?? one.verdict).stacktrace(explanation);
  else if (one.verdict === 'unsupported') skip(test, text);
  else if (one.verdict === 'flaky')
    test.standardError(content(`flaky: attempts came to ${one.attempts?.join(', ')}\n${details(one)}`));
  else if (one.verdict === 'warn') test.standardError(content(`warn: ${text}\n${details(one)}`));
}

/** The builder writes `<skipped/>` without words, so the reason is added where readers show it, and as a property. */
function skip(test: TestCase, why: string): void {
  test.skipped().property('reason', attribute(why));
  const build = test.build.bind(test);
  test.build = (parent) => {
    const element = build(parent);
    const skipped = element.children.find((child) => 'name' in child && child.name === 'skipped');
    (skipped as typeof element | undefined)?.att('message', attribute(why));
    return element;
  };
}

/** What fails the run and is of no case stands in suites of these names. */
const suitesOfTroubles: Readonly<Record<Trouble['kind'], string>> = {
  'stale entry': 'known-failing',
  pending: 'pending',
  interrupted: 'run',
  flake: 'rounds',
  'not played': 'run',
};

function describeTrouble(test: TestCase, { kind, name, message }: Trouble, suite: string): void {
  test.className(attribute(suite)).name(attribute(name)).time(0);
  // That the run did not come to its end is an error already: not one more for each case that is left.
  if (kind === 'pending') skip(test, message);
  else if (kind === 'stale entry' || kind === 'flake') test.failure(attribute(message), kind);
  else test.error(attribute(message), kind, content(message));
}

function details({ failure, reason }: CaseResult): string {
  const lines = reason === undefined ? [] : [reason];
  if (failure && !reason?.includes(failure.message)) lines.push(failure.message);
  if (failure) lines.push(...failureLines(failure));
  const text = lines.join('\n');
  return text.length > shownEnd ? `${text.slice(0, shownEnd)}\n(cut: the record holds more)` : text;
}

function failureLines(failure: Failure): string[] {
  const { expected, nearest, differences = [], step, localPort } = failure;
  const lines = [`expected: ${expected}`];
  if (nearest !== undefined) lines.push(`nearest that came: ${nearest}`);
  for (const { path, expected: wanted, actual } of differences)
    lines.push(`  ${path}: expected ${wanted}, got ${actual ?? 'nothing'}`);
  if (step) lines.push(`at ${step.file}:${step.line}:${step.column}`, `  ${step.sentence}`);
  if (localPort !== undefined) lines.push(`local port ${localPort}`);
  return lines;
}

function transcriptText({ transcript, omitted, serverLog }: NonNullable<CaseResult['evidence']>): string {
  const lines = transcript.map(entryText);
  if (omitted)
    lines.splice(omitted.after, 0, `(${omitted.entries} entries of ${omitted.bytes} bytes left out)`);
  const text = lines.join('\n');
  const left = text.length - shownBeginning - shownEnd;
  const shown =
    left > 0
      ? `${text.slice(0, shownBeginning)}\n(${left} characters left out: the record holds them)\n${text.slice(-shownEnd)}`
      : text;
  const log = serverLog ?? [];
  return log.length > 0 ? `${shown}\n\nthe server's log:\n${log.join('\n').slice(-shownEnd)}` : shown;
}

const arrows = { sent: '>', received: '<', event: '-', step: '#' } as const;

function entryText({ at, actor, direction, text, hex, bytes, omittedBytes }: TranscriptEntry): string {
  const shown = text ?? (hex === undefined ? '' : `${bytes} bytes: ${hex}`);
  const note = omittedBytes === undefined ? '' : ` (${omittedBytes} more bytes)`;
  return `${at.toFixed(1)} ms ${actor} ${arrows[direction]} ${shown}${note}`;
}

/** JUnit's times are in seconds; the record's have a precision of a tenth of a millisecond. */
function seconds(milliseconds: number): number {
  return Math.round(milliseconds * 10) / 10_000;
}

/** Longer messages make reports hard to read, and some readers refuse them. */
const longestAttribute = 2_000;

function attribute(text: string): string {
  return xmlText(text.length > longestAttribute ? `${text.slice(0, longestAttribute)}…` : text);
}

/** Text for a CDATA section, which `]]>` would end. The builder takes care of the first one only. */
function content(text: string): string {
  return xmlText(text).replaceAll(']]>', ']] >');
}

/**
 * Text that XML 1.0 can hold (section 2.2). `printable` escapes more than XML demands, but messages of JUnit reports end
 * on terminals too.
 */
export function xmlText(text: string): string {
  return printable(text.replaceAll('\r\n', '\n'));
}
