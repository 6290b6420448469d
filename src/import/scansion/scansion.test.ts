import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { exitCodes } from '../../cli/exit-codes.ts';
import type { Mistake } from '../../target/mistake.ts';
import { type ConvertedCase, convert } from './convert.ts';
import { parseScript } from './read-script.ts';
import { SourceText } from './script.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const scripts = fileURLToPath(new URL('test-scripts', import.meta.url));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-scansion-'));
  cpSync(scripts, join(folder, 'own'), { recursive: true });
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  code: number;
  output: string;
  errors: string;
}

function touchstone(...words: string[]): Promise<Ended> {
  const program = join(root, 'dist/cli/touchstone.js');
  const environment = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...words],
      { cwd: folder, env: environment },
      (error, output, errors) => resolve({ code: error ? Number(error.code) : 0, output, errors }),
    );
  });
}

function write(file: string, text: string): void {
  mkdirSync(join(folder, file, '..'), { recursive: true });
  writeFileSync(join(folder, file), text);
}

interface Written {
  title: string;
  cases: { id: string; title: string; covers: string[]; given: unknown; steps: unknown[] }[];
}

const read = (file: string) => readFileSync(join(folder, file), 'utf8');
const suite = (file: string) => (parse(read(file)) as Written).cases[0];

describe('scripts that use all of the language', () => {
  let ended: Ended;
  beforeAll(async () => {
    ended = await touchstone('import', 'scansion', 'own', '-o', 'made', '--suite', 'ours');
  });

  it('are carried over, and what is not is told with its place', () => {
    expect(ended).toMatchObject({ code: exitCodes.conformant, errors: '' });
    expect(ended.output).toContain('own/messages.scs: carried over\n');
    expect(ended.output).toContain('own/part.scs: carried over without what stands from line 13 on\n');
    expect(ended.output).toContain(
      'own/part.scs:15:5: Bot is a [Component], and only a [Client] can be played',
    );
    expect(ended.output).toContain(
      'own/left-out.scs:8:5: what it is to say that somebody waves is not known',
    );
    expect(ended.output).toContain('4 of 6 scripts carried over whole, 1 in part, 1 left out');
  });

  it('are sound suites with a catalogue of their own', async () => {
    const checked = await touchstone('check', 'made');
    expect(checked).toMatchObject({ code: 0, errors: '' });
    expect(checked.output).toContain('6 suite files, 5 cases');
    const { output } = await touchstone('coverage', '--suites', 'made');
    expect(output).toContain('Scansion: ours: 2 not covered');
    expect(output).toMatch(/MUST +ours\/left-out\n +Somebody waves/);
    expect(output).toMatch(/MUST +ours\/part\n/);
  });

  it('pass on the embedded server', async () => {
    const played = await touchstone('run', '--suites', 'made', '--out', 'report');
    expect(played.output).toContain('4 pass, 1 unsupported');
    expect(played.output).toContain('pubsub (1 case)');
    expect(played.code).toBe(exitCodes.conformant);
  });

  it('fail where the server does other than they say', async () => {
    write(
      'broken.yaml',
      'target: broken\ntitle: Broken\nproduct: { name: Touchstone reference server }\nstart: { embedded: { faults: [change-text] } }\n',
    );
    const played = await touchstone('run', '--suites', 'made', '-t', './broken.yaml', '--out', 'report');
    expect(played.output).toContain('FAIL ours/scansion/messages');
    expect(played.code).toBe(exitCodes.notConformant);
  });

  it('keep title, tags and comments', () => {
    const text = read('made/ours/messages.yaml');
    expect(suite('made/ours/messages.yaml')?.title).toBe('Messages between two accounts');
    for (const comment of [
      'Tags: xep: 0199, quick',
      'The second device of an account hears what the first one hears.',
      'Who takes part.',
      'She has a tablet, too.',
      'Both say that they are there.',
      'A comment of the XML.',
      "Ana's tablet receives:",
    ])
      expect(text).toMatch(new RegExp(`^ *# ${comment}$`, 'm'));
    expect(text).not.toContain('vim:');
  });

  it('have actors, addresses and patterns in the words of a case', () => {
    const one = suite('made/ours/messages.yaml');
    expect(one?.given).toEqual({
      ana: 'bound',
      'anas-tablet': { state: 'registered', account: 'ana', resource: 'tablet' },
      bo: { state: 'bound', resource: 'desk' },
    });
    expect(one?.steps.slice(0, 3)).toEqual([
      { 'ana sends': '<presence/>' },
      { 'ana receives in turn': '<presence from="{ana.full}"/>' },
      { 'bo sends': '<presence/>' },
    ]);
    expect(one?.steps).toContainEqual('anas-tablet receives nothing before sentinel');
    const strict = JSON.stringify(suite('made/ours/roster.yaml')?.steps.at(-1));
    expect(strict).toContain("<query xmlns='jabber:iq:roster'>".replaceAll("'", '\\"'));
    expect(strict).toContain('subscription=\\"none\\">{=}<group>');
  });

  it('have rooms and nodes of their own, and name the services of the target', () => {
    const text = read('made/ours/services-rooms-and-nodes.yaml');
    for (const part of [
      'to="{#lounge}@{rooms}/Ana"',
      '<create node="{#daily}"/>',
      'to="{uploads}"',
      'xmpp:{carl.bare}, not carl@nothome.example',
      'to="other.{domain}"',
      '- server restarts',
    ])
      expect(text).toContain(part);
  });

  it('look like a part where they are one', () => {
    const text = read('made/ours/part.yaml');
    expect(suite('made/ours/part.yaml')).toMatchObject({
      title: 'A component joins in (only what stands before line 13)',
      covers: ['ours/part.before-line-13'],
    });
    expect(text).toContain('# Not carried over from here on. Line 15: Bot is a [Component]');
    expect(text).toContain('#   Bot connects\n');
  });

  it('are written over on demand alone', async () => {
    const again = [
      'import',
      'scansion',
      'own/roster.scs',
      'own/no-title.scs',
      '-o',
      'made',
      '--suite',
      'ours',
    ];
    const refused = await touchstone(...again);
    expect(refused).toMatchObject({ code: exitCodes.usage, output: '' });
    expect(refused.errors).toContain('roster.yaml and 1 more exists already; nothing was written');
    expect((await touchstone(...again, '--replace', '--exact')).code).toBe(exitCodes.conformant);
    expect(read('made/ours/roster.yaml')).toContain('receives next');
    // What the first import has put into the catalogue is still there.
    expect((await touchstone('check', 'made')).code).toBe(0);
  });

  it('do not mix with the suites of others', async () => {
    write('taken/ours/requirements.yaml', 'specification: RFC 1\ntitle: T\nrequirements: []\n');
    const refused = await touchstone('import', 'scansion', 'own', '-o', 'taken', '--suite', 'ours');
    expect(refused).toMatchObject({ code: exitCodes.usage });
    expect(refused.errors).toContain('the catalogue there is that of RFC 1');
    expect(readdirSync(join(folder, 'taken/ours'))).toEqual(['requirements.yaml']);
  });
});

it.each([
  [['import'], 'say first what is to be imported; scansion can be imported'],
  [['import', 'scanison', 'x'], 'scanison cannot be imported; did you mean scansion?'],
  [['import', 'scansion'], 'name the scripts'],
  [['import', 'scansion', 'own', '--suite', 'A b'], '--suite takes a name in kebab-case'],
])('%j is refused', async (words, text) => {
  const { code, errors } = await touchstone(...words);
  expect(code).toBe(exitCodes.usage);
  expect(errors).toContain(text);
});

it('imports what is sound beside what is not', async () => {
  write('mixed/good.scs', '# Good\n[Client] A\n\tjid: a@b.example\n---\nA connects\n');
  write('mixed/bad.scs', '[Client] A\n\tjid: a@b.example\n---\nA connects\nA sends:\n\t<iq>\nB waits\n');
  write(
    'mixed/requirements.scs',
    '# Named like a catalogue\n[Client] A\n\tjid: a@b.example\n---\nA connects\n',
  );
  const { code, output, errors } = await touchstone(
    'import',
    'scansion',
    'mixed',
    'nowhere.scs',
    '-o',
    'mixed-made',
  );
  expect(code).toBe(exitCodes.usage);
  expect(errors).toContain('mixed/bad.scs:7:1: `B` is no character of this script');
  expect(errors).toContain('nowhere.scs:1:1: there is no such file');
  expect(output).toContain('2 of 4 scripts carried over whole, 2 not read');
  expect((await touchstone('check', 'mixed-made')).code).toBe(0);
});

const head = '[Client] A\n\tjid: a@b.example\n[Client] A B\n\tjid: ab@b.example/r\n---\nA connects\n';

function converted(text: string, exact = false): { made: ConvertedCase | undefined; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const script = parseScript(new SourceText('x.scs', text), mistakes);
  return { made: script && convert(script, { exact }, mistakes), mistakes };
}

const steps = (text: string) =>
  converted(head + text).made?.steps.map(({ sentence, value }) => (value ? { [sentence]: value } : sentence));

describe('a script with mistakes', () => {
  it.each([
    ['', 1, 1, 'there is no action in this script'],
    ['[Client\n', 1, 1, 'this is no character'],
    [`[Client] A\n\tjid: a@b\n[Client] A\n---\nA connects\n`, 3, 10, 'there is a A already, at line 1'],
    ['[Client] A\n\tjid a@b.example\n---\nA connects\n', 2, 2, 'this is no property'],
    ['[Client] A\n\tjid: a@b.example\n\tjid: c@b.example\n---\nA connects\n', 3, 2, 'jid is there twice'],
    [`${head}---\n`, 7, 1, 'a second line of dashes'],
    [`${head}A\n`, 7, 2, 'A does nothing here'],
    [`${head}Ah sends:\n\t<presence/>\n`, 7, 1, '`Ah` is no character of this script'],
    [`${head}<presence/>\n`, 7, 1, 'XML belongs to an action'],
    ['\tx\n', 1, 2, 'this indented line belongs to no character and to no action'],
    [`${head}A sends:\n`, 7, 3, 'there is nothing that A sends'],
    [`${head}A B sends:\n\t<presence/>\n`, 7, 5, 'A B is not connected here'],
    [`${head}A sends:\n\t<a>\n\t<b></c>\n`, 9, 5, '</c> stands where <b> ends'],
    [`${head}A sends:\n\t<a>\n`, 8, 2, '<a> is not closed'],
    [`${head}A sends:\n\t</a>\n`, 8, 2, '</a> closes nothing'],
    [`${head}A sends:\n\t<a b=c/>\n`, 8, 5, 'b has no value in quotes'],
    [`${head}A sends:\n\t<a b="c/>\n`, 8, 5, 'the value of b has no end'],
    [`${head}A sends:\n\t<a\n`, 8, 2, 'the tag <a> has no >'],
    [`${head}A sends:\n\t<a>&nbsp;</a>\n`, 8, 10, 'a reference to an entity that is not predefined'],
    [`${head}A sends:\n\t<x:a/>\n`, 8, 7, 'prefix'],
    [`${head}A sends:\n\thello <a/>\n`, 8, 2, 'this text stands in no element'],
    [`${head}A sends:\n\t<!-- <a/>\n`, 8, 2, 'this comment has no end'],
    [`${head}A sends:\n\t${'<a>'.repeat(300)}\n`, 8, 602, 'more than 200 elements are open here'],
  ])('%j is told where', (text, line, column, message) => {
    const [first] = converted(text).mistakes;
    expect(first).toMatchObject({ line, column, text: expect.stringContaining(message) });
  });

  it('is told no more than enough', () => {
    const { mistakes } = converted(`${head}${'nobody waves\n'.repeat(1000)}`);
    expect(mistakes).toHaveLength(21);
    expect(mistakes.at(-1)?.text).toContain('980 more');
  });

  it('never breaks the importer, however it is mangled', () => {
    const whole = readFileSync(join(scripts, 'messages.scs'), 'utf8');
    let seed = 1;
    const chance = (below: number) => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed % below;
    };
    const scraps = [
      '<',
      '>',
      '"',
      "'",
      '{',
      '}',
      `\${`,
      '\n',
      '\t',
      '[',
      '-->',
      '<![CDATA[',
      '\0',
      '&',
      '@',
      '/',
      '=',
    ];
    for (let round = 0; round < 300; round++) {
      const at = chance(whole.length);
      const scrap = scraps[chance(scraps.length)] ?? '';
      const text = whole.slice(0, at) + scrap + whole.slice(at + chance(40));
      expect(() => converted(text)).not.toThrow();
    }
  });

  it('is read in time, however long it is', () => {
    for (const text of [
      '<a b="c" ',
      '<',
      '<a>',
      'a@b.example ',
      `\${`,
      '\n\t',
      '{scansion:',
      '@b.example',
      '.b.example',
    ])
      expect(() => converted(`${head}A sends:\n\t<x>${text.repeat(50_000)}</x>\n`)).not.toThrow();
  }, 30_000);
});

describe('a script', () => {
  it('may leave out the line of dashes, and the colon behind a verb', () => {
    const text = '[Client] A\n\tjid: a@b.example\nA connects\nA sends\n  <presence/>\n';
    expect(converted(text).made?.steps.map((one) => one.sentence)).toEqual(['a sends']);
  });

  it('may have names of which one begins with the other', () => {
    expect(steps(`A B connects\nA B sends:\n\t<message to='\${A's full JID}'/>\n`)).toEqual([
      { 'a-b sends': "<message to='{a.full}'/>" },
    ]);
  });

  it('waits for what one sends before another does something', () => {
    const made = steps('A sends:\n\t<presence/>\nA B connects\n');
    expect(made?.map((one) => (typeof one === 'string' ? one : Object.keys(one)[0]))).toEqual([
      'a sends',
      'a sends',
      'a receives',
      'a-b logs in',
    ]);
  });

  it.each([
    ["<q xmlns='urn:x'/>", "<q xmlns='urn:x'>{=}</q>"],
    ["<message><q xmlns='urn:x'><a/></q></message>", "<message><q xmlns='urn:x'>{=}<a/></q></message>"],
    ["<iq xmlns='jabber:client'/>", "<iq xmlns='jabber:client'/>"],
    ["<iq scansion:strict='true'><a scansion:strict='false'/></iq>", '<iq>{=}<a>{+}</a></iq>'],
    ["<iq><q xmlns='urn:x' scansion:strict='false'><a/></q></iq>", "<iq><q xmlns='urn:x'><a/></q></iq>"],
    ["<iq id='{scansion:any}'/>", "<iq id='{*}'/>"],
    ["<iq id='{scansion:capture:rooms}'/>", "<iq id='{captured-rooms=*}'/>"],
    ['<iq><a>{1}</a></iq>', '<iq><a>{{1}}</a></iq>'],
    ["<iq from='A@B.example/r'/>", "<iq from='{a.bare}/r'/>"],
  ])('compares %s as %s', (written, made) => {
    expect(steps(`A receives:\n\t${written}\n`)).toEqual([{ 'a receives in turn': made }]);
  });

  it.each([
    [`A receives:\n\t<iq id='\${id}'/>\n`, `what \${id} stands for is not known here`],
    [`A receives:\n\t<iq id="\${C's JID}"/>\n`, 'nobody who is played is called C'],
    ["A receives:\n\t<iq id='{scansion:some}'/>\n", 'what {scansion:some} means is not known'],
    ["A receives:\n\t<iq scansion:strict='maybe'/>\n", 'what scansion:strict="maybe" means is not known'],
    ['A sends:\n\t<presence/>\n\t<iq/>\n', '<iq> is a second element of what A sends'],
    ['A connects: slowly\n', 'what follows connects here is not known'],
    ['A recieves:\n\t<iq/>\n', 'did you mean receives?'],
  ])('%j ends the case', (text, reason) => {
    expect(converted(head + text).made?.loss).toMatchObject({ line: expect.any(Number), from: 7 });
    expect(converted(head + text).made?.loss?.reason).toContain(reason);
  });
});
