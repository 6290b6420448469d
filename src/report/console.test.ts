import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import type { CaseResult } from '../record/record.schema.ts';
import { ConsoleReporter } from './console.ts';
import { passed, sampleCases, sampleRecord, startOf } from './test-support.ts';

/** A terminal, or a file, that remembers what was written. */
class Memory extends Writable {
  text = '';
  readonly isTTY: boolean;
  readonly columns = 60;

  constructor(isTTY = false) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string | Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

const source = "      - juliet receives: <message from='{romeo.full}' id='{#m}'/>";
const settings = { environment: {}, sourceLine: () => source };

function report(
  cases: CaseResult[],
  options: { tty?: boolean; environment?: NodeJS.ProcessEnv } = {},
): string {
  const output = new Memory(options.tty);
  const { environment = {} } = options;
  const reporter = new ConsoleReporter({
    ...settings,
    environment,
    output,
    files: ['out/record.json', 'out/junit.xml'],
  });
  reporter.onRunStart(startOf('Example', 'exampled 1.2', cases.length));
  for (const one of cases) {
    reporter.onCaseStart(one.id);
    reporter.onCaseEnd(one);
  }
  reporter.onRunEnd(sampleRecord(cases));
  return output.text;
}

it('tells a run from beginning to end', () => {
  expect(`\n${report(sampleCases)}`).toMatchInlineSnapshot(`
    "
    Example (exampled 1.2), 6 cases

    FAIL rfc6121/message-routing/id-is-kept
      The id of a message reaches its addressee
      rfc6121/8.5.2.1.1-chat (RFC 6121 section 8.5.2.1.1, MUST)
        A chat message to a bare JID goes to the most available resource
      at suites/xmpp/rfc6121/message-routing.yaml:15:9
        15 |       - juliet receives: <message from='{romeo.full}' id='{#m}'/>
           |         ^
      juliet received a message, but not this one
      - expected  + nearest that came
        - <message from='romeo@house/a' id='m1'>
        + <message from='romeo@house/a' id='m2'>
          <body>Wherefore</body>
          </message>
        /message/@id: expected m1, got m2
      local port 51234
      the last of the wire:
           0.1 ms  ▸ romeo sends
           0.4 ms  romeo → <message to='juliet@house' id='m1'>
           9.8 ms  juliet ← \\x1b[2J\\u{202e}<message/>
          12.0 ms  juliet ← 2 bytes: 00ff
          15.2 ms  juliet · connection ended (end)

    WARN rfc6121/message-routing/error-to-nobody
      A message to an account that is not there is answered with an error
      rfc6121/8.5.2.1.1-chat (RFC 6121 section 8.5.2.1.1, MUST)
        A chat message to a bare JID goes to the most available resource
      at suites/xmpp/rfc6121/message-routing.yaml:31:9
         romeo receives
      nothing came within 5 s
      expected: <message type='error'/>
                or <presence/>
      local port 51240

    INCONCLUSIVE rfc6120/sasl/plain
      PLAIN signs in
      set-up failed: connection refused
      expected: romeo to be connected

    suite                     pass   fail   warn  unsupported  inconclusive
    rfc6121/message-routing      1      1      1            ·             ·
    xep-0198/resumption          ·      ·      ·            1             ·
    rfc6120/sasl                 ·      1      ·            ·             1
    all                          1      2      1            1             1

    not offered by the target, so not played:
      stream-resumption (1 case)
    1 pass, 2 fail, 1 warn, 1 unsupported, 1 inconclusive, of these 1 known to fail in 1.2 s
    wrote out/record.json and out/junit.xml
    Example: not conformant
    "
  `);
});

it('has nothing to add where all pass', () => {
  expect(`\n${report([passed])}`).toMatchInlineSnapshot(`
    "
    Example (exampled 1.2), 1 case

    suite                     pass
    rfc6121/message-routing      1

    1 pass in 1.2 s
    wrote out/record.json and out/junit.xml
    Example: conformant
    "
  `);
});

describe('colours', () => {
  it('are for terminals, unless NO_COLOR says no or FORCE_COLOR yes', () => {
    const coloured = (tty: boolean, environment: NodeJS.ProcessEnv) =>
      report([passed], { tty, environment }).includes('\x1b[32mconformant');
    expect(coloured(true, {})).toBe(true);
    expect(coloured(false, {})).toBe(false);
    expect(coloured(true, { NO_COLOR: '1' })).toBe(false);
    expect(coloured(true, { NO_COLOR: '' })).toBe(true);
    expect(coloured(false, { FORCE_COLOR: '1' })).toBe(true);
    expect(coloured(true, { FORCE_COLOR: '0' })).toBe(false);
    expect(coloured(true, { TERM: 'dumb' })).toBe(false);
  });

  it('say what is expected and what came', () => {
    const text = report(sampleCases, { environment: { FORCE_COLOR: '1' } });
    expect(text).toContain('expected \x1b[32mm1\x1b[39m, got \x1b[31mm2\x1b[39m');
  });
});

describe('progress on a terminal', () => {
  it('is drawn in place and taken away', () => {
    const output = new Memory(true);
    const reporter = new ConsoleReporter({ ...settings, environment: { NO_COLOR: '1' }, output });
    reporter.onProgress(`building \x1b[31m an image ${'with a very long name '.repeat(10)}`);
    reporter.onRunStart(startOf('Example', 'exampled', 1_000));
    for (let n = 0; n < 1_000; n++) {
      reporter.onCaseStart(`a/${n}`);
      reporter.onCaseEnd({ ...passed, id: `a/${n}` });
    }
    reporter.erase();
    expect(screenOf(output.text)).toEqual(['Example (exampled), 1000 cases', '']);
    // Of a thousand ends hardly any is drawn.
    expect(output.text.split('/1000').length).toBeLessThan(50);
    expect(output.text).toContain('building \\x1b[31m an image');
    for (const line of output.text.split(/[\r\n]|\x1b\[2K/)) expect(line.length).toBeLessThan(60);
  });

  it('gives way to whatever else is written, to the same stream or to another one', () => {
    const output = new Memory(true);
    const other = new Memory();
    const write = output.write;
    const reporter = new ConsoleReporter({ ...settings, output, others: [other] });
    reporter.onProgress('starting');
    other.write('a warning\n');
    expect(screenOf(output.text)).toEqual(['']);
    output.write('a word\n');
    reporter.onProgress('waiting');
    reporter.erase();
    expect(screenOf(output.text)).toEqual(['a word', '']);
    expect(output.write).toBe(write);
    expect(other.text).toBe('a warning\n');
  });

  it('names the case that has been running longest', () => {
    const output = new Memory(true);
    const reporter = new ConsoleReporter({ ...settings, output });
    reporter.onRunStart(startOf('Example', 'exampled', 3));
    for (const id of ['a/1', 'a/2', 'a/3']) reporter.onCaseStart(id);
    reporter.onCaseEnd({ ...passed, id: 'a/2' });
    expect(screenOf(output.text).at(-1)).toBe('1/3  1 pass  a/1');
    reporter.erase();
  });
});

describe('a log', () => {
  it('gets a line now and then instead of progress', () => {
    const lines = report(Array.from({ length: 120 }, (_, n) => ({ ...passed, id: `a/${n}` }))).split('\n');
    expect(lines.slice(0, 3)).toEqual(['Example (exampled 1.2), 120 cases', '50/120', '100/120']);
  });

  it('is short where that is wanted', () => {
    const output = new Memory();
    const reporter = new ConsoleReporter({ ...settings, output, quiet: true });
    reporter.onProgress('starting');
    reporter.onRunStart(startOf('Example', 'exampled', 1));
    reporter.onCaseEnd(passed);
    reporter.onRunEnd(sampleRecord([passed]));
    expect(output.text).toBe('Example (exampled), 1 case\n\n1 pass in 1.2 s\nExample: conformant\n');
  });
});

describe('the last line', () => {
  const last = (cases: CaseResult[], more = {}, strictness = {}) => {
    const output = new Memory();
    new ConsoleReporter({ ...settings, output, strictness }).onRunEnd(sampleRecord(cases, more));
    return output.text.trimEnd().split('\n').at(-1);
  };
  it('says what comes of the run', () => {
    expect(last([passed])).toBe('Example: conformant');
    expect(last([{ ...passed, verdict: 'fail' }])).toBe('Example: not conformant');
    expect(last([{ ...passed, verdict: 'warn' }])).toBe('Example: conformant');
    expect(last([{ ...passed, verdict: 'warn' }], {}, { strict: true })).toBe('Example: not conformant');
    expect(last([{ ...passed, verdict: 'error' }])).toBe(
      'Touchstone itself went wrong: no verdict on the server',
    );
    expect(last([passed], { staleKnownFailing: ['a'] })).toBe('Example: not conformant');
    expect(last([passed], { selection: { only: ['a'] } })).toBe('Example: conformant, in the cases chosen');
    const shard = { number: 2, of: 5, places: [0] };
    expect(last([passed], { shard })).toBe('Example: conformant, in shard 2 of 5');
    expect(last([passed], { interrupted: true })).toBe('stopped before all cases were played');
  });
});

it('tells an unexpected pass, and a stale entry', () => {
  const output = new Memory();
  const one = {
    ...passed,
    unexpectedPass: true,
    knownFailing: { reason: 'it was so', link: 'https://example.org/1' },
  };
  new ConsoleReporter({ ...settings, output, quiet: true }).onRunEnd(
    sampleRecord([one], { staleKnownFailing: ['a/gone'] }),
  );
  expect(`\n${output.text}`).toMatchInlineSnapshot(`
    "

    PASS, but listed as failing: rfc6121/message-routing/chat-to-bare-address
      A chat message to the bare address reaches the most available resource
      rfc6121/8.5.2.1.1-chat (RFC 6121 section 8.5.2.1.1, MUST)
        A chat message to a bare JID goes to the most available resource
      known-failing.yaml says: it was so (https://example.org/1)
      Take the entry away: from then on a failure is noticed again.

    known-failing.yaml names no case: a/gone
    1 pass, 1 listed as failing but passing in 1.2 s
    Example: not conformant
    "
  `);
});

it('says what its verdict leaves out', () => {
  const known: CaseResult = { ...passed, verdict: 'fail', knownFailing: { reason: 'it is so' } };
  const last = (record: Parameters<typeof sampleRecord>) => {
    const output = new Memory();
    new ConsoleReporter({ ...settings, output, quiet: true }).onRunEnd(sampleRecord(...record));
    return output.text.trimEnd().split('\n').at(-1);
  };
  expect(last([[known]])).toBe('Example: conformant, but for 1 known failure');
  expect(last([[passed], { selection: { only: ['a/**'] } }])).toBe(
    'Example: conformant, in the cases chosen',
  );
});

it('names what passed although it is known to fail at times', () => {
  const output = new Memory();
  const one: CaseResult = { ...passed, knownFailing: { reason: 'a race', intermittent: true } };
  new ConsoleReporter({ ...settings, output, quiet: true }).onRunEnd(
    sampleRecord([one], { conformant: true }),
  );
  expect(output.text).toContain(
    `known to fail at times, passed this time: ${one.id}\n1 pass in 1.2 s\nExample: conformant`,
  );
});

it('tells why a warning is tolerated, and compares nothing', () => {
  const output = new Memory();
  const failure: CaseResult['failure'] = {
    kind: 'unexpected',
    expected: 'the outcome that the specification prefers',
    nearest: 'romeo is closed',
    message: 'tolerated: the condition SHOULD be restricted-xml',
    tolerated: 'the condition SHOULD be restricted-xml',
  };
  new ConsoleReporter({ ...settings, output, quiet: true }).onCaseEnd({
    ...passed,
    verdict: 'warn',
    failure,
  });
  expect(output.text.trimEnd().split('\n').at(-1)).toBe(
    '  tolerated: the condition SHOULD be restricted-xml',
  );
});

it('tells warnings of one reason once, and counts the others', () => {
  const warned = (id: string, why: string): CaseResult => ({
    ...passed,
    id,
    verdict: 'warn',
    failure: { kind: 'unexpected', expected: 'a close frame', message: `tolerated: ${why}`, tolerated: why },
  });
  const cases = [
    warned('a/first', 'no close frame'),
    warned('a/other', 'two close frames'),
    warned('a/second', 'no close frame'),
    warned('a/third', 'no close frame'),
  ];
  const text = report(cases);
  expect(text.match(/^WARN \S+/gm)).toEqual(['WARN a/first', 'WARN a/other']);
  expect(text).toContain('\n2 more warnings like that of a/first: no close frame\n');
  expect(text).toContain('4 warn');
  const strict = new Memory();
  const reporter = new ConsoleReporter({ ...settings, output: strict, strictness: { strict: true } });
  for (const one of cases) reporter.onCaseEnd(one);
  expect(strict.text.match(/^WARN \S+/gm)).toHaveLength(4);
});

it('lets no control sequence of a server through', () => {
  const nasty = '\x1b]0;title\x07\x1b[2J\x9b31m\x00\x08\r\u202e\u2066\u200b\ufeff\u2028\ud800';
  const failure: CaseResult['failure'] = {
    kind: 'mismatch',
    step: { sentence: nasty, file: nasty, line: 1, column: 1 },
    expected: nasty,
    nearest: `${nasty}\n${nasty}`,
    differences: [{ path: nasty, expected: nasty, actual: nasty }],
    message: nasty,
  };
  const one: CaseResult = {
    ...passed,
    id: nasty,
    suite: nasty,
    title: nasty,
    verdict: 'fail',
    reason: nasty,
    failure,
    evidence: { transcript: [{ at: 0, actor: nasty, direction: 'received', text: nasty, bytes: 1 }] },
  };
  const cases: CaseResult[] = [
    one,
    { ...one, id: 'b', verdict: 'unsupported', missing: [nasty] },
    { ...one, id: 'c', verdict: 'warn' },
  ];
  const output = new Memory();
  const reporter = new ConsoleReporter({ ...settings, output, files: [nasty], sourceLine: () => nasty });
  reporter.onProgress(nasty);
  reporter.onRunStart(startOf(nasty, nasty, 1));
  reporter.onRunEnd(sampleRecord(cases, { staleKnownFailing: [nasty] }));
  expect(output.text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/);
  expect(output.text).not.toMatch(/[\ud800-\udfff]/u);
});

/** What a terminal shows after this, as far as it only erases its last line. */
function screenOf(text: string): string[] {
  const lines = [''];
  for (const [piece] of text.matchAll(/\r\x1b\[2K|\n|[^\r\n\x1b]+|[\r\x1b]/g)) {
    if (piece === '\n') lines.push('');
    else if (piece === '\r\x1b[2K') lines[lines.length - 1] = '';
    else lines[lines.length - 1] += piece;
  }
  return lines;
}
