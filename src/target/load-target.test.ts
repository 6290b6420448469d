import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type TargetKind, targetKinds, targetTemplate } from './init.ts';
import { kindOf, knownTargets, loadTarget, readTarget, UnknownTargetError } from './load-target.ts';
import { writeTargetSchema } from './target.schema.ts';
import { InvalidFileError } from './yaml-document.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

function write(text: string): string {
  const file = join(folder, 'target.yaml');
  writeFileSync(file, text);
  return file;
}

function complaints(text: string): string[] {
  return readTarget(write(text)).mistakes.map(
    ({ line, column, text: what, hint }) => `${line}:${column} ${what}${hint ? ` (${hint})` : ''}`,
  );
}

const head = 'target: t\ntitle: T\nproduct: { name: T }\n';

describe('loading a target', () => {
  it.each(knownTargets())('loads %s and its variants', (name) => {
    const { settings } = loadTarget(name);
    expect(settings.target).toBe(name);
    for (const variant of Object.keys(settings.variants ?? {}))
      expect(loadTarget(`${name}@${variant}`).settings.target).toBe(`${name}@${variant}`);
  });

  it('loads a file, and the folder of one', () => {
    const file = write(`${head}start: { external: { host: h } }\nendpoints: { websocket: { port: 1 } }\n`);
    expect(loadTarget(file).file).toBe(file);
    expect(loadTarget(folder).file).toBe(file);
  });

  it('knows what was meant by an unknown name', () => {
    expect(() => loadTarget('prosodi')).toThrow(UnknownTargetError);
    expect(() => loadTarget('prosodi')).toThrow('did you mean `prosody`?');
    expect(() => loadTarget('quite-different')).toThrow('known are embedded, aiohttp');
    expect(() => loadTarget('no/such/file.yaml')).toThrow('there is no target file no/such/file.yaml');
  });

  it('throws all mistakes of a file with their positions', () => {
    const file = write('target: My Server\ntitle: x\nprodukt: {}\nstart: { contaner: {} }\nendpoints: {}\n');
    expect(() => loadTarget(file)).toThrow(InvalidFileError);
    expect(complaints(readFileSync(file, 'utf8'))).toEqual([
      '1:1 `product` is missing',
      '1:9 `My Server` is not in the right form (The name of the target in kebab-case)',
      '3:1 unknown key `produkt` (did you mean `product`?)',
      '4:10 unknown key `contaner` (did you mean `container`?)',
      expect.stringMatching(/^5:12 this map has too few keys \(allowed here: xmpp, /),
    ]);
  });

  it('asks for what a schema cannot say', () => {
    expect(
      complaints(
        `${head}start: { container: { build: nowhere, files: { /a: ./b } } }\nendpoints: { xmpp: {} }\naccounts: { command: [add, "{user}"] }\ntls: { ca: my.pem }\n`,
      ),
    ).toEqual([
      '4:30 there is no Dockerfile to build from (a Dockerfile must lie in the folder)',
      `4:52 there is no file ${join(folder, 'b')}`,
      '5:1 `domain` is missing (an XMPP endpoint needs the domain that its accounts belong to)',
      '5:14 `port` is missing',
      '6:29 unknown placeholder `{user}` (did you mean `{username}`?)',
      `7:12 there is no file ${join(folder, 'my.pem')}`,
    ]);
    expect(
      complaints(
        `${head}start: { external: { host: h } }\nendpoints: { websocket: { port: 1 } }\naccounts: { in-band: true }\nclaims: [websockett]\ntls: { ca: touchstone }\n`,
      ),
    ).toEqual([expect.stringMatching(/^7:10 expected one of `xmpp`, .*did you mean `websocket`/)]);
  });

  it('takes an image or a folder to build, not both', () => {
    mkdirSync(join(folder, 'image'), { recursive: true });
    writeFileSync(join(folder, 'image', 'Dockerfile'), 'FROM scratch\n');
    const both = `${head}start: { container: { build: image, image: x } }\nendpoints: { websocket: { port: 1 } }\n`;
    expect(complaints(both)).toEqual(['4:21 only one of `image`, `build` may be there']);
    expect(complaints(both.replace(', image: x', ''))).toEqual([]);
    expect(complaints(both.replace('build: image, image: x', ''))).toEqual([
      '4:10 one of `image`, `build` is missing',
    ]);
  });
});

describe('the variants of a target', () => {
  const file = `${head}start: { container: { image: s:2, environment: { A: a, B: b } } }
domain: d
endpoints: { xmpp: { port: 1 }, xmpp-tls: { port: 2 } }
accounts: { in-band: true }
claims: [xmpp, ping]
variant: '2.0'
variants:
  '1.0':
    title: The old one
    start: { container: { image: s:1, environment: { B: null, C: c } } }
    endpoints: { xmpp: { port: 3 }, xmpp-tls: null }
    accounts: { command: [add, "{username}"] }
    claims: { not: [ping], also: [disco] }
`;

  it('say what is different', () => {
    const path = write(file);
    expect(loadTarget(`${path}@1.0`)).toMatchObject({ file: path, variant: '1.0' });
    expect(loadTarget(`${folder}@1.0`).settings).toMatchObject({
      target: 't@1.0',
      title: 'The old one',
      product: { name: 'T' },
      start: { container: { image: 's:1', environment: { A: 'a', C: 'c' } } },
      domain: 'd',
      endpoints: { xmpp: { port: 3 } },
      accounts: { command: ['add', '{username}'] },
      claims: ['xmpp', 'disco'],
    });
    expect(Object.keys(loadTarget(`${path}@1.0`).settings.endpoints)).toEqual(['xmpp']);
  });

  it('have names, as what the file itself describes has, which is meant where none is given', () => {
    const path = write(file);
    expect(loadTarget(path)).toEqual(loadTarget(`${path}@2.0`));
    expect(loadTarget(path)).toMatchObject({ variant: '2.0', settings: { target: 't', title: 'T' } });
    expect(() => loadTarget(`${path}@1.1`)).toThrow(`did you mean \`${path}@1.0\`?`);
    expect(() => loadTarget(`${path}@latest`)).toThrow('it has 2.0, 1.0');
    expect(() => loadTarget('ws@1.0')).toThrow('the target ws has no variants');
    expect(() => loadTarget('prosodi@0.12')).toThrow('did you mean `prosody`?');
  });

  it('are checked as a whole file is, each mistake at its place', () => {
    expect(complaints(file.replace("variant: '2.0'\n", ''))).toEqual([
      '1:1 `variant` is missing (`variants` needs it)',
    ]);
    expect(complaints(file.replace('not: [ping]', 'not: [pong]'))).toEqual([
      expect.stringMatching(/^16:21 expected one of .*did you mean `ping`/),
    ]);
    const wrong = file
      .replace("variant: '2.0'", "variant: '1.0'")
      .replace('image: s:1', 'image: null')
      .replace('{ not: [ping], also: [disco] }', '{ not: [disco], also: [ping] }');
    expect(complaints(wrong)).toEqual([
      '11:3 this is the name of what the file itself describes',
      '13:14 one of `image`, `build` is missing',
      '16:21 the file does not claim it',
      '16:36 the file claims it already',
    ]);
    expect(complaints(file.replace('"{username}"', '"{user}"'))).toEqual([
      '15:33 unknown placeholder `{user}` (did you mean `{username}`?)',
    ]);
    expect(complaints(file.replace('domain: d\n', ''))).toHaveLength(2);
    expect(complaints(file.replace('port: 3', 'prot: 3'))).toEqual([
      '14:26 unknown key `prot` (did you mean `port`?)',
    ]);
  });
});

describe('the templates of touchstone init', () => {
  it.each(Object.keys(targetKinds) as TargetKind[])('%s is valid as it stands', (kind) => {
    const document = readTarget(write(targetTemplate(kind)));
    expect(document.mistakes).toEqual([]);
    expect(document.value && kindOf(document.value)).toBe(kind);
  });
});

it('target.schema.json says what the loader checks; if not: npm run generate', () => {
  expect(readFileSync(new URL('target.schema.json', import.meta.url), 'utf8')).toBe(writeTargetSchema());
});
