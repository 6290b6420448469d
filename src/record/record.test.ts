import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type CaseResult, type RunRecord, recordSchema, writeRecordSchema } from './record.schema.ts';
import { RecordBuilder } from './record-builder.ts';
import {
  InvalidRecordError,
  readRecord,
  UnwritableFileError,
  writeRecord,
  writeWhole,
} from './record-file.ts';
import { exitCodeFor, summarize } from './summary.ts';

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
    phases: { startMs: 0, probeMs: 0, playMs: 0, provisionMs: 0, stopMs: 0 },
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

  it('is read as it was written, and leaves nothing else behind', async () => {
    const file = join(folder, 'deep', 'record.json');
    const record = recordOf([{ ...base, title: '\ud800 \0 "' }]);
    await writeRecord(file, record);
    await writeRecord(file, record);
    expect(await readRecord(file)).toEqual(record);
    expect(await readdir(join(folder, 'deep'))).toEqual(['record.json']);
  });

  it('of a time before there were flaky cases is read', async () => {
    const file = join(folder, 'record.json');
    const { flaky: _flaky, ...summary } = summarize([base]);
    await writeFile(file, JSON.stringify({ ...recordOf([base]), summary }));
    expect((await readRecord(file)).summary).toEqual(summarize([base]));
  });

  it.each([
    ['', 'it is empty'],
    ['nonsense', 'it is not JSON ('],
    ['[]', 'at its top it must be object'],
    ['{"format": 2}', 'its format is 2, of a newer Touchstone; this one reads format 1'],
    [JSON.stringify({ ...recordOf([]), format: 'one' }), 'at /format it must be equal to constant: 1'],
    [JSON.stringify({ ...recordOf([]), more: 1 }), 'at its top it must NOT have additional properties: more'],
    [
      JSON.stringify({ ...recordOf([]), cases: [{ ...base, verdict: 'good' }] }),
      'at /cases/0/verdict it must be equal to one of the allowed values: error, fail, inconclusive, flaky, warn',
    ],
  ])('is refused with the reason: $1', async (text, why) => {
    const file = join(folder, 'record.json');
    await writeFile(file, text);
    const error = await readRecord(file).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(InvalidRecordError);
    expect(String(error)).toContain(`${file} is no record of Touchstone: ${why}`);
  });

  it('that is not there is named', async () => {
    await expect(readRecord(join(folder, 'none.json'))).rejects.toThrow('there is no such file');
  });

  it('that cannot be written is named, and leaves nothing behind', async () => {
    const file = join(folder, 'taken');
    await mkdir(join(file, 'by a folder'), { recursive: true });
    await expect(writeWhole(file, 'text')).rejects.toThrow(UnwritableFileError);
    await expect(writeWhole(file, 'text')).rejects.toThrow(`${file} cannot be written: `);
    expect(await readdir(folder)).toEqual(['taken']);
  });
});

describe('the schema', () => {
  it('is what record.schema.json says; if not: npm run generate', () => {
    expect(readFileSync(new URL('record.schema.json', import.meta.url), 'utf8')).toBe(writeRecordSchema());
  });

  it('allows no unknown key anywhere', () => {
    const loose: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (value === null || typeof value !== 'object') return;
      if ('properties' in value && !('additionalProperties' in value)) loose.push(path);
      for (const [key, item] of Object.entries(value)) visit(item, `${path}/${key}`);
    };
    visit(recordSchema, '');
    expect(loose).toEqual([]);
  });
});

describe('a record builder', () => {
  const { touchstone, suites, target, environment, started } = recordOf([]);
  const facts = { touchstone, suites, target, environment, started };
  const phases = { startMs: 1, probeMs: 1, playMs: 1, provisionMs: 1, stopMs: 1 };

  it('counts, judges and orders what it is given', () => {
    const builder = new RecordBuilder(facts);
    builder.add({ ...base, id: 'a/2', verdict: 'unsupported' });
    builder.add({ ...base, id: 'a/1' });
    builder.add({ ...base, id: 'claims/ping', verdict: 'fail' });
    const record = builder.finish({ durationMs: 4, phases }, ['a/1', 'a/2']);
    expect(record.cases.map(({ id }) => id)).toEqual(['claims/ping', 'a/1', 'a/2']);
    expect(record.summary).toMatchObject({ pass: 1, fail: 1, unsupported: 1, error: 0 });
    expect(record.conformant).toBe(false);
  });

  it('is conformant where nothing fails but what is known to fail', () => {
    const builder = new RecordBuilder(facts);
    builder.add({ ...base, verdict: 'fail', knownFailing: { reason: 'known since long' } });
    expect(builder.finish({ durationMs: 4, phases }).conformant).toBe(true);
    expect(builder.finish({ durationMs: 4, phases, staleKnownFailing: ['b'] }).conformant).toBe(false);
    expect(builder.finish({ durationMs: 4, phases, interrupted: true }).conformant).toBe(false);
  });

  it('lets no secret in', () => {
    const builder = new RecordBuilder(facts);
    const clean = builder.add({ ...base, verdict: 'inconclusive', reason: 'Calliope was refused' }, [
      'Calliope',
    ]);
    expect(clean.reason).toBe('[redacted] was refused');
    expect(JSON.stringify(builder.finish({ durationMs: 4, phases }))).not.toContain('Calliope');
  });

  it('takes one result for each case', () => {
    const builder = new RecordBuilder(facts);
    builder.add(base);
    expect(() => builder.add(base)).toThrow('two results for the case a/b');
  });
});
