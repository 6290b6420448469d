import { expect, it } from 'vitest';
import { has } from './capabilities.ts';
import { loadTarget } from './load-target.ts';
import { startTarget } from './start-target.ts';
import { openStreamTo } from './xmpp-connections.ts';

it('the embedded target answers, is probed, makes accounts and comes back', async () => {
  const running = await startTarget(loadTarget('embedded'));
  const capabilities = await running.capabilities();
  for (const name of ['xmpp', 'starttls', 'tls-1.3', 'sasl-scram-sha-256', 'disco', 'ping'] as const) {
    expect(capabilities.offered).toContain(name);
  }
  expect(has(capabilities, 'archive')).toBe(false);
  expect((await running.newAccount()).bare).toMatch(/@touchstone\.example$/);
  await running.control?.restart();
  const { xmpp } = running.endpoints;
  if (!xmpp) throw new Error('there is no XMPP endpoint');
  const connection = await openStreamTo(running, xmpp, { signal: AbortSignal.timeout(10_000) });
  expect(connection.secured).toBe(true);
  connection.destroy();
  await running.stop();
  await expect(openStreamTo(running, xmpp, { signal: AbortSignal.timeout(10_000) })).rejects.toThrow();
});

it('an unknown fault is refused', async () => {
  await expect(startTarget(loadTarget('embedded'), { faults: ['no-such-fault'] })).rejects.toThrow(
    'no-such-fault',
  );
});

it('a claim that the server does not keep is a finding', async () => {
  const embedded = loadTarget('embedded');
  const settings = { ...embedded.settings, claims: ['archive', 'xmpp'] as const };
  const running = await startTarget({ ...embedded, settings: { ...settings, claims: [...settings.claims] } });
  expect((await running.capabilities()).findings).toEqual([
    { capability: 'archive', text: 'The target claims archive, but the server does not offer it.' },
  ]);
  await running.stop();
});
