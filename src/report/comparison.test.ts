import { describe, expect, it } from 'vitest';
import { compareRecords, pairsOf } from '../record/compare.ts';
import type { CaseResult } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { coloursFor } from './colours.ts';
import { aloneText, comparisonMarkdown, comparisonText } from './comparison.ts';
import { passed, sampleRecord } from './test-support.ts';

const plain = coloursFor({ isTTY: false }, {});
const known = { knownFailing: { reason: 'The server has always done so' } };

function caseOf(id: string, more: Partial<CaseResult> = {}): CaseResult {
  return { ...passed, id: `s/${id}`, ...more };
}

function compared(earlier: CaseResult[], later: CaseResult[], strict = false): string[] {
  const differences = compareRecords(sampleRecord(earlier), sampleRecord(later), { strict });
  return differences.map(({ change, id }) => `${change}: ${id}`);
}

describe('from one record to another', () => {
  it.each<[string, CaseResult[], CaseResult[], string[]]>([
    ['the same verdict', [caseOf('a')], [caseOf('a', { durationMs: 99 })], []],
    ['a pass that fails', [caseOf('a')], [caseOf('a', { verdict: 'fail' })], ['newly broken: s/a']],
    [
      'a pass of which nothing is learnt',
      [caseOf('a')],
      [caseOf('a', { verdict: 'inconclusive' })],
      ['newly broken: s/a'],
    ],
    ['a failure that passes', [caseOf('a', { verdict: 'fail' })], [caseOf('a')], ['newly mended: s/a']],
    [
      'a known failure that passes',
      [caseOf('a', { verdict: 'fail', ...known })],
      [caseOf('a')],
      ['newly mended: s/a'],
    ],
    [
      'a pass that is listed as failing',
      [caseOf('a')],
      [caseOf('a', { ...known, unexpectedPass: true })],
      ['newly broken: s/a'],
    ],
    [
      'a pass that fails, and is listed',
      [caseOf('a')],
      [caseOf('a', { verdict: 'fail', ...known })],
      ['changed: s/a'],
    ],
    [
      'a failure that is listed now',
      [caseOf('a', { verdict: 'fail' })],
      [caseOf('a', { verdict: 'fail', ...known })],
      ['changed: s/a'],
    ],
    ['a pass that warns', [caseOf('a')], [caseOf('a', { verdict: 'warn' })], ['changed: s/a']],
    ['a case that is not there any more', [caseOf('a'), caseOf('b')], [caseOf('b')], ['gone: s/a']],
    ['a case that was not there', [], [caseOf('a')], ['new: s/a']],
    ['a case that was not there, and fails', [], [caseOf('a', { verdict: 'fail' })], ['newly broken: s/a']],
  ])('%s', (_what, earlier, later, expected) => {
    expect(compared(earlier, later)).toEqual(expected);
  });

  it('a warning is newly broken where warnings fail the run', () => {
    expect(compared([caseOf('a')], [caseOf('a', { verdict: 'warn' })], true)).toEqual(['newly broken: s/a']);
  });

  it('the worst stands first', () => {
    const earlier = [caseOf('gone'), caseOf('mended', { verdict: 'fail' }), caseOf('broken')];
    const later = [caseOf('new'), caseOf('mended'), caseOf('broken', { verdict: 'fail' })];
    expect(compared(earlier, later)).toEqual([
      'newly broken: s/broken',
      'newly mended: s/mended',
      'gone: s/gone',
      'new: s/new',
    ]);
  });
});

describe('a comparison', () => {
  const nasty = '\x1b[2J</code>|`**@all** [x](https://example.org) #1\u202e\n# heading';
  const earlier = sampleRecord([caseOf('a'), caseOf('b')]);
  const later = sampleRecord([
    caseOf('a', { verdict: 'fail', failure: { kind: 'mismatch', expected: 'x', message: nasty } }),
    caseOf(nasty),
  ]);
  const comparison = { earlier, later, differences: compareRecords(earlier, later) };

  it('is told at a terminal', () => {
    const text = comparisonText(comparison, plain).join('\n');
    expect(text).toContain('newly broken: 1\n  s/a  pass → fail\n    ');
    expect(text).toContain('gone: 1\n  s/b  pass → ·');
    expect(text).toContain('1 newly broken, 1 gone, 1 new');
    expect(text).not.toMatch(/[\x1b\u202e]/);
  });

  it('is Markdown in which nothing that came from elsewhere is markup', () => {
    const markdown = comparisonMarkdown(comparison);
    expect(markdown).toContain(
      '#### newly broken: 1\n\n| case | from | to |\n| --- | --- | --- |\n| <code>s/a</code> | pass | fail |',
    );
    expect(markdown).not.toMatch(
      /[\x1b\u202e`]|<\/code>.*<\/code>|\*\*|@all|\]\(|https:\/\/|(?<!&)#1|\n# heading/,
    );
    for (const row of markdown.split('\n').filter((line) => line.startsWith('|')))
      expect(row.match(/\|/g)).toHaveLength(4);
  });

  it('says what a pass that is listed as failing was, and is', () => {
    const one = sampleRecord([caseOf('a', { verdict: 'fail', ...known })]);
    const other = sampleRecord([caseOf('a', { ...known, unexpectedPass: true })]);
    const differences = compareRecords(one, other);
    const text = comparisonText({ earlier: one, later: other, differences }, plain).join('\n');
    expect(text).toContain('newly broken: 1\n  s/a  fail, known → pass, listed as failing\n');
  });

  it('says what keeps the two from being like with like', () => {
    const stopped = {
      ...earlier,
      interrupted: true,
      suites: { digest: 'other' },
      selection: { only: ['a'] },
    };
    const reserves = [
      'the later run ended before all its cases were played',
      'the two runs are of different suites',
      'in the two runs different cases were chosen',
    ];
    const comparison = { earlier, later: stopped, differences: [] };
    expect(comparisonText(comparison, plain).slice(1, 4)).toEqual(reserves);
    for (const one of reserves) expect(comparisonMarkdown(comparison)).toContain(`⚠️ ${one}\n`);
  });

  it('that finds nothing says so', () => {
    const same = { earlier, later: earlier, differences: [] };
    expect(comparisonText(same, plain).at(-1)).toBe('every case came to the same');
    expect(comparisonMarkdown(same)).toContain('every case came to the same');
  });
});

describe('the records of two sets', () => {
  const of = (name: string, round?: number) =>
    sampleRecord([], {
      target: { ...sampleRecord([]).target, name },
      ...(round === undefined ? {} : { round }),
    });
  const setOf = (...records: RecordSet['records']): RecordSet => ({ format: 1, records, notPlayed: [] });

  it('are paired by target and round, and those without a counterpart are named', () => {
    const { pairs, alone } = pairsOf(setOf(of('a'), of('b')), setOf(of('b', 1), of('b', 2), of('c')));
    expect(pairs.map(([one, other]) => [one.target.name, other.target.name, other.round])).toEqual([
      ['b', 'b', 1],
      ['b', 'b', 2],
    ]);
    expect(alone).toEqual([
      { target: 'a', where: 'earlier' },
      { target: 'c', where: 'later' },
    ]);
  });

  it('say why a target has none any more', () => {
    const later = {
      ...setOf(of('a')),
      notPlayed: [{ target: 'b', title: 'B', reason: 'it does not start' }],
    };
    expect(pairsOf(setOf(of('a'), of('b')), later).alone.map(aloneText)).toEqual([
      'b was not played any more: it does not start',
    ]);
  });
});
