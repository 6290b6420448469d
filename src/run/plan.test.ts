import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadSuites } from '../suite/load-suites.ts';
import { loadTarget } from '../target/load-target.ts';
import { run } from './run.ts';

const folder = mkdtempSync(join(tmpdir(), 'touchstone-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));

const suite = `suite: rfc6121/two-ways
title: One definition, two transports
spec: RFC 6121
uses: xmpp
over: [tcp, websocket]
cases:
  - id: everywhere
    title: A message arrives
    covers: [rfc6121/8.5.3.1-chat]
    given: { romeo: online, juliet: online }
    steps:
      - romeo sends: <message to='{juliet.full}' id='{#m}'/>
      - juliet receives: <message id='{#m}'/>
  - id: on-the-stream
    title: A message that comes in two packets arrives
    covers: [rfc6121/8.5.3.1-chat]
    over: [tcp]
    given: { romeo: online, juliet: online }
    steps:
      - romeo writes: <message
      - romeo writes: " to='{juliet.full}' id='{#m}'/>"
      - juliet receives: <message id='{#m}'/>
`;

async function verdicts(...only: string[]): Promise<Record<string, string>> {
  const record = await run({
    target: loadTarget('embedded'),
    suites: await loadSuites([join(folder, 'two-ways.yaml')]),
    selection: { only },
    knownFailing: [],
    version: 'test',
    signal: new AbortController().signal,
    reporters: [],
  });
  return Object.fromEntries(record.cases.map((one) => [one.id, one.verdict]));
}

it('plays a case over each transport that its file or the case itself names', async () => {
  writeFileSync(join(folder, 'two-ways.yaml'), suite);
  expect(await verdicts()).toEqual({
    'rfc6121/two-ways/everywhere': 'pass',
    'rfc6121/two-ways/everywhere/websocket': 'pass',
    'rfc6121/two-ways/on-the-stream': 'pass',
  });
  expect(await verdicts('**/websocket')).toEqual({ 'rfc6121/two-ways/everywhere/websocket': 'pass' });
});
