import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { watch } from 'node:fs/promises';
import { join } from 'node:path';
import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import { readRecord } from '../record/record-file.ts';
import { folder, start, touchstone } from './test-program.ts';

describe('a run', () => {
  it('writes a record and a JUnit report', async () => {
    const { code, errors } = await touchstone('run', '--only', 'xep-0199/**', '--out', 'small');
    expect([code, errors]).toEqual([0, '']);
    const record = await readRecord(join(folder, 'small/record.json'));
    expect(record.conformant).toBe(true);
    const junit = readFileSync(join(folder, 'small/junit.xml'), 'utf8');
    expect(() => new SaxesParser().write(junit).close()).not.toThrow();
  });

  it('on our own server, where nobody named one, says what to look at and what to do next', async () => {
    const first = await touchstone('run', '--spec', 'XEP-0199', '--out', 'first');
    expect(first.output).toMatch(
      /looks like: open first\/report\.html in a browser\. .*\n +npx touchstone init /,
    );
    const bare = await touchstone('run', '--spec', 'XEP-0199', '--out', 'first', '--reporter', 'none');
    expect(bare.output).toMatch(/looks like\. Next, a server of yours:\n/);
    const chosen = await touchstone('run', '--only', 'xep-0199/**', '--out', 'first', '--reporter', 'none');
    expect(chosen.output).not.toContain('npx touchstone init');
  });

  it('fails for a known failure that passes, and for one of no case', async () => {
    mkdirSync(join(folder, 'known'));
    const file = join(folder, 'known/target.yaml');
    await touchstone('init', 'embedded', '--out', file);
    const known = (id: string) =>
      writeFileSync(
        join(folder, 'known/known-failing.yaml'),
        `- case: ${id}\n  reason: nothing of it is true at all\n`,
      );
    const play = () => touchstone('run', '--target', file, '--only', 'xep-0199/**', '--out', 'known');
    known('xep-0199/**');
    expect((await play()).code).toBe(1);
    expect(
      (await readRecord(join(folder, 'known/record.json'))).cases.some((one) => one.unexpectedPass),
    ).toBe(true);
    known('xep-0199/no/such-case');
    expect((await play()).code).toBe(1);
    expect((await readRecord(join(folder, 'known/record.json'))).staleKnownFailing).toEqual([
      'xep-0199/no/such-case',
    ]);
  });

  it('whose failures are accepted fails no more, until they pass', async () => {
    mkdirSync(join(folder, 'accepted'));
    const target = join(folder, 'accepted/target.yaml');
    const play = (fault: string) => {
      writeFileSync(
        target,
        `target: accepted
title: Server that breaks a promise
product: { name: Touchstone reference server }
start: { embedded: { faults: [${fault}] } }
`,
      );
      return touchstone('run', '-t', target, '--only', 'xep-0199/ping/server-*', '--out', 'accepted');
    };
    const accept = (...words: string[]) => touchstone('accept', 'accepted', '--target', target, ...words);
    expect((await play('ping-is-refused')).code).toBe(1);
    expect(await accept()).toMatchObject({ code: 2, errors: expect.stringContaining('`--reason TEXT`') });
    const reason = 'XEP-0199 section 4.2 is broken on purpose';
    const shown = await accept('--reason', reason, '--dry-run');
    expect(shown.output).toContain(`+  reason: ${reason}`);
    expect(existsSync(join(folder, 'accepted/known-failing.yaml'))).toBe(false);
    expect((await accept('--reason', reason)).code).toBe(0);
    expect((await play('ping-is-refused')).code).toBe(0);
    expect((await play('')).code).toBe(1);
    expect((await accept()).output).toMatch(/^- xep-0199/);
    expect((await play('')).code).toBe(0);
  });

  it('that is interrupted writes what is known and ends with 130', async () => {
    const { child, ended } = start('run', '--only', 'rfc6121/**', '--out', 'interrupted', '--jobs', '1');
    await new Promise<void>((resolve) => child.stdout?.once('data', () => resolve()));
    child.kill('SIGINT');
    const { code } = await ended;
    expect(code).toBe(130);
    const record = await readRecord(join(folder, 'interrupted/record.json'));
    expect(record.interrupted).toBe(true);
  });

  it('that is interrupted while the server starts writes a record of no case', async () => {
    writeFileSync(
      join(folder, 'silent.yaml'),
      `target: silent
title: Silent server
product: { name: None }
start: { process: { command: [node, -e, 'setInterval(() => {}, 1000)'] } }
endpoints: { websocket: { path: / } }
`,
    );
    const { child, ended } = start('run', '-t', './silent.yaml', '-o', 'early');
    await new Promise<void>((resolve) => {
      let said = '';
      child.stdout?.on('data', (text: string) => {
        said += text;
        if (said.includes('starting Silent server')) resolve();
      });
    });
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    const record = await readRecord(join(folder, 'early/record.json'));
    expect(record).toMatchObject({
      interrupted: true,
      conformant: false,
      cases: [],
      target: { name: 'silent' },
    });
    expect(existsSync(join(folder, 'early/junit.xml'))).toBe(true);
  });

  it.each([
    ['run', 'SIGHUP'],
    ['doctor', 'SIGTERM'],
  ] as const)('%s ended by %s leaves no server behind', async (command, signal) => {
    const script = "require('fs').writeFileSync('pid', String(process.pid)); setInterval(() => {}, 1000)";
    writeFileSync(
      join(folder, 'left.yaml'),
      `target: left
title: Left server
product: { name: None }
start: { process: { command: [node, -e, ${JSON.stringify(script)}] } }
endpoints: { websocket: { path: / } }
`,
    );
    rmSync(join(folder, 'pid'), { force: true });
    const { child, ended } = start(command, '-t', './left.yaml', '-o', 'left');
    const pidOf = () =>
      existsSync(join(folder, 'pid')) ? Number(readFileSync(join(folder, 'pid'), 'utf8')) : 0;
    for await (const _change of watch(folder)) if (pidOf() > 0) break;
    const pid = pidOf();
    child.kill(signal);
    expect((await ended).code).toBe(130);
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('whose server does not start leaves no report of an earlier run', async () => {
    const report = join(folder, 'stale/record.json');
    expect((await touchstone('run', '--only', 'xep-0199/**', '-o', 'stale')).code).toBe(0);
    expect((await touchstone('run', '--only', 'nothing/**', '-o', 'stale')).code).toBe(2);
    expect(existsSync(report)).toBe(true);
    writeFileSync(
      join(folder, 'absent.yaml'),
      `target: absent
title: Absent server
product: { name: None }
start: { process: { command: [node, -e, 'process.exit(7)'] } }
endpoints: { websocket: { path: / } }
`,
    );
    expect((await touchstone('run', '-t', './absent.yaml', '-o', 'stale')).code).toBe(3);
    expect(existsSync(report)).toBe(false);
  });

  it('agrees with its JUnit file on whether a warning fails it', async () => {
    writeFileSync(
      join(folder, 'warns.yaml'),
      `target: warns
title: Server that leaves out what it should do
product: { name: Touchstone reference server }
start: { embedded: { faults: [stream-error-is-undefined-condition] } }
`,
    );
    const words = [
      'run',
      '-t',
      './warns.yaml',
      '--only',
      'xep-0198/resumption/taken-over-conflict',
      '-o',
      'warns',
    ];
    const failures = () =>
      readFileSync(join(folder, 'warns/junit.xml'), 'utf8').match(/<failure/g)?.length ?? 0;
    expect((await touchstone(...words)).code).toBe(0);
    expect(failures()).toBe(0);
    expect((await touchstone(...words, '--strict')).code).toBe(1);
    // The case is played over TCP and over WebSocket.
    expect(failures()).toBe(2);
  });

  it('that is interrupted leaves no server behind', async () => {
    const library = import.meta.resolve('ws');
    writeFileSync(
      join(folder, 'echo.mjs'),
      `import { writeFileSync } from 'node:fs';
import { WebSocketServer } from '${library}';
writeFileSync('${join(folder, 'echo.pid')}', String(process.pid));
const server = new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) });
server.on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
`,
    );
    writeFileSync(
      join(folder, 'echo.yaml'),
      `target: echo
title: Echo
product: { name: ws }
start: { process: { command: [node, echo.mjs, "{port.websocket}"] } }
endpoints: { websocket: { path: /, echo: true } }
`,
    );
    const { child, ended } = start(
      'run',
      '-t',
      './echo.yaml',
      '--only',
      'rfc6455/**',
      '-o',
      'echo',
      '-j',
      '1',
    );
    await new Promise<void>((resolve) =>
      child.stdout?.on('data', () => {
        if (existsSync(join(folder, 'echo.pid'))) resolve();
      }),
    );
    child.kill('SIGINT');
    expect((await ended).code).toBe(130);
    const pid = Number(readFileSync(join(folder, 'echo.pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});
