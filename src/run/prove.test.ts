import { expect, it } from 'vitest';
import { loadSuites, ownSuites } from '../suite/load-suites.ts';
import { prove } from './prove.ts';

// What every case of every suite is held to, the program itself shows: src/cli/prove.test.ts. Here are some of each family.
it.each([
  ['xep-0199/**'],
  ['rfc7692/negotiation/**'],
])('proves every case of %s: it passes, and some fault fails it', { timeout: 300_000 }, async (only) => {
  const proof = await prove({
    suites: await loadSuites([ownSuites], [only]),
    selection: { only: [only] },
    signal: new AbortController().signal,
  });
  expect(proof.unproven.map((one) => `${one.id}: ${one.reason ?? 'no fault fails it'}`)).toEqual([]);
  expect(proof.cases.length).toBeGreaterThan(5);
});

it('plays one fault or operator against those cases alone that can notice it, where its service is spoken', {
  timeout: 300_000,
}, async () => {
  const suites = await loadSuites([ownSuites], ['messaging/ordering/**']);
  const only = (fault: string, selected: string) =>
    prove({ suites, selection: { only: [selected] }, fault, signal: new AbortController().signal });
  const chat = await only('chat-swaps-messages', 'messaging/ordering/**');
  expect(chat.cases.length).toBeGreaterThan(0);
  expect(chat.cases.filter((one) => !one.id.endsWith('/chat'))).toEqual([]);
  expect(chat.cases.some((one) => one.failedBy.includes('chat-swaps-messages'))).toBe(true);
  const operator = await only('drop', 'messaging/ordering/both-directions-at-once');
  expect(operator.cases.map((one) => one.id)).toEqual(['messaging/ordering/both-directions-at-once/xmpp']);
});
