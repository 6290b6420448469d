import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { matchesAny } from '../suite/glob.ts';
import { loadSuites } from '../suite/load-suites.ts';
import { knownTargets, loadTarget } from '../target/load-target.ts';
import { variantsOf } from '../target/variants.ts';
import { knownFailureOf, readKnownFailing } from './known-failing.ts';
import { idsOf } from './plan.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-known-'));
afterAll(() => rmSync(folder, { recursive: true }));

const settings = { target: 't', title: 'T', product: { name: 'T' }, start: { embedded: {} }, endpoints: {} };
const file = join(folder, 'target.yaml');

function read(text: string, variant?: string) {
  writeFileSync(join(folder, 'known-failing.yaml'), text);
  const variants = { '1.0': { title: 'The old one' } };
  return readKnownFailing(
    variant === undefined
      ? { file, folder, settings }
      : { file, folder, variant, settings: { ...settings, variant: '2.0', variants } },
  );
}

const reason = 'RFC 1 section 2 wants this, and the server does that';

it('names one case, a glob, or several that fail for one reason', () => {
  const known = read(`- case: rfc1/one/case
  reason: ${reason}
- case: [rfc1/two/first, rfc1/three/*]
  reason: ${reason} too
`);
  expect(known.map((one) => one.case)).toEqual(['rfc1/one/case', 'rfc1/two/first', 'rfc1/three/*']);
  expect(knownFailureOf('rfc1/three/any', known)?.reason).toBe(`${reason} too`);
  expect(knownFailureOf('rfc1/two/second', known)).toBeUndefined();
});

it('names no case twice, in one entry or in two', () => {
  expect(() => read(`- case: [rfc1/a/b, rfc1/a/b]\n  reason: ${reason}\n`)).toThrow(
    '`rfc1/a/b` is there twice',
  );
  const twice = `- case: rfc1/a/b\n  reason: ${reason}\n- case: [rfc1/a/c, rfc1/a/b]\n  reason: ${reason}\n`;
  expect(() => read(twice)).toThrow('`rfc1/a/b` is there twice');
});

it('says why, in more than a word', () => {
  expect(() => read('- case: rfc1/a/b\n  reason: fails\n')).toThrow('known-failing.yaml:2');
});

it('concerns all variants of a target, or those that it names', () => {
  const text = `- case: rfc1/a/b\n  variants: ['1.0']\n  reason: ${reason} once\n- case: [rfc1/a/b, rfc1/a/c]
  variants: ['2.0']\n  reason: ${reason}\n- case: rfc1/a/d\n  reason: ${reason}\n`;
  expect(read(text, '2.0').map((one) => one.case)).toEqual(['rfc1/a/b', 'rfc1/a/c', 'rfc1/a/d']);
  expect(read(text, '1.0')).toEqual([
    { case: 'rfc1/a/b', reason: `${reason} once` },
    { case: 'rfc1/a/d', reason },
  ]);
});

it('names only variants that there are, and no case twice for one of them', () => {
  const of = (name: string) => `- case: rfc1/a/b\n  variants: [${name}]\n  reason: ${reason}\n`;
  expect(() => read(of("'1.1'"), '2.0')).toThrow('did you mean `1.0`?');
  expect(() => read(of("'1.0'"))).toThrow('the target has no variant `1.0`');
  const all = `- case: rfc1/a/b\n  reason: ${reason}\n`;
  expect(() => read(all + of("'1.0'"), '2.0')).toThrow('`rfc1/a/b` is there twice');
});

const cases = loadSuites().then((suites) => suites.cases.flatMap(idsOf));

describe('the lists that come along', () => {
  it.each(knownTargets())('%s names cases that there are', async (name) => {
    const ids = await cases;
    const variants = variantsOf(loadTarget(name).settings).map((variant) => `${name}@${variant}`);
    for (const one of [name, ...variants]) {
      const entries = readKnownFailing(loadTarget(one)).map((entry) => entry.case);
      expect(entries.filter((entry) => !ids.some((id) => matchesAny(id, [entry])))).toEqual([]);
    }
  });
});
