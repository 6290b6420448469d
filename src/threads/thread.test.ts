import { expect, it } from 'vitest';
import { Thread } from './thread.ts';

// A thread runs compiled modules only.
const compiled = new URL('../../dist/threads/thread.js', import.meta.url);

/** A thread that answers with what the expression makes of a `question`. */
function threadOf(expression: string): Thread<unknown, unknown> {
  const module = `import { answerQuestions } from '${compiled}';
    answerQuestions(async (question) => ${expression});`;
  return new Thread(new URL(`data:text/javascript,${encodeURIComponent(module)}`), {});
}

it('answers questions, several at a time', async () => {
  const thread = threadOf('question.length');
  const answers = ['a', 'bb', 'ccc'].map((question) => thread.ask(question));
  expect(await Promise.all(answers)).toEqual([1, 2, 3]);
  await thread.end();
});

it('hands on what an answer throws, and answers the next question', async () => {
  const thread = threadOf('question.name.length');
  await expect(thread.ask(undefined)).rejects.toThrow(/TypeError: Cannot read properties of undefined/);
  expect(await thread.ask({ name: 'romeo' })).toBe(5);
  await thread.end();
});

it('rejects what it can not answer any more', async () => {
  const thread = threadOf('new Promise(() => {})');
  const asked = thread.ask('anything');
  const ended = expect(asked).rejects.toThrow(/has ended/);
  await thread.end();
  await ended;
  await expect(thread.ask('more')).rejects.toThrow(/has ended/);
});

it('tells of a module that can not be run', async () => {
  const thread = new Thread(new URL('data:text/javascript,throw new Error("no way")'), {});
  await expect(thread.ask('anything')).rejects.toThrow('no way');
});
