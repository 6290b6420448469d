import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { playCase } from '../../run/play-case.ts';
import { loadSuites } from '../../suite/load-suites.ts';
import { loadTarget } from '../../target/load-target.ts';
import { startTarget } from '../../target/start-target.ts';
import { bindingNames } from './bindings.ts';

/** Plays the steps over each binding of the embedded server; what came of them, by binding. */
async function play(given: string, steps: string[], faults: readonly string[] = []) {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-'));
  const indented = steps.map((step) => `      - ${step}`).join('\n');
  const text = `suite: messaging/test\ntitle: A test\nspec: Touchstone messaging promises\nuses: messaging\ncases:
  - id: one\n    title: One\n    covers: [messaging/auth-right-password-accepted]\n    given: ${given}\n    steps:\n${indented}\n`;
  writeFileSync(join(folder, 'test.yaml'), text);
  try {
    const { cases } = await loadSuites([folder]);
    const one = cases.find(({ id }) => id === 'messaging/test/one');
    if (!one) throw new Error('the case was not loaded');
    const outcomes: Record<string, string> = {};
    for (const variant of bindingNames) {
      const target = await startTarget(loadTarget('embedded'), { faults });
      const { signal } = new AbortController();
      const { result } = await playCase(one, target, { patienceMs: 5_000, signal, variant, impatient: true });
      await target.stop();
      outcomes[variant] = `${result.verdict} ${result.failure?.message ?? ''}`.trim();
    }
    return outcomes;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const both = (outcome: unknown) => ({ xmpp: outcome, chat: outcome });

test('a sentinel shows that what was sent before it is lost', async () => {
  const steps = ['carol sends sentinel to bob', 'bob receives from alice: hello'];
  expect(await play('{ alice: signed in, bob: signed in, carol: signed in }', steps)).toEqual(
    both('fail the sentinel that was sent after it came, so it is lost'),
  );
});

test('a payload that differs is told from one that does not come', async () => {
  const steps = ['alice sends bob: hello', 'bob receives from alice: help'];
  expect(await play('{ alice: signed in, bob: signed in }', steps)).toEqual(
    both('fail it differs from octet 3 on, 5 octets instead of 4'),
  );
});

test('messages out of their order are named', async () => {
  const steps = [
    'alice sends bob: "2"',
    'alice sends bob: "1"',
    'bob receives from alice in order: { times: 2, as: n, text: "{n}" }',
  ];
  expect(await play('{ alice: signed in, bob: signed in }', steps)).toEqual(
    both('fail message 2 came before its turn; the next to come was 1'),
  );
});

test('an attempt that is let in is no refusal, and the other way round', async () => {
  expect(await play('{ alice: registered }', ['alice tries to sign in', 'alice is refused'])).toEqual(
    both('fail it was let in'),
  );
  const wrong = ['alice tries to sign in: { password: wrong }', 'alice is let in'];
  expect(await play('{ alice: registered }', wrong)).toEqual(both(expect.stringContaining('fail refused: ')));
});

test('the reason of a refusal is kept and compared', async () => {
  const steps = [
    'alice tries to sign in: { password: wrong }',
    'alice is refused: "{reason=*}"',
    'alice tries to sign in: { password: wrong again }',
    'alice is refused: "{reason}"',
  ];
  expect(await play('{ alice: registered }', steps)).toEqual(both('pass'));
});

test('states are seen in their order, and a wrong one is named', async () => {
  const given = '{ alice: { friends: [bob] }, bob: signed in }';
  const changes = ['alice appears busy', 'alice appears away', 'alice sends sentinel to bob'];
  expect(await play(given, [...changes, 'bob sees alice in order: [busy, away]'])).toEqual(both('pass'));
  expect(await play(given, [...changes, 'bob sees alice in order: [away, busy]'])).toEqual(
    both('fail alice was seen away after busy'),
  );
  expect(await play(given, [...changes, 'bob sees alice in order: [busy, away, available]'])).toEqual(
    both('fail the sentinel came before the last'),
  );
});

test('what cannot be set up is inconclusive', async () => {
  const outcome = await play('{ alice: { account: bob }, bob: { account: alice } }', ['alice signs in']);
  expect(outcome.chat).toContain('has none of its own');
});
