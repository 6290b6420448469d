import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { formatMistake } from '../target/yaml-document.ts';
import { coverageOf } from './coverage.ts';
import { rowsOf } from './each.ts';
import { matchesAny } from './glob.ts';
import { checkSuites, loadSuites, ownSuites } from './load-suites.ts';
import { EmptySelectionError, select } from './select.ts';

const catalogue = `specification: Proto 1
title: A protocol
requirements:
  - { id: 1-one, section: "1", level: MUST, summary: One }
  - { id: 2-two, section: "2", level: SHOULD, summary: Two }
  - { id: 3-three, section: "3", level: MUST, summary: Three, untestable: nobody sees it }
`;

const head = `suite: proto/topic
title: A topic
spec: Proto 1
uses: xmpp
cases:
`;

/** A case of the suite; what is given replaces its lines of the same key. */
function caseWith(changes: Record<string, string> = {}): string {
  const lines = {
    id: 'first',
    title: 'The server answers',
    covers: '[proto/1-one]',
    given: '{ romeo: online }',
    steps: '[romeo is closed]',
    ...changes,
  };
  return `${Object.entries(lines)
    .map(([key, value], index) => `${index === 0 ? '  - ' : '    '}${key}: ${value}`)
    .join('\n')}\n`;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'touchstone-suites-'));
  mkdirSync(join(folder, 'proto'));
  write('requirements.yaml', catalogue);
});
afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, text: string): void {
  writeFileSync(join(folder, 'proto', name), text);
}

/** Every mistake as a person reads it, without the folder. */
async function mistakesOf(text: string): Promise<string[]> {
  write('topic.yaml', text);
  const { mistakes } = await checkSuites([folder]);
  return mistakes.map((mistake) =>
    formatMistake({ ...mistake, file: mistake.file.slice(folder.length + 1) }),
  );
}

/** The folder's name is another one each time. */
function withoutFolder(text: string): string {
  return text.replaceAll(/\S*touchstone-suites-[^/]+\//g, '');
}

async function mistakeOf(changes: Record<string, string>): Promise<string> {
  return (await mistakesOf(head + caseWith(changes))).join('\n\n');
}

describe('a suite file', () => {
  it('without mistakes is a case', async () => {
    write('topic.yaml', head + caseWith());
    const { cases } = await loadSuites([folder]);
    expect(cases.map(({ id, level, needs }) => ({ id, level, needs }))).toMatchInlineSnapshot(`
      [
        {
          "id": "proto/topic/first",
          "level": "MUST",
          "needs": [
            "xmpp",
          ],
        },
      ]
    `);
  });

  it.each([
    ['an unknown key', { stepz: '[]' }],
    ['an unknown verb', { steps: '[romeo conects]' }],
    ['an unknown actor', { steps: '[rome is closed]' }],
    ['an unknown actor in a placeholder', { steps: `\n      - romeo sends: <message to='{juliet.bare}'/>` }],
    ['an unknown fact of an actor', { steps: `\n      - romeo sends: <message to='{romeo.bar}'/>` }],
    ['a capture before it is bound', { steps: `\n      - romeo sends: <message id='{number}'/>` }],
    ['a pattern that is sent', { steps: `\n      - romeo sends: <message id='{*}'/>` }],
    ['an unknown requirement', { covers: '[proto/1-onne]' }],
    ['an untestable requirement', { covers: '[proto/3-three]' }],
    ['an unknown transport', { over: '[tcp, web-socket]' }],
    ['an unknown capability', { needs: '[starttsl]' }],
    ['an unknown state', { given: '{ romeo: onlin }' }],
    ['a stanza that is not well-formed', { steps: `\n      - romeo sends: <message><body></message>` }],
    ['an empty `each`', { each: '{ size: [] }' }],
    ['`each` without the value in the id', { each: '{ size: [1, 2] }' }],
    ['`within` at a verb that acts', { steps: `\n      - { romeo sends: <presence/>, within: 2s }` }],
    ['a bad duration', { steps: `\n      - { romeo receives: <presence/>, within: soon }` }],
    ['an outcome that does not wait', { steps: `\n      - one of: [romeo is closed, romeo closes]` }],
    ['two sentences in one step', { steps: `\n      - { romeo sends: <a/>, romeo receives: <b/> }` }],
  ])('with %s is told so, at its place', async (_, changes) => {
    expect(withoutFolder(await mistakeOf(changes as Record<string, string>))).toMatchSnapshot();
  });

  it('with mistakes in its outline is told of those further inside as well', async () => {
    const cases = [
      caseWith({ colour: 'red', steps: '[romeo conects]' }),
      caseWith({ id: '7', title: '[]' }),
      caseWith({ id: 'third', given: '{ romeo: onlin }' }),
    ];
    const mistakes = await mistakesOf(head.replace('uses:', 'color: red\nuses:') + cases.join(''));
    expect(mistakes.map((mistake) => mistake.split('\n')[0])).toMatchInlineSnapshot(`
      [
        "proto/topic.yaml:4:1: unknown key \`color\`",
        "proto/topic.yaml:11:19: \`conects\` is nothing that romeo can do",
        "proto/topic.yaml:12:5: unknown key \`colour\`",
        "proto/topic.yaml:13:9: expected a text, found \`7\`",
        "proto/topic.yaml:14:12: expected a text, found a list",
        "proto/topic.yaml:21:21: expected one of \`registered\`, \`connected\`, \`secured\`, \`authenticated\`, \`bound\`, \`online\` or a map, found \`onlin\`",
      ]
    `);
  });

  it('that is no YAML is told so', async () => {
    expect((await mistakesOf(`${head}  - id: "first\n`)).join('\n\n')).toMatchSnapshot();
  });

  it('with a fixture that is not there is told so', async () => {
    const text =
      head.replace('xmpp', 'websocket') +
      caseWith({
        given: '{ client: open }',
        steps: '\n      - client sends binary: { file: nowhere.bin }',
      });
    expect((await mistakesOf(text)).join('\n\n')).toContain(
      'proto/topic.yaml:11:30: there is no nowhere.bin in fixtures/',
    );
  });

  it('with an id that is there already is told so', async () => {
    expect(withoutFolder((await mistakesOf(head + caseWith() + caseWith())).join('\n\n'))).toMatchSnapshot();
  });

  it('does not hide the mistakes of the others', async () => {
    write('another.yaml', head.replace('topic', 'another') + caseWith({ covers: '[proto/none]' }));
    const mistakes = await mistakesOf(
      head + caseWith({ needs: '[telepathy]', steps: '[romeo flies, juliet sings]' }),
    );
    expect(mistakes.map((mistake) => mistake.split('\n')[0])).toMatchSnapshot();
    await expect(loadSuites([folder])).rejects.toMatchObject({ code: 'INVALID_FILE' });
  });

  it('that is not there is a mistake', async () => {
    const { mistakes } = await checkSuites([join(folder, 'nowhere')]);
    expect(mistakes.map((mistake) => mistake.text)).toEqual(['there is no such file or folder']);
  });
});

describe('`each`', () => {
  it('makes every combination of lists, and takes rows as they stand', () => {
    expect(rowsOf({ a: [1, 2], b: ['x', 'y'] })).toEqual([
      { a: 1, b: 'x' },
      { a: 1, b: 'y' },
      { a: 2, b: 'x' },
      { a: 2, b: 'y' },
    ]);
    expect(rowsOf([{ a: 1 }, { a: 2, b: 3 }])).toEqual([{ a: 1 }, { a: 2, b: 3 }]);
    expect(
      rowsOf([
        [{ a: 1 }, { a: 2 }],
        [
          { b: 3, c: 4 },
          { b: 5, c: 6 },
        ],
      ]),
    ).toEqual([
      { a: 1, b: 3, c: 4 },
      { a: 1, b: 5, c: 6 },
      { a: 2, b: 3, c: 4 },
      { a: 2, b: 5, c: 6 },
    ]);
  });

  it('names its values in ids and titles', async () => {
    write(
      'topic.yaml',
      head + caseWith({ id: 'of-{size}', title: 'It takes {size}', each: '{ size: [1, 20] }' }),
    );
    const { cases } = await loadSuites([folder]);
    expect(cases.map((one) => [one.id, one.title])).toEqual([
      ['proto/topic/of-1', 'It takes 1'],
      ['proto/topic/of-20', 'It takes 20'],
    ]);
  });
});

it('the suites that come along have the names of their folders and files', async () => {
  const { cases } = await loadSuites();
  for (const { name, file } of new Set(cases.map((one) => one.suite)))
    expect(file.endsWith(`/${name}.yaml`), file).toBe(true);
});

describe('a selection', () => {
  const load = async () => {
    const second = caseWith({ id: 'second', covers: '[proto/2-two]', needs: '[ping]' });
    write('topic.yaml', head + caseWith() + second);
    return loadSuites([folder]);
  };

  it.each([
    [{}, ['first', 'second']],
    [{ only: ['proto/**'] }, ['first', 'second']],
    [{ only: ['proto/topic'] }, ['first', 'second']],
    [{ only: ['**/sec*'] }, ['second']],
    [{ spec: ['proto-1'] }, ['first', 'second']],
    [{ level: ['MUST' as const] }, ['first']],
    [{ needs: ['ping'] }, ['second']],
  ])('%j leaves %j', async (selection, left) => {
    const { cases } = await load();
    expect(select(cases, selection).map((one) => one.id.split('/').at(-1))).toEqual(left);
  });

  it.each([
    [{}, []],
    [{ only: ['proto/**'] }, []],
    [{ only: ['proto/topic'] }, ['first']],
    [{ only: ['proto/topic/fi*'] }, ['first']],
    [{ only: ['autobahn/6.4.*'] }, ['first']],
    [{ only: ['autobahn/*'] }, ['first']],
    [{ only: ['autobahn/6.5.*'] }, []],
    [{ heavy: true }, ['first']],
  ])('%j leaves %j of a heavy suite', async (selection, left) => {
    const light = (head + caseWith({ id: 'light' })).replace('topic', 'other');
    write('other.yaml', light);
    write(
      'topic.yaml',
      head.replace('cases:', 'heavy: takes hours\ncases:') + caseWith({ equals: 'autobahn/6.4.1' }),
    );
    const { cases } = await loadSuites([folder]);
    const chosen = cases.filter((one) => {
      try {
        return select([one], selection).length > 0;
      } catch {
        return false;
      }
    });
    expect(chosen.filter((one) => one.suite.heavy).map((one) => one.id)).toEqual(
      left.map((id) => `proto/topic/${id}`),
    );
  });

  it('knows the suites whose cases play one by one', async () => {
    write('other.yaml', (head + caseWith({ id: 'harmless' })).replace('topic', 'other'));
    write('topic.yaml', head.replace('cases:', 'alone: wears the server out\ncases:') + caseWith());
    const { cases } = await loadSuites([folder]);
    const own = cases.filter((one) => one.id.startsWith('proto/'));
    expect(own.filter((one) => one.alone).map((one) => one.id)).toEqual(['proto/topic/first']);
    expect(own).toHaveLength(2);
  });

  it.each([
    [['rfc7692/offers/**'], ['rfc7692/offers']],
    [['xep-0199'], ['xep-0199/ping']],
    [['xep-019*/**'], ['xep-0198/', 'xep-0199/']],
    [
      ['autobahn/6.4.*', 'xep-0199/**'],
      ['messaging/', 'rfc6120/', 'rfc7692/', 'xep-0199/'],
    ],
    [
      ['xep-0199/pong/**', 'xepp'],
      ['messaging/', 'rfc6120/', 'rfc7692/', 'xep-0199/'],
    ],
  ])('by %j reads the files that can hold such cases, or all where one is of none', async (only, read) => {
    const { cases, unread } = await loadSuites([ownSuites], only);
    const names = new Set(cases.map((one) => one.suite.name));
    const others = [...names].filter((name) => !read.some((beginning) => name.startsWith(beginning)));
    for (const beginning of read) expect([...names].some((name) => name.startsWith(beginning))).toBe(true);
    expect(others.length > 0).toBe(unread.length === 0);
  });

  it('that leaves nothing throws, and says what was asked for', async () => {
    const { cases } = await load();
    expect(() => select(cases, { only: ['protto/**'] })).toThrow(EmptySelectionError);
    expect(() => select(cases, { only: ['protto/**'] })).toThrow('no case matches --only protto/**');
  });

  it('counts what is covered of what can be tested', async () => {
    write('topic.yaml', head + caseWith());
    const { cases, catalogues } = await loadSuites([folder]);
    const own = catalogues.filter((one) => one.name === 'proto');
    const [row] = coverageOf(own, cases);
    expect(row).toMatchObject({ covered: 1, testable: 2, all: 3 });
    expect(row?.uncovered.map((one) => one.id)).toEqual(['proto/2-two']);
  });
});

it.each([
  ['rfc6121/**', 'rfc6121/roster/one', true],
  ['rfc*/roster/*', 'rfc6121/roster/one', true],
  ['**/one', 'rfc6121/roster/one', true],
  ['rfc6121', 'rfc6121/roster/one', true],
  ['rfc6121/ros', 'rfc6121/roster/one', false],
  ['rfc6121/*', 'rfc61210/roster', false],
  ['rfc6121.roster', 'rfc6121/roster', false],
  ['a(b', 'a(b', true],
])('the glob %s on %s: %s', (glob, id, matches) => {
  expect(matchesAny(id, [glob])).toBe(matches);
});
