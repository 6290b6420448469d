import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaseResult, RunRecord } from './record.schema.ts';
import { InvalidRecordError, readRecord, writeRecord } from './record-file.ts';
import { exitCodeFor, summarize } from './summary.ts';
import { Transcript } from './transcript.ts';

const base: CaseResult = {
  id: 'a/b',
  suite: 'a',
  title: 't',
  file: 'f',
  line: 1,
  covers: [],
  level: 'MUST',
  verdict: 'pass',
  durationMs: 1,
};

function recordOf(cases: CaseResult[], more: Partial<RunRecord> = {}): RunRecord {
  return {
    format: 1,
    touchstone: { version: '0' },
    suites: { digest: 'sha256:0' },
    target: {
      name: 'x',
      title: 'X',
      product: { name: 'X' },
      capabilities: { claimed: [], offered: [], findings: [] },
    },
    environment: { node: 'v20', platform: 'linux' },
    started: '2026-01-01T00:00:00.000Z',
    durationMs: 1,
    phases: { startMs: 0, probeMs: 0, playMs: 0, stopMs: 0 },
    summary: summarize(cases),
    conformant: true,
    cases,
    ...more,
  };
}

describe('the exit code', () => {
  const known = { reason: 'known since long' };
  it.each<[string, CaseResult[], Partial<RunRecord>, number]>([
    ['0 when all pass', [base], {}, 0],
    ['1 for a fail', [{ ...base, verdict: 'fail' }], {}, 1],
    ['1 for inconclusive', [{ ...base, verdict: 'inconclusive' }], {}, 1],
    ['0 for a warn', [{ ...base, verdict: 'warn' }], {}, 0],
    ['0 for unsupported', [{ ...base, verdict: 'unsupported' }], {}, 0],
    ['0 for a known failure', [{ ...base, verdict: 'fail', knownFailing: known }], {}, 0],
    [
      '1 for an inconclusive case that is known to fail',
      [{ ...base, verdict: 'inconclusive', knownFailing: known }],
      {},
      1,
    ],
    ['1 for an unexpected pass', [{ ...base, knownFailing: known, unexpectedPass: true }], {}, 1],
    ['1 for an entry that names no case', [base], { staleKnownFailing: ['c/d'] }, 1],
    ['4 for an error', [{ ...base, verdict: 'error' }], {}, 4],
    ['130 when it was stopped', [base], { interrupted: true }, 130],
  ])('is %s', (_what, cases, more, code) => {
    expect(exitCodeFor(recordOf(cases, more))).toBe(code);
  });

  it('counts warn with --strict, and what --fail-on names', () => {
    expect(exitCodeFor(recordOf([{ ...base, verdict: 'warn' }]), { strict: true })).toBe(1);
    expect(exitCodeFor(recordOf([{ ...base, verdict: 'unsupported' }]), { failOn: ['unsupported'] })).toBe(1);
  });
});

describe('a record file', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'touchstone-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is read as it was written', async () => {
    const file = join(folder, 'deep', 'record.json');
    const record = recordOf([base]);
    await writeRecord(file, record);
    expect(await readRecord(file)).toEqual(record);
  });

  it.each(['', '{"format": 2}', '[]', 'nonsense'])('is refused when it holds %j', async (text) => {
    const file = join(folder, 'record.json');
    await writeFile(file, text);
    await expect(readRecord(file)).rejects.toThrow(InvalidRecordError);
  });
});

describe('a transcript', () => {
  it('keeps the beginning and the end of a flood, and counts the rest', () => {
    const transcript = new Transcript();
    for (let n = 0; n < 5_000; n++) transcript.bytes('romeo', 'received', Buffer.from(String(n)));
    const { transcript: entries, omitted } = transcript.toEvidence();
    expect(entries.length).toBeLessThan(700);
    expect(entries[0]?.text).toBe('0');
    expect(entries.at(-1)?.text).toBe('4999');
    expect(entries.length + (omitted?.entries ?? 0)).toBe(5_000);
  });

  it('shows what is no text in hexadecimal, and a long chunk by its beginning', () => {
    const transcript = new Transcript();
    transcript.bytes('romeo', 'received', Buffer.from([0, 1, 255]));
    transcript.bytes('romeo', 'received', Buffer.alloc(1_000_000, 'é'));
    const [binary, long] = transcript.toEvidence().transcript;
    expect(binary).toMatchObject({ hex: '0001ff', bytes: 3 });
    expect(long?.bytes).toBe(1_000_000);
    expect(long?.text?.length).toBeLessThan(5_000);
  });
});
