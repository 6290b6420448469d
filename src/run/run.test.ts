import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RunRecord } from '../record/record.schema.ts';
import { loadSuites, ownSuites } from '../suite/load-suites.ts';
import { loadTarget } from '../target/load-target.ts';
import { type RunOptions, run } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-run-'));
afterAll(() => rmSync(folder, { recursive: true }));

const starts = join(folder, 'starts');

/** An echo server that notes each of its starts, and refuses to start when `limit` starts are noted. */
function echoTarget(port: number | undefined, limit = 99): string {
  writeFileSync(starts, '');
  writeFileSync(
    join(folder, 'echo.mjs'),
    `import { appendFileSync, readFileSync } from 'node:fs';
import { WebSocketServer } from '${import.meta.resolve('ws')}';
appendFileSync('${starts}', 'x');
if (readFileSync('${starts}').length > ${limit}) throw new Error('out of cheese');
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) });
server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
process.on('SIGTERM', () => {
  for (const socket of server.clients) socket.close(1001);
  server.close(() => process.exit(0));
});
`,
  );
  const file = join(folder, 'target.yaml');
  writeFileSync(
    file,
    `target: echo
title: Echo
product: { name: ws }
start: { process: { command: [node, echo.mjs, "{port.websocket}"] } }
endpoints: { websocket: { ${port === undefined ? '' : `port: ${port}, `}path: /, echo: true } }
`,
  );
  return file;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

const suites = loadSuites();

function play(file: string, ...only: string[]): Promise<RunRecord> {
  return playWith({}, file, only);
}

async function playWith(
  more: Partial<RunOptions>,
  file: string,
  only: readonly string[],
): Promise<RunRecord> {
  return run({
    target: loadTarget(file),
    suites: await suites,
    selection: { only },
    knownFailing: [],
    version: 'test',
    signal: new AbortController().signal,
    reporters: [],
    ...more,
  });
}

const verdictsOf = (record: RunRecord) =>
  Object.fromEntries(record.cases.map((one) => [one.id.replace(/^rfc6455\//, ''), one.verdict]));

/** Each of these cases restarts the server once. */
const restarts = (record: RunRecord) =>
  record.cases.filter((one) => one.id.startsWith('rfc6455/going-down/')).length;

describe('cases that disturb the server', () => {
  const disturbing = ['rfc6455/going-down/**', 'rfc6455/framing/empty-*'];

  it('have a server of their own', async () => {
    const record = await play(echoTarget(undefined), ...disturbing);
    expect(verdictsOf(record)).toMatchObject({ 'going-down/back-after-a-restart': 'pass' });
    // One for the other cases, one for these, and one more for each restart.
    expect(readFileSync(starts, 'utf8')).toHaveLength(2 + restarts(record));
  });

  it('share the server with the others, after them, where its port allows no second', async () => {
    const record = await play(echoTarget(await freePort()), ...disturbing);
    expect(verdictsOf(record)).toMatchObject({ 'going-down/back-after-a-restart': 'pass' });
    expect(readFileSync(starts, 'utf8')).toHaveLength(1 + restarts(record));
  });

  it('are inconclusive where their own server does not start; what the others say is not lost', async () => {
    const record = await play(echoTarget(undefined, 1), ...disturbing);
    expect(record.summary.inconclusive).toBeGreaterThan(0);
    const [one] = record.cases.filter((candidate) => candidate.verdict === 'inconclusive');
    expect(verdictsOf(record)).toMatchObject({ 'framing/empty-text-message': 'pass' });
    expect(one?.reason).toMatch(
      /plays on a server of its own, and that one did not start: Echo did not start/,
    );
  });
});

describe('a server that dies midway', () => {
  it('leaves the remaining cases inconclusive without playing them', async () => {
    const file = echoTarget(undefined);
    const program = join(folder, 'echo.mjs');
    const mortal = `let left = 20;\nserver.on('connection', () => --left > 0 || process.exit(7));\n`;
    writeFileSync(program, `${readFileSync(program, 'utf8')}${mortal}`);
    const record = await play(file, 'rfc6455/closing/**', 'rfc6455/framing/**');
    const unplayed = record.cases.filter((one) =>
      one.reason?.startsWith('The case was not played: the server'),
    );
    expect(unplayed.length).toBeGreaterThan(0);
    expect(new Set(unplayed.map((one) => `${one.verdict} ${one.durationMs}`))).toEqual(
      new Set(['inconclusive 0']),
    );
    expect(record.summary).toMatchObject({ fail: 0, error: 0 });
  });
});

describe('a case that is played again', () => {
  const only = ['rfc6455/framing/empty-text-message'];

  /** A server that answers so many empty messages with something else. */
  function forgetful(times: number): string {
    const file = echoTarget(undefined);
    const program = join(folder, 'echo.mjs');
    const own = readFileSync(program, 'utf8');
    const wrong = `const wrong = (data) => data.length === 0 && left-- > 0 ? 'x' : data;\n`;
    writeFileSync(
      program,
      `let left = ${times};\n${wrong}${own.replace('socket.send(data', 'socket.send(wrong(data)')}`,
    );
    return file;
  }

  it('is flaky where it passes then, and shows what came before', async () => {
    const record = await playWith({ retries: 2 }, forgetful(1), only);
    expect(record.cases).toMatchObject([
      { verdict: 'flaky', attempts: ['fail', 'pass'], failure: { kind: 'mismatch' } },
    ]);
    expect(record.cases[0]?.evidence?.transcript.length).toBeGreaterThan(0);
    expect(record).toMatchObject({ conformant: true, summary: { flaky: 1, pass: 0, fail: 0 } });
  });

  it('fails where it never passes', async () => {
    const record = await playWith({ retries: 2 }, forgetful(9), only);
    expect(record.cases).toMatchObject([{ verdict: 'fail', attempts: ['fail', 'fail', 'fail'] }]);
  });

  it.each([
    ['passes', { retries: 2 }, 0],
    ['fails, and nobody asked for it', {}, 1],
    ['is known to fail', { retries: 2, knownFailing: [{ case: 'rfc6455/**', reason: 'it forgets' }] }, 1],
  ])('is not one that %s', async (_what, more, times) => {
    const record = await playWith(more, forgetful(times), only);
    expect(record.cases[0]).not.toHaveProperty('attempts');
  });
});

describe('entries of known-failing.yaml that name no case', () => {
  it('are told only of suites that are loaded', async () => {
    const record = await run({
      target: loadTarget('embedded'),
      suites: await loadSuites([join(ownSuites, 'xmpp/xep-0199')]),
      selection: {},
      knownFailing: [
        { case: 'xep-0199/ping/gone', reason: 'it was so' },
        { case: 'rfc6121/roster/of-another-run', reason: 'it is so' },
      ],
      version: 'test',
      signal: new AbortController().signal,
      reporters: [],
    });
    expect(record.staleKnownFailing).toEqual(['xep-0199/ping/gone']);
  });
});

it('has somebody online on a server that sends no presence back to the resource it came from', async () => {
  const file = join(folder, 'silent.yaml');
  writeFileSync(
    file,
    `target: silent
title: Server that sends no presence back
product: { name: Touchstone reference server }
start: { embedded: { faults: [presence-not-sent-to-own-resources] } }
`,
  );
  const { summary } = await play(file, 'xep-0199/ping/server-*', 'rfc6121/presence/initial-to-own-resources');
  // Over both transports.
  expect(summary).toMatchObject({ fail: 2, inconclusive: 0, error: 0 });
  expect(summary.pass).toBeGreaterThan(1);
});
