import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { coloursFor } from '../report/colours.ts';
import { passed } from '../report/test-support.ts';
import { readTarget } from '../target/load-target.ts';
import { askFor } from './accept.ts';
import { askForTarget } from './init.ts';
import { Questions, UnansweredError } from './questions.ts';

function asking(answers: string) {
  const input = new PassThrough();
  const output = new PassThrough();
  let said = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  input.end(answers);
  return { questions: new Questions(input, output), said: () => said };
}

it('asks again until the answer will do, and knows the end of the input', async () => {
  const { questions, said } = asking('chalk\n2\n\nshort\nlong enough\n');
  const kinds = [
    { name: 'container', help: 'one' },
    { name: 'process', help: 'two' },
  ] as const;
  expect(await questions.choose('What is it?', kinds)).toBe('process');
  expect(said()).toContain('a number from 1 to 2, or the word');
  expect(await questions.ask('Where', { otherwise: 'here' })).toBe('here');
  const refuse = (answer: string) => (answer.length < 8 ? 'too short' : undefined);
  expect(await questions.ask('Why', { refuse })).toBe('long enough');
  expect(said()).toContain('too short');
  await expect(questions.ask('And now')).rejects.toThrow(UnansweredError);
});

it('asks for the reason of a failure: one of its own, the one before, or none', async () => {
  const reason = 'RFC 1 section 2 wants this, the server does that';
  const { questions } = asking(`=\nno\n${reason}\n=\n-\n`);
  let shown = '';
  const write = (text: string) => {
    shown += text;
  };
  const how = { questions, colours: coloursFor({}, {}), write };
  const one = { result: { ...passed, verdict: 'fail' as const }, intermittent: false };
  expect(await askFor(one, undefined, how)).toBe(reason);
  expect(await askFor(one, reason, how)).toBe(reason);
  expect(await askFor(one, reason, how)).toBeUndefined();
  expect(shown).toContain(`FAIL ${passed.id}`);
});

it.each([
  [
    '1\n1\nregistry.example:5000/servers/My_Server:1.2\n',
    { container: { image: 'registry.example:5000/servers/My_Server:1.2' } },
    { xmpp: { port: 5222, tls: 'offered' } },
  ],
  ['container\n\n\n', { container: { build: '.' } }, { xmpp: { port: 5222, tls: 'offered' } }],
  [
    '2\n3\n"my server" --port={port}\n',
    { process: { command: ['my server', '--port={port.websocket}'] } },
    { websocket: { path: '/', echo: true } },
  ],
  ['3\n1\nchat.example:5223\n', { external: { host: 'chat.example' } }, { 'xmpp-tls': { port: 5223 } }],
  [
    '3\n2\nnot a place\nwss://chat.example/ws\n',
    { external: { host: 'chat.example' } },
    { 'websocket-tls': { port: 443, path: '/ws' } },
  ],
  [
    '3\n3\nws://[::1]:9001\n',
    { external: { host: '::1' } },
    { websocket: { port: 9001, path: '/', echo: true } },
  ],
])('writes a valid target file for the answers %j', async (answers, start, endpoints) => {
  const folder = mkdtempSync(join(tmpdir(), 'touchstone-init-'));
  try {
    writeFileSync(join(folder, 'Dockerfile'), 'FROM scratch\n');
    const file = join(folder, 'target.yaml');
    writeFileSync(file, await askForTarget(asking(answers).questions));
    const { value, mistakes } = readTarget(file);
    expect(mistakes).toEqual([]);
    expect(value).toMatchObject({ start, endpoints });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
