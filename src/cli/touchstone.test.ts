import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadTarget } from '../target/load-target.ts';
import { folder, touchstone } from './test-program.ts';

describe('wrong words end with 2', () => {
  it.each([
    [['rum'], 'there is no command `rum`; did you mean `run`?'],
    [['run', '--taget', 'x'], '`touchstone run` has no option `--taget`; did you mean `--target`?'],
    [['run', '--jobs', 'many'], '--jobs takes a whole number from 1 to 1000, not many'],
    [['run', '--repeat', '0'], '--repeat takes a whole number from 1 to 1000, not 0'],
    [['run', '--retries', 'x'], '--retries takes a whole number from 0 to 100, not x'],
    [['run', '--retries', '-1'], '`--retries` needs a value: N; one that begins with a dash'],
    [['run', '-o', '-t', 'ws'], '`--out` needs a value: DIR; one that begins'],
    [['run', '--keep'], '`--keep` is for servers in containers'],
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

  it('checks what describes a target in a folder of suites as that', async () => {
    mkdirSync(join(folder, 'mixed'));
    const target = join(folder, 'mixed/target.yaml');
    const known = join(folder, 'mixed/known-failing.yaml');
    writeFileSync(target, 'target: mixed\ntitle: Mixed\nproduct: { name: X }\nstart: { embedded: {} }\n');
    writeFileSync(known, '- { case: a/b/c, reason: it is what this server is known for }\n');
    const right = await touchstone('check', 'mixed');
    expect([right.output, right.errors]).toEqual([
      '1 target file, 1 list of known failures: no mistakes\n',
      '',
    ]);
    writeFileSync(target, 'target: mixed\n');
    writeFileSync(known, '- { case: a/b/c, reason: short }\n');
    const wrong = await touchstone('check', 'mixed');
    expect(wrong.errors).toMatch(/known-failing\.yaml:1:26: .*target\.yaml:1:1: `product` is missing/s);
    expect(wrong.errors).not.toContain('`suite` is missing');
    expect(wrong.code).toBe(2);
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
