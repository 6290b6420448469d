import { appendFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { CaseResult } from './record.schema.ts';
import type { RunEnd, RunFacts } from './record-builder.ts';
import { InvalidRecordError, readRecords } from './record-file.ts';
import { RecordStream } from './record-stream.ts';

const facts: RunFacts = {
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
  definitions: [{ file: 'f', line: 1, text: '- id: b' }],
};

const result: CaseResult = {
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

const end: RunEnd = {
  durationMs: 12,
  phases: { startMs: 1, probeMs: 2, playMs: 3, provisionMs: 4, stopMs: 5 },
};

let folder: string;
let file: string;
let stream: RecordStream;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'touchstone-stream-'));
  file = join(folder, 'deeper', 'record.jsonl');
  stream = new RecordStream(file);
});
afterEach(async () => {
  stream.close();
  await rm(folder, { recursive: true });
});

describe('a record that is written while the run goes on', () => {
  it('is the record when the run has ended', async () => {
    stream.run(facts, ['a/c', 'a/b']);
    stream.result(result);
    stream.result({ ...result, id: 'a/c', verdict: 'fail' });
    stream.end({ ...end, staleKnownFailing: ['a/z'] });
    const { records, notPlayed } = await readRecords(join(folder, 'deeper'));
    expect(notPlayed).toEqual([]);
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      ...facts,
      ...end,
      staleKnownFailing: ['a/z'],
      conformant: false,
      summary: { pass: 1, fail: 1 },
      cases: [{ id: 'a/c' }, { id: 'a/b' }],
    });
    expect(records[0]).not.toHaveProperty('interrupted');
    expect(records[0]).not.toHaveProperty('pending');
  });

  it('shows at any time what is known, and what is pending', async () => {
    stream.run(facts, ['a/b', 'a/c', 'a/d']);
    const [begun] = (await readRecords(file)).records;
    expect(begun).toMatchObject({ interrupted: true, pending: ['a/b', 'a/c', 'a/d'], cases: [] });
    stream.result({ ...result, id: 'a/c' });
    const [later] = (await readRecords(file)).records;
    expect(later).toMatchObject({ interrupted: true, pending: ['a/b', 'a/d'], cases: [{ id: 'a/c' }] });
  });

  it('loses no more than the line over which its writer died', async () => {
    stream.run(facts, ['a/b', 'a/c']);
    stream.result(result);
    await appendFile(file, '{"event":"case","at":3,"result":{"id":"a/c","sui');
    const [record] = (await readRecords(file)).records;
    expect(record).toMatchObject({ interrupted: true, pending: ['a/c'], cases: [{ id: 'a/b' }] });
  });

  it('holds several runs, one after another', async () => {
    stream.run({ ...facts, round: 1 }, ['a/b']);
    stream.result(result);
    stream.end(end);
    stream.run({ ...facts, round: 2 }, ['a/b']);
    const { records } = await readRecords(file);
    expect(records.map(({ round, interrupted = false }) => [round, interrupted])).toEqual([
      [1, false],
      [2, true],
    ]);
  });
});

const begun = JSON.stringify({ event: 'run', format: 1, facts, planned: [] });
const caseLine = (of: unknown) => JSON.stringify({ event: 'case', at: 1, result: of });

describe.each([
  ['is empty', '', 'it tells of no run'],
  [
    'begins with a result',
    `${JSON.stringify({ event: 'case', at: 1, result })}\n`,
    'does not begin with the line `run`',
  ],
  ['holds what is not JSON', '{"event":"run"\n', 'its line 1 is no event of a run'],
  ['holds an event that nobody knows', '{"event":"pause"}\n', 'its line 1 is no event of a run'],
  [
    'holds a result that is none',
    `${begun}\n{"event":"case","at":1,"result":{"id":"a","verdict":"pass"}}\n`,
    '/cases/0',
  ],
  [
    'holds evidence that is none',
    `${begun}\n${caseLine({ ...result, evidence: { transcript: [null] } })}\n`,
    '/cases/0/evidence/transcript/0',
  ],
  ['holds a failure that is none', `${begun}\n${caseLine({ ...result, failure: 5 })}\n`, '/cases/0/failure'],
  [
    'holds a case twice',
    `${begun}\n${caseLine(result)}\n${caseLine(result)}\n`,
    'its line 3 is a second result of the case a/b',
  ],
  [
    'is of a newer Touchstone',
    `${begun.replace('"format":1', '"format":2')}\n`,
    'its line 1 is of format 2, of a newer Touchstone',
  ],
])('a file that %s', (_what, text, message) => {
  it('is refused with the reason', async () => {
    await writeFile(file, text);
    await expect(readRecords(file)).rejects.toThrow(InvalidRecordError);
    await expect(readRecords(file)).rejects.toThrow(message);
  });
});
