import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { knownFailureOf, readKnownFailing } from './known-failing.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-known-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(text: string) {
  writeFileSync(join(folder, 'known-failing.yaml'), text);
  return readKnownFailing(join(folder, 'target.yaml'));
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
