import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseWords } from './cli/command.ts';
import { commandNamed, isCommand } from './cli/commands.ts';
import { exitCodes } from './cli/exit-codes.ts';
import { selectionOf } from './cli/selection-options.ts';
import { type CaseResult, verdicts } from './record/record.schema.ts';
import { failsRun } from './record/summary.ts';
import { startEmbeddedServer } from './reference/embedded-server.ts';
import { readKnownFailing } from './run/known-failing.ts';
import { loadSuites, ownSuites } from './suite/load-suites.ts';
import { select } from './suite/select.ts';
import { targetKinds, targetTemplate } from './target/init.ts';
import { kindOf, loadTarget, type TargetDefinition } from './target/load-target.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = join(root, 'dist/cli/touchstone.js');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  name: string;
  version: string;
  bin: Record<string, string>;
  scripts: Record<string, string>;
};

/** The suites that come along. */
const own = loadSuites();

/** A fenced block of the README. */
interface Block {
  /** What stands behind the fence: `yaml`, `sh`, `text`. */
  language: string;
  text: string;
  /** Of the fence, from 1. */
  line: number;
}

const blocks: readonly Block[] = [...readme.matchAll(/^```(\S*)\n(.*?)^```$/gms)].map((match) => ({
  language: match[1] ?? '',
  text: match[2] ?? '',
  line: readme.slice(0, match.index).split('\n').length,
}));
/** The README without its blocks. */
const prose = readme.replaceAll(/^```.*?^```$/gms, '');

const kinds = ['suite', 'target', 'known failures', 'workflow', 'commands', 'failure', 'map'] as const;

/** What a block is, by what it holds; a kind that no test below knows has none. */
function kindOfBlock({ language, text }: Block): (typeof kinds)[number] | undefined {
  if (language === 'sh') return 'commands';
  if (language === 'text')
    return text.startsWith('FAIL ') ? 'failure' : text.startsWith('suites/') ? 'map' : undefined;
  if (language !== 'yaml') return undefined;
  const value: unknown = parse(text);
  if (Array.isArray(value)) return 'known failures';
  const keys = Object.keys(Object(value));
  if (keys.includes('suite')) return 'suite';
  if (keys.includes('target')) return 'target';
  return keys.includes('jobs') ? 'workflow' : undefined;
}

function blocksOf(kind: (typeof kinds)[number]): Block[] {
  return blocks.filter((block) => kindOfBlock(block) === kind);
}

function onlyBlockOf(kind: (typeof kinds)[number]): Block {
  const [block, ...others] = blocksOf(kind);
  if (block === undefined || others.length > 0)
    throw new Error(`the README has to have one block of ${kind}`);
  return block;
}

/** The file that the first line of a YAML block names. */
function fileOf({ text, line }: Block): string {
  const file = /^# (\S+\.ya?ml)$/m.exec(text.split('\n')[0] ?? '')?.[1];
  if (file === undefined) throw new Error(`the block at line ${line} has to begin with the name of its file`);
  return file;
}

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-readme-'));
  for (const block of blocks.filter(({ language }) => language === 'yaml')) write(fileOf(block), block.text);
  write('target.yaml', targetTemplate('container'));
  const script = join(root, 'src/import/scansion/test-scripts/roster.scs');
  write('spec/scansion/roster.scs', readFileSync(script, 'utf8'));
  // What the process target starts: an echo server as a user might have one.
  write(
    'my-echo/echo.js',
    `const { WebSocketServer } = require(${JSON.stringify(fileURLToPath(import.meta.resolve('ws')))});
new WebSocketServer({ host: '127.0.0.1', port: Number(process.argv[2]) }).on('connection', (socket) => {
  socket.on('error', () => socket.terminate());
  socket.on('message', (data, binary) => socket.send(data, { binary }));
});
`,
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(file: string, text: string): void {
  mkdirSync(dirname(join(folder, file)), { recursive: true });
  writeFileSync(join(folder, file), text);
}

interface Ended {
  code: number;
  output: string;
  errors: string;
}

const runs = new Map<string, Promise<Ended>>();

/** Runs the program as a user does, beside the files of the README; the same words only once. */
function touchstone(words: readonly string[]): Promise<Ended> {
  const line = words.join(' ');
  const ended = runs.get(line) ?? start(words);
  runs.set(line, ended);
  return ended;
}

function start(words: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const environment = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
    const options = { cwd: folder, env: environment, maxBuffer: 2 ** 26 };
    if (words[0] === 'init') options.cwd = mkdtempSync(join(folder, 'init-'));
    execFile(process.execPath, [program, ...words], options, (error, output, errors) => {
      resolve({ code: error ? Number(error.code) : 0, output, errors });
    });
  });
}

/** The words of a command line, with its comment taken off. */
function wordsOf(line: string): string[] {
  const words = line.replace(/\s+#\s.*$/, '').matchAll(/"([^"]*)"|(\S+)/g);
  return [...words].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

const commandLines: readonly string[] = [
  ...new Set([
    ...[...readme.matchAll(/^ +- run: (.*)$/gm)].map(([, line]) => line ?? ''),
    ...blocksOf('commands').flatMap(({ text }) => text.split('\n')),
    ...[...prose.matchAll(/`((?:npx|npm|touchstone) [^`]*)`/g)].map(
      ([, line]) => line?.replaceAll(/\s+/g, ' ').replace(/^touchstone/, 'npx touchstone') ?? '',
    ),
  ]),
].filter((line) => line !== '');

const touchstoneLines = commandLines
  .filter((line) => line.startsWith('npx touchstone '))
  .map((line) => ({ line, words: wordsOf(line).slice(2) }));

describe('the README', () => {
  it('has only blocks that a test below looks into', () => {
    const unknown = blocks.filter((block) => kindOfBlock(block) === undefined);
    expect(unknown.map(({ language, line }) => `line ${line}: ${language}`)).toEqual([]);
    expect(kinds.filter((kind) => blocksOf(kind).length === 0)).toEqual([]);
    const fences = readme.split('\n').filter((line) => /^\s*(```|~~~)/.test(line));
    expect(fences).toHaveLength(2 * blocks.length);
    expect(prose.split('\n').filter((line) => /^( {4}|\t)/.test(line))).toEqual([]);
  });

  it('has only tables that a test below looks into', () => {
    const heads = [...prose.matchAll(/^(\|.*\|)\n\| -/gm)].map(([, head]) => head);
    expect(heads).toEqual(['| verdict | when | fails the run |', '| exit code | meaning |']);
  });

  it('links to what is there', () => {
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].map(([, target]) => target ?? '');
    expect(links.filter((link) => !link.includes('://') && !existsSync(join(root, link)))).toEqual([]);
  });

  it('names every verdict, and what it does to the run', () => {
    const rows = tableUnder('| verdict |').map(([verdict = '', , fails = '']) => ({ verdict, fails }));
    expect(rows.map((row) => row.verdict).sort()).toEqual(verdicts.map((name) => `\`${name}\``).sort());
    for (const { verdict, fails } of rows)
      expect(`${verdict}: ${consequenceOf(verdict)}`).toBe(`${verdict}: ${fails}`);
  });

  it('names every exit code', () => {
    const codes = tableUnder('| exit code |').map(([code]) => Number(code));
    expect(codes).toEqual(Object.values(exitCodes));
  });

  it('says where every folder is', () => {
    const named = onlyBlockOf('map')
      .text.trim()
      .split('\n')
      .map((line) => line.split(/\s/)[0]?.replace(/\/$/, '') ?? '');
    expect(named.filter((name) => !existsSync(join(root, name)))).toEqual([]);
    const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((one) =>
      one.isDirectory(),
    );
    expect(folders.map(({ name }) => `src/${name}`).filter((name) => !named.includes(name))).toEqual([]);
    expect(named).toEqual(expect.arrayContaining(['suites', 'fixtures', 'containers']));
  });
});

function tableUnder(head: string): string[][] {
  const lines = prose.split('\n');
  const begin = lines.findIndex((line) => line.startsWith(head));
  const after = lines.slice(begin + 2);
  const rows = after.slice(
    0,
    after.findIndex((line) => !line.startsWith('|')),
  );
  return rows.map((row) =>
    row
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

/** What a verdict does to a run, in the words of the table. */
function consequenceOf(quoted: string): string {
  const verdict = verdicts.find((name) => quoted === `\`${name}\``);
  const one = { verdict } as CaseResult;
  if (failsRun(one)) return verdict === 'error' ? 'yes, with code 4' : 'yes';
  if (failsRun(one, { strict: true })) return 'with `--strict`';
  return failsRun(one, { failOn: [one.verdict] }) && verdict !== 'pass'
    ? `with \`--fail-on ${verdict}\``
    : 'no';
}

describe('the command line', () => {
  it('is that of the package', () => {
    expect(join(root, manifest.bin.touchstone ?? '')).toBe(program);
  });

  const npmLines = commandLines.filter((line) => !line.startsWith('npx touchstone'));
  it.each(npmLines)('%s', (line) => {
    for (const command of line.replace(/\s+#\s.*$/, '').split(' && ')) {
      const [npm, verb, ...rest] = command.split(' ');
      expect(npm).toBe('npm');
      const file = `./${manifest.name}-${manifest.version}.tgz`;
      if (verb === 'run') expect(manifest.scripts).toHaveProperty([rest[0] ?? '']);
      else if (verb === 'start' || verb === 'test') expect(manifest.scripts).toHaveProperty([verb]);
      else if (verb === 'install') expect(rest).toEqual(['--save-dev', file]);
      else expect(['ci', 'pack']).toContain(verb);
    }
  });

  it.each(touchstoneLines)('$line is understood', async ({ words }) => {
    if (words[0] === 'help' || words.length === 0) return;
    const { command, parsed } = await understood(words);
    const suites = parsed.list('suites').map((path) => join(folder, path));
    const { cases } = suites.length > 0 ? await loadSuites(suites) : await own;
    if ('only' in command.options) expect(select(cases, selectionOf(parsed)).length).toBeGreaterThan(0);
    expect(await targetOf(words)).toBeDefined();
  });

  it.concurrent.each(touchstoneLines.filter(({ words }) => isCheap(words)))('$line does it', async (one) => {
    const { code, output, errors } = await touchstone(one.words);
    expect(errors).toBe('');
    expect(output).not.toBe('');
    expect(code).toBe(one.words.includes('./broken.yaml') ? exitCodes.notConformant : exitCodes.conformant);
  });
});

/** The command and its words, read as the program itself reads them. Throws where it would refuse them. */
async function understood([name = '', ...rest]: readonly string[]) {
  if (!isCommand(name)) throw new Error(`there is no command ${name}`);
  const command = await commandNamed(name);
  return { command, parsed: parseWords(command, rest) };
}

async function targetOf(words: readonly string[]): Promise<TargetDefinition> {
  const { parsed } = await understood(words);
  const name = parsed.list('target')[0] ?? 'embedded';
  return loadTarget(name.startsWith('.') ? join(folder, name) : name);
}

/** These need records, a server or a shell, or add to the suites: the tests of the commands play them. */
const elsewhere: readonly string[] = [
  'show',
  'report',
  'merge',
  'compare',
  'accept',
  'doctor',
  'completion',
  'new',
];

/** Needs no container engine, and not all the suites; the other tests of the commands run the rest. */
function isCheap(words: readonly string[]): boolean {
  const [name = ''] = words;
  if (elsewhere.includes(name)) return false;
  if (name === 'run' || name === 'prove' || name === 'coverage') return words.includes('--suites');
  return name !== 'list' || words.includes('--faults');
}

it('the case fails as the README shows it', async () => {
  const { output } = await touchstone(['run', '--suites', 'my-suites', '--target', './broken.yaml']);
  for (const file of ['record.json', 'junit.xml', 'report.html'])
    expect(existsSync(join(folder, 'touchstone-report', file))).toBe(true);
  let left = withoutChance(output);
  for (const part of withoutChance(onlyBlockOf('failure').text).split(/^ *\.\.\.\n/m)) {
    expect(left).toContain(part);
    left = left.slice(left.indexOf(part) + part.length);
  }
  expect(left).toBe('');
});

/** A run's output without what is another each time: names and ids made up, ports, times, how much was left out. */
function withoutChance(output: string): string {
  return output
    .replaceAll(/user-[0-9a-f]{12}/g, 'user-0')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'resource')
    .replaceAll(/'m-[0-9a-f]{8}'/g, "'m-0'")
    .replaceAll(/^ +\d+\.\d ms/gm, '0 ms')
    .replaceAll(/local port \d+/g, 'local port 0')
    .replaceAll(/ in \d+\.\d s/g, ' in 0 s')
    .replaceAll(/\(\d+ entries/g, '(0 entries');
}

describe('the targets', () => {
  it.each(blocksOf('target').map(fileOf))('%s can be used', (file) => {
    const target = loadTarget(join(folder, file));
    expect(readKnownFailing(target)).toBeDefined();
    expect(file).toContain(target.settings.target);
  });

  it('are of every kind', () => {
    const shown = blocksOf('target').map((block) => kindOf(loadTarget(join(folder, fileOf(block))).settings));
    expect(shown.sort()).toEqual(Object.keys(targetKinds).sort());
  });

  it('that is a process is started and tested', async () => {
    const words = [
      'run',
      '--target',
      './my-echo/target.yaml',
      '--suites',
      join(ownSuites, 'websocket/rfc6455/utf8.yaml'),
      '--out',
      'echo',
    ];
    expect(await touchstone(words)).toMatchObject({ code: exitCodes.conformant, errors: '' });
  });

  it('that runs already is reached and tested', async () => {
    const staging = parse(readFileSync(join(folder, 'staging/target.yaml'), 'utf8')) as Staging;
    const server = await startEmbeddedServer({ domain: staging.domain, accounts: staging.accounts.list });
    try {
      write('staging/ca.pem', server.ca);
      // Only where it listens, and who vouches for it, is another.
      const { host, port } = server.endpoints.xmpp ?? {};
      const here = {
        ...staging,
        start: { external: { host } },
        endpoints: { xmpp: { ...staging.endpoints.xmpp, port } },
        tls: { ca: './ca.pem' },
      };
      write('staging/here.yaml', stringify(here));
      const words = [
        'run',
        '--target',
        './staging/here.yaml',
        '--suites',
        join(ownSuites, 'xmpp/xep-0199'),
        '--only',
        'xep-0199/ping/server-*',
        '--out',
        'ping',
      ];
      expect(await touchstone(words)).toMatchObject({ code: exitCodes.conformant, errors: '' });
    } finally {
      await server.stop();
    }
  });
});

interface Staging {
  domain: string;
  endpoints: { xmpp: object };
  accounts: { list: { username: string; password: string }[] };
}

it('the known failures are read, and name cases that there are', async () => {
  const { cases } = await own;
  const known = readKnownFailing(loadTarget(join(folder, 'my-server/target.yaml')));
  expect(known.length).toBeGreaterThan(0);
  for (const entry of known) expect(cases.some((one) => one.id === entry.case)).toBe(true);
});

it('the CI recipe checks out, installs, plays and keeps what was written', async () => {
  const { on, jobs } = parse(onlyBlockOf('workflow').text) as Workflow;
  expect(on).toEqual(['push']);
  const steps = Object.values(jobs).flatMap((job) => job.steps);
  for (const { uses, run } of steps)
    expect(uses ?? run).toMatch(run ? /^(npm ci|npx touchstone .*)$/ : /^actions\/[a-z-]+@v\d+$/);
  const runs = steps.flatMap(({ run }) => run ?? []);
  expect(runs[0]).toBe('npm ci');
  const { parsed } = await understood(wordsOf(runs[1] ?? '').slice(2));
  expect((await targetOf(wordsOf(runs[1] ?? '').slice(2))).settings.target).toBe('my-server');
  expect(steps.find((step) => step.uses?.startsWith('actions/upload-artifact'))?.with?.path).toBe(
    parsed.text('out'),
  );
});

interface Workflow {
  on: unknown;
  jobs: Record<string, { steps: { uses?: string; run?: string; with?: Record<string, unknown> }[] }>;
}
