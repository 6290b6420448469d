import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { SaxesParser } from 'saxes';
import { afterAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { exitCodeForSet, type RecordSet, recordSetSchema } from '../record/record-set.ts';
import { coloursFor } from '../report/colours.ts';
import { junitXmlOfSet } from '../report/junit.ts';
import { setReport } from '../report/set-report.ts';
import { loadSuites } from '../suite/load-suites.ts';
import { loadTarget } from '../target/load-target.ts';
import { run } from './run.ts';
import { runTargets } from './run-targets.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-targets-'));
afterAll(() => rmSync(folder, { recursive: true }));

const colours = coloursFor({}, {});
const suites = loadSuites();

function target(name: string, start: string, endpoints = '') {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `target: ${name}\ntitle: Server ${name}\nproduct: { name: test }\nstart: ${start}\n${endpoints}`,
  );
  return loadTarget(file);
}

async function play(
  targets: ReturnType<typeof target>[],
  only: string[],
  stopped = new AbortController(),
): Promise<RecordSet> {
  const { signal } = stopped;
  const options = {
    suites: await suites,
    selection: { only },
    knownFailing: [],
    version: 'test',
    signal,
    reporters: [],
  };
  return runTargets(targets, (one) => run({ ...options, target: one }), signal);
}

it('a run in rounds has a record of each, in an order of its own', async () => {
  const { signal } = new AbortController();
  const begun: string[][] = [];
  const set = await runTargets(
    [target('again', '{ embedded: {} }')],
    async (one, round) => {
      const order: string[] = [];
      begun.push(order);
      const selection = { only: ['xep-0199/**'] };
      const reporters = [{ onCaseStart: (id: string) => void order.push(id) }];
      const options = { target: one, suites: await suites, selection, knownFailing: [], version: 'test' };
      return run({ ...options, signal, reporters, round, shuffle: `seed/${round}` });
    },
    signal,
    2,
  );
  const [first, second] = set.records;
  expect([first?.round, second?.round, second?.shuffle]).toEqual([1, 2, 'seed/2']);
  expect(first?.cases.map((one) => one.id)).toEqual(second?.cases.map((one) => one.id));
  expect(begun[0]).not.toEqual(begun[1]);
  expect(begun[0]?.toSorted()).toEqual(begun[1]?.toSorted());
  expect(setReport(set, { colours })).toContain('flakes in 2 rounds: none');
});

describe('a run on several targets', () => {
  const sound = target('sound', '{ embedded: {} }');
  const faulty = target('faulty', '{ embedded: { faults: [reserved-bits-are-ignored] } }');
  const gone = target(
    'gone',
    '{ external: { host: 127.0.0.1 } }',
    'endpoints: { websocket: { port: 1, path: /, echo: true } }\n',
  );

  it('has a record of each, and says of one that is not there why it was not played', async () => {
    const set = await play([sound, gone, faulty], ['rfc6455/reserved/rsv3-*']);
    expect(new Ajv2020({ strict: true }).compile(recordSetSchema)(set)).toBe(true);
    expect(set.records.map((record) => [record.target.name, record.conformant])).toEqual([
      ['sound', true],
      ['faulty', false],
    ]);
    expect(set.notPlayed).toMatchObject([
      { target: 'gone', reason: expect.stringContaining('ECONNREFUSED') },
    ]);
    expect(exitCodeForSet(set)).toBe(1);

    const report = setReport(set, { colours }).join('\n');
    expect(report).toMatch(/^suite +sound +faulty$/m);
    expect(report).toMatch(/^rfc6455\/reserved +2 +0 2✗/m);
    expect(report).toMatch(/^ {2}rfc6455\/reserved\/rsv3-on-a-text-frame\n {6}fail: faulty$/m);
    expect(report).toMatch(/^Server sound: conformant, in the cases chosen$/m);
    expect(report).toMatch(/^Server faulty: not conformant$/m);
    expect(report).toMatch(/^Server gone: not played: .*ECONNREFUSED/m);

    const xml = junitXmlOfSet(set);
    new SaxesParser().write(xml).close();
    expect(xml).toContain('name="sound/rfc6455/reserved"');
    expect(xml).toContain('name="faulty/rfc6455/reserved"');
    expect(xml).toContain('Server gone is played');
  });

  it('is conformant where all are, and ends with 3 where one was not played', async () => {
    const set = await play([sound], ['rfc6455/reserved/rsv3-*']);
    expect(exitCodeForSet(set)).toBe(0);
    expect(setReport(set, { colours }).join('\n')).not.toContain('differ');
    expect(exitCodeForSet({ ...set, notPlayed: [{ target: 'x', title: 'X', reason: 'why' }] })).toBe(3);
  });

  it('leaves a target aside whom none of the chosen cases fits', async () => {
    const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const endpoints = `endpoints: { websocket: { port: ${port}, path: / } }\n`;
    const echo = target('echo', '{ external: { host: 127.0.0.1 } }', endpoints);
    const set = await play([echo, sound], ['xep-0199/**']);
    server.close();
    expect(set.notPlayed.map((one) => one.target)).toEqual(['echo']);
    expect(set.records).toHaveLength(1);
  });

  it('that is stopped begins no other target', async () => {
    const stopped = new AbortController();
    stopped.abort(new Error('stopped'));
    const set = await play([sound, faulty], ['rfc6455/reserved/rsv3-*'], stopped);
    expect(set.records).toEqual([]);
    expect(set.notPlayed.map((one) => one.target)).toEqual(['sound', 'faulty']);
  });

  it('wraps the matrix where there is no room for all targets side by side', async () => {
    const { records } = await play([sound], ['rfc6455/reserved/rsv3-*']);
    const [record] = records;
    if (!record) throw new Error('no record');
    const many = Array.from({ length: 8 }, (_, index) => ({
      ...record,
      target: { ...record.target, name: `server-number-${index}` },
    }));
    const lines = setReport({ format: 1, records: many, notPlayed: [] }, { colours, width: 80 });
    expect(Math.max(...lines.slice(0, 12).map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.filter((line) => line.startsWith('suite'))).toHaveLength(3);
  });
});
