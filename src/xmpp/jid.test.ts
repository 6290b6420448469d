import { expect, test } from 'vitest';
import { bareJid, fullJid, joinJid, splitJid } from './jid.ts';

test.each([
  ['romeo@montague.example/orchard', 'romeo', 'montague.example', 'orchard'],
  ['montague.example', undefined, 'montague.example', undefined],
  ['montague.example/a@b/c', undefined, 'montague.example', 'a@b/c'],
  ['@montague.example/', '', 'montague.example', ''],
])('%s is cut and joined', (jid, local, domain, resource) => {
  expect(splitJid(jid)).toEqual({ local, domain, resource });
  expect(joinJid(splitJid(jid))).toBe(jid);
});

test('a bare address is the address without its resource', () => {
  expect(bareJid('a@b/c/d')).toBe('a@b');
  expect(fullJid('a@b/c', 'd')).toBe('a@b/d');
});
