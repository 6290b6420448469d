import { describe, expect, it } from 'vitest';
import type { CaseResult, RunRecord, Verdict } from '../record/record.schema.ts';
import { sampleRecord } from '../report/test-support.ts';
import type { TargetDefinition } from '../target/load-target.ts';
import { Acceptance } from './accept.ts';
import { KnownFailingText } from './known-failing-text.ts';

const reason = 'RFC 1 section 2 wants this, and the server does that';
const settings = { target: 't', title: 'T', product: { name: 'T' }, start: { embedded: {} }, endpoints: {} };
const plain: TargetDefinition = { folder: '/nowhere', settings };
const variants = { '1.0': { title: 'The old one' } };
const old: TargetDefinition = {
  ...plain,
  variant: '1.0',
  settings: { ...settings, variant: '2.0', variants },
};

function recordOf(verdicts: Record<string, Verdict>, more: Partial<RunRecord> = {}): RunRecord {
  const cases = Object.entries(verdicts).map(
    ([id, verdict]): CaseResult => ({
      id,
      suite: 'rfc1/a',
      title: 'A case',
      file: 'a.yaml',
      line: 1,
      covers: [],
      level: 'MUST',
      verdict,
      durationMs: 1,
    }),
  );
  return sampleRecord(cases, more);
}

/** The list after everything was accepted for one reason, and what was told of those that pass. */
function accepted(
  before: string | undefined,
  record: RunRecord | RunRecord[],
  definition = plain,
  why = reason,
) {
  const text = new KnownFailingText(before);
  const acceptance = new Acceptance(definition, [record].flat());
  const told = acceptance.mend(text).map(({ case: id, stays }) => (stays ? `${id}: ${stays}` : id));
  acceptance.list(text, acceptance.unlisted(text, true), why);
  return { text: text.toString(), told };
}

describe('what fails', () => {
  it('is listed as intermittent where it was flaky in a later round', () => {
    const acceptance = new Acceptance(plain, [
      recordOf({ 'rfc1/a/b': 'fail' }),
      recordOf({ 'rfc1/a/b': 'flaky' }),
    ]);
    const [one, ...others] = acceptance.unlisted(new KnownFailingText(undefined));
    expect(others).toEqual([]);
    expect(one).toMatchObject({ result: { verdict: 'fail' }, intermittent: true });
  });

  it.each([
    ['claims/roster', 'take the claim out'],
    ['rfc1/**', 'would name others'],
    ['rfc1/a/b', 'an entry for it names rfc1/a/b/websocket, too, which passes'],
  ])('cannot be listed as %s', (id, why) => {
    const acceptance = new Acceptance(plain, [recordOf({ [id]: 'fail', 'rfc1/a/b/websocket': 'pass' })]);
    expect(acceptance.obstacleTo(id)).toContain(why);
    expect(acceptance.obstacleTo('rfc1/a/c')).toBeUndefined();
  });

  it('is listed in order, several cases for one reason in one entry', () => {
    const record = recordOf({
      'rfc1/a/two': 'fail',
      'rfc1/a/one': 'fail',
      'rfc1/a/one/websocket': 'fail',
      'rfc1/a/x': 'pass',
    });
    expect(accepted(undefined, record).text).toBe(
      `# yaml-language-server: $schema=https://unpkg.com/touchstone/src/run/known-failing.schema.json
- case:
    - rfc1/a/one
    - rfc1/a/two
  reason: ${reason}
`,
    );
  });

  it('comes to an entry that gives the same reason, and leaves all others and their comments as they are', () => {
    const before = `# The list.

- case: rfc1/a/b   # by hand
  reason:   "${reason}"

# About the next.
- {case: rfc1/z/z, reason: "${reason}, but otherwise", link: 'https://example.org'}
# The end.
`;
    expect(
      accepted(before, recordOf({ 'rfc1/a/c': 'fail', 'rfc1/a/b': 'fail', 'rfc1/z/z': 'fail' })).text,
    ).toBe(
      before.replace('- case: rfc1/a/b   # by hand\n', '- case:\n    - rfc1/a/b # by hand\n    - rfc1/a/c\n'),
    );
    const other = accepted(before, recordOf({ 'rfc1/m/m': 'fail' }), plain, `${reason} once more`).text;
    expect(other).toBe(
      before.replace('# About', `- case: rfc1/m/m\n  reason: ${reason} once more\n\n# About`),
    );
  });

  it('at times is intermittent', () => {
    const rounds = [recordOf({ 'rfc1/a/b': 'fail', 'rfc1/a/c': 'flaky' }), recordOf({ 'rfc1/a/b': 'pass' })];
    expect(accepted(undefined, rounds).text).toMatch(
      /a\/b\n +- rfc1\/a\/c\n +reason: .+\n +intermittent: true\n$/,
    );
  });

  it('in one variant of the target concerns that variant, until all of them fail it', () => {
    const { text } = accepted(undefined, recordOf({ 'rfc1/a/b': 'fail' }), old);
    expect(text).toContain(`- case: rfc1/a/b\n  variants: ['1.0']\n  reason: ${reason}\n`);
    const both = accepted(text, recordOf({ 'rfc1/a/b': 'fail' }), { ...old, variant: '2.0' }).text;
    expect(both).toContain(`- case: rfc1/a/b\n  reason: ${reason}\n`);
  });
});

describe('what passes', () => {
  const list = `# Head.
# About b.
- case: [rfc1/a/b, rfc1/a/c]
  reason: ${reason}
- case: rfc1/d/*
  reason: ${reason} too
- case: rfc1/e/e
  intermittent: true
  reason: ${reason} sometimes
- case: [rfc1/f/gone, rfc1/f/here]
  reason: ${reason} once
# The end.
`;

  it('is taken off; a glob becomes those that still fail, and a race stays', () => {
    const record = recordOf(
      { 'rfc1/a/b': 'pass', 'rfc1/a/c': 'fail', 'rfc1/d/1': 'fail', 'rfc1/d/2': 'pass', 'rfc1/e/e': 'pass' },
      { staleKnownFailing: ['rfc1/f/gone'] },
    );
    const { text, told } = accepted(list, record);
    expect(told).toEqual(['rfc1/a/b', 'rfc1/d/2', 'rfc1/f/gone']);
    expect(text).toBe(`# Head.
# About b.
- case: [rfc1/a/c]
  reason: ${reason}
- case: rfc1/d/1
  reason: ${reason} too
- case: rfc1/e/e
  intermittent: true
  reason: ${reason} sometimes
- case: [rfc1/f/here]
  reason: ${reason} once
# The end.
`);
  });

  it('stays where the record does not show all that the entry names', () => {
    const some = { selection: { only: ['rfc1/d/2'] } };
    const { text, told } = accepted(list, recordOf({ 'rfc1/d/2': 'pass' }, some));
    expect([text, told]).toEqual([list, ['rfc1/d/2: rfc1/d/* may name cases that were not played']]);
    const below = { selection: { only: ['rfc1/d'] } };
    expect(accepted(list, recordOf({ 'rfc1/d/2': 'pass' }, below)).told).toEqual(['rfc1/d/2']);
    expect(accepted(list, recordOf({ 'rfc1/a/b': 'pass' }, some)).told).toEqual(['rfc1/a/b']);
  });

  it('is taken off for its variant alone', () => {
    const all = `- case: [rfc1/a/b, rfc1/a/c]\n  reason: ${reason}\n`;
    expect(accepted(all, recordOf({ 'rfc1/a/b': 'pass', 'rfc1/a/c': 'fail' }), old).text).toBe(
      `- case: rfc1/a/b\n  variants: ['2.0']\n  reason: ${reason}\n- case: [rfc1/a/c]\n  reason: ${reason}\n`,
    );
    const own = `- case: rfc1/a/b\n  variants: ['1.0']\n  reason: ${reason}\n`;
    expect(accepted(own, recordOf({ 'rfc1/a/b': 'pass' }), old).text).toBe('[]\n');
  });
});
