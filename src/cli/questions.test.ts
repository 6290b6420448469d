import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { coloursFor } from '../report/colours.ts';
import { passed } from '../report/test-support.ts';
import { askFor } from './accept.ts';
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
