import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SaxesParser } from 'saxes';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readRecord } from '../record/record-file.ts';
import { loadTarget } from '../target/load-target.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
let folder: string;
const program = join(root, 'dist/cli/touchstone.js');

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-cli-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  code: number | null;
  output: string;
  errors: string;
}

function start(...args: string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, [program, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  return { child, ended: once(child, 'close').then(([code]) => ({ code: code as number, output, errors })) };
}

function touchstone(...args: string[]): Promise<Ended> {
  return start(...args).ended;
}

describe('wrong words end with 2', () => {
  it.each([
    [['rum'], 'there is no command `rum`; did you mean `run`?'],
    [['run', '--taget', 'x'], '`touchstone run` has no option `--taget`; did you mean `--target`?'],
    [['run', '--jobs', 'many'], '--jobs takes a whole number from 1 to 1000, not many'],
    [['run', '--repeat', '0'], '--repeat takes a whole number from 1 to 1000, not 0'],
    [['run', '--fail-on', 'sadness'], '--fail-on takes error,'],
    [['verbs', 'all'], '`touchstone verbs` takes options only, not `all`'],
    [['list', '--only', 'nothing/**'], 'no case matches --only nothing/**'],
    [['run', '--only', 'nothing/**'], 'no case matches --only nothing/**'],
    [['run', '--only', 'rfc6121/rooster/**'], 'did you mean `--only "rfc6121/roster/**"`?'],
    [['list', '--spec', 'RFC 9999'], 'there are cases of Touchstone messaging promises, RFC'],
    [['run', 'prosody'], 'did you mean `--target prosody`?'],
    [['run', '--out'], '`--out` needs a value: DIR'],
    [['init', 'process', 'container'], 'has no place for `container`'],
    [['prove', '--fault', 'change-txt'], 'did you mean `change-text`?'],
    [['run', '--target', './nowhere.yaml'], 'there is no target file ./nowhere.yaml'],
    [['run', '--target', 'prosidy'], 'did you mean `prosody`?'],
    [['run', '--suites', 'nowhere'], 'there is no such file or folder'],
    [['check', 'nowhere'], 'there is no such file or folder'],
    [['new', 'case', 'Nowhere'], 'a case is called by its suite and its id'],
    [['init', 'contaner'], 'did you mean container?'],
  ])('%j', async (args, says) => {
    const { code, errors } = await touchstone(...args);
    expect(errors).toContain(says);
    expect(errors).not.toContain('Touchstone itself failed');
    // `check` shows what it was asked for.
    if (args[0] !== 'check') expect(errors).toMatch(/[\n ]\[TS-E00\d\]\n$/);
    expect(code).toBe(2);
  });

  it('so does a place where reports cannot go', async () => {
    writeFileSync(join(folder, 'a-file'), '');
    const { code, output, errors } = await touchstone(
      'run',
      '--only',
      'xep-0199/**',
      '--out',
      'a-file/report',
    );
    expect([code, output]).toEqual([2, '']);
    expect(errors).toContain('a-file is a file; name a folder with --out');
  });

  it('so does a target file with mistakes', async () => {
    const text = `target: broken
title: Broken
product: { name: Touchstone }
start: { embedded: { faults: [change-txt] } }
`;
    writeFileSync(join(folder, 'broken.yaml'), text);
    for (const words of [
      ['check', 'broken.yaml'],
      ['run', '--target', './broken.yaml'],
    ]) {
      const { code, errors } = await touchstone(...words);
      expect(errors).toContain('broken.yaml:4:31: there is no fault `change-txt`');
      expect(code).toBe(2);
    }
  });

  it('so does a suite file with mistakes', async () => {
    writeFileSync(join(folder, 'bad.yaml'), 'suite: a/b\ntitel: x\n');
    const { code, errors } = await touchstone('check', 'bad.yaml');
    expect(errors).toContain('bad.yaml:2:1: unknown key `titel`');
    expect(code).toBe(2);
    expect((await touchstone('run', '--suites', 'bad.yaml')).code).toBe(2);
  });
});

it('a server that is not there ends with 3', async () => {
  const text = `target: away
title: Away
product: { name: Away }
start: { external: { host: 127.0.0.1 } }
endpoints: { websocket: { port: 1, echo: true } }
`;
  writeFileSync(join(folder, 'away.yaml'), text);
  const { code, errors } = await touchstone('run', '--target', './away.yaml');
  expect(errors).not.toContain('    at ');
  expect(code).toBe(3);
  const doctor = await touchstone('doctor', '--target', './away.yaml');
  expect(doctor.output).toMatch(/^ok {4}Node\.js/);
  expect(doctor.output).toContain(
    'nothing listens there: does the server run, on this port and this address?',
  );
  expect(doctor.code).toBe(3);
});

describe('what is asked for is printed, and ends with 0', () => {
  it.each([
    [['--help'], 'touchstone COMMAND'],
    [['run', '--help'], '--target'],
    [['help', 'run'], '--target'],
    [['list', '--faults'], 'change-text'],
    [['coverage', '--summary'], 'testable'],
    [['help', 'TS-E011'], 'cannot be reached (exit code 3)'],
    [['verbs'], 'xmpp'],
  ])('%j', async (args, says) => {
    const { code, output } = await touchstone(...args);
    expect(output).toContain(says);
    expect(code).toBe(0);
  });

  it('list --json', async () => {
    const { code, output } = await touchstone('list', '--json', '--only', 'rfc7692/**');
    const rows = JSON.parse(output) as { id: string }[];
    expect(rows.length).toBeGreaterThan(0);
    expect(rows.every((row) => row.id.startsWith('rfc7692/'))).toBe(true);
    expect(code).toBe(0);
  });

  it('all of it, also where a pipe takes its time', async () => {
    const { code, output } = await touchstone('list', '--json');
    expect(JSON.parse(output)).toHaveProperty('length');
    expect(output.length).toBeGreaterThan(2 ** 18);
    expect(code).toBe(0);
  });

  it.each(['container', 'process', 'external', 'embedded'])('init %s', async (kind) => {
    const { code } = await touchstone('init', kind, '--out', `${kind}.yaml`);
    expect(code).toBe(0);
    expect(loadTarget(join(folder, `${kind}.yaml`)).settings.start).toHaveProperty(kind);
    expect((await touchstone('init', kind, '--out', `${kind}.yaml`)).code).toBe(2);
  });
});

it('run --trace shows the wire as it is played on, and show tells all that the record knows of a case, and helps to find one', async () => {
  const live = await touchstone('run', '--only', 'xep-0199/**', '--transcripts', '--trace', '--out', 'shown');
  expect(live.output).toContain('\nxep-0199/ping/server-domain/websocket\n');
  expect(live.output).toContain('romeo → server');
  const show = (...words: string[]) => touchstone('show', ...words, '--record', 'shown');
  const { code, output } = await show('server-domain/websocket');
  expect(code).toBe(0);
  for (const part of [
    "romeo sends: <iq to='{domain}'",
    'romeo → server',
    "--only 'xep-0199/ping/server-domain",
  ])
    expect(output).toContain(part);
  expect((await show('ping/server-*')).output).toMatch(/^PASS +xep-0199\/ping\/server-domain\n/);
  const misspelt = await show('server-domian');
  expect([misspelt.code, misspelt.errors]).toEqual([
    2,
    'the record holds no case server-domian; did you mean `server-domain`? [TS-E001]\n',
  ]);
});

it('new case writes cases that are valid and play, behind those that are there', async () => {
  const add = (name: string) => touchstone('new', 'case', name);
  expect((await add('rfc6121/mine/first')).code).toBe(0);
  const file = join(folder, 'my-suites/rfc6121/mine.yaml');
  const first = readFileSync(file, 'utf8');
  expect((await add('rfc6121/mine/second')).output).toMatch(/^wrote my-suites\/rfc6121\/mine\.yaml:\d+;/);
  expect(readFileSync(file, 'utf8').startsWith(first)).toBe(true);
  expect((await add('rfc6121/mine/first')).errors).toContain(
    'the case is there already: my-suites/rfc6121/mine.yaml:8',
  );
  expect((await add('my-websocket/echo/text')).code).toBe(0);
  expect((await add('messaging/mine/text')).code).toBe(0);
  const { code, output } = await touchstone('run', '--suites', 'my-suites', '--out', 'mine');
  expect(output).toMatch(/\n[45] pass/);
  expect(code).toBe(0);
});

describe('a run', () => {
  it('writes a record and a JUnit report', async () => {
    const { code, errors } = await touchstone('run', '--only', 'xep-0199/**', '--out', 'small');
    expect([code, errors]).toEqual([0, '']);
    const record = await readRecord(join(folder, 'small/record.json'));
    expect(record.conformant).toBe(true);
    const junit = readFileSync(join(folder, 'small/junit.xml'), 'utf8');
    expect(() => new SaxesParser().write(junit).close()).not.toThrow();
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
