import { describe, expect, it } from 'vitest';
import { formatMistake, nearest, parseYaml, readYaml, SchemaCheck, suggest } from './yaml-document.ts';

const check = new SchemaCheck<{ name: string }>({
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: {
    name: { type: 'string', pattern: '^[a-z]+$', description: 'small letters only' },
    colour: { enum: ['red', 'green'] },
    list: { type: 'array', minItems: 1, items: { $ref: '#/$defs/shape' } },
  },
  $defs: {
    shape: {
      oneOf: [
        { const: 'dot' },
        {
          type: 'object',
          required: ['circle'],
          additionalProperties: false,
          properties: {
            circle: { type: 'object', required: ['radius'], properties: { radius: { type: 'integer' } } },
          },
        },
        {
          type: 'object',
          required: ['box'],
          additionalProperties: false,
          properties: { box: { type: 'array', items: { $ref: '#/$defs/shape' } } },
        },
      ],
    },
  },
});

function complaints(text: string): string[] {
  return parseYaml('x.yaml', text, check).mistakes.map(
    ({ line, column, text: what, hint }) => `${line}:${column} ${what}${hint ? ` (${hint})` : ''}`,
  );
}

describe('a YAML document', () => {
  it('hands out the value of a valid file', () => {
    const document = parseYaml(
      'x.yaml',
      'name: abc\nlist: [dot, {circle: {radius: 3}}, {box: [dot]}]\n',
      check,
    );
    expect(document.mistakes).toEqual([]);
    expect(document.value).toMatchObject({ name: 'abc' });
    expect(document.positionOf(['list', 1, 'circle', 'radius'])).toEqual({ line: 2, column: 31 });
    expect(document.positionOf(['list', 1, 'circle', 'radius'], 'key')).toEqual({ line: 2, column: 23 });
    expect(document.positionOf(['list', 7])).toEqual({ line: 2, column: 7 });
  });

  it('names every mistake with its position and the nearest right word', () => {
    expect(complaints('nam: abc\ncolour: gren\nlist: []\n')).toEqual([
      '1:1 `name` is missing',
      '1:1 unknown key `nam` (did you mean `name`?)',
      '2:9 expected one of `red`, `green`, found `gren` (did you mean `green`?)',
      '3:7 this list has too few items',
    ]);
    expect(complaints('name: ABC')).toEqual(['1:7 `ABC` is not in the right form (small letters only)']);
  });

  it('answers for the branch that the value was meant for', () => {
    expect(
      complaints('name: a\nlist:\n  - dott\n  - {circle: {radius: big}}\n  - {box: [{circl: 1}]}\n  - 7\n'),
    ).toEqual([
      '3:5 expected `dot` or a map, found `dott` (did you mean `dot`?)',
      '4:23 expected a whole number, found `big`',
      '5:12 `circle` is missing',
      '5:13 unknown key `circl` (did you mean `circle`?)',
      '6:5 expected `dot` or a map, found `7`',
    ]);
  });

  it('explains broken YAML', () => {
    expect(complaints('name: a\nname: b\n')).toEqual(['2:1 this key is there twice']);
    expect(complaints('name: <a b="c: d">\ncolour: red: x\n')[0]).toMatch(/^1:\d+ .*\(.*quotes/);
    expect(complaints('name: a\n---\nname: b\n')).toEqual(['2:1 a file holds one document']);
    expect(complaints('name: !secret a\n')[0]).toMatch(/YAML tags are not used here/);
  });

  it('refuses aliases that multiply', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]'];
    for (const [name, of] of ['ba', 'cb', 'dc', 'ed', 'fe'].map((pair) => [...pair])) {
      bomb.push(`${name}: &${name} [${Array(9).fill(`*${of}`).join(',')}]`);
    }
    expect(complaints(bomb.join('\n'))[0]).toMatch(/alias/i);
  });

  it('places a mistake on a part of a text and shows it', () => {
    const document = parseYaml('/elsewhere/x.yaml', 'name: abc\ncolour: "a {b} c"\n', check);
    const mistake = document.mistake(['colour'], 'unknown placeholder `b`', {
      near: '{b}',
      hint: 'did you mean `a`?',
    });
    expect(formatMistake(mistake)).toBe(
      [
        '/elsewhere/x.yaml:2:12: unknown placeholder `b`',
        '  2 | colour: "a {b} c"',
        '    |            ^',
        '    = did you mean `a`?',
      ].join('\n'),
    );
  });

  it('says so when a file cannot be read', () => {
    expect(readYaml('/no/such/file.yaml', check).mistakes).toMatchObject([
      { line: 1, text: 'there is no such file' },
    ]);
    expect(readYaml('/', check).mistakes).toMatchObject([{ text: 'this is a folder, not a file' }]);
  });
});

describe('nearest', () => {
  it('finds the word that was meant', () => {
    expect(nearest('recieves', ['sends', 'receives', 'is closed'])).toBe('receives');
    expect(nearest('xyz', ['sends', 'receives'])).toBeUndefined();
    expect(suggest('xyz', ['sends', 'receives'])).toBe('possible here: sends, receives');
    const many = Array.from({ length: 100 }, (_, index) => `${index}-octets-or-more`);
    expect(suggest('77 bytes', many)).toMatch(/^possible here: 77-octets-or-more, .* and 95 more$/);
  });
});
