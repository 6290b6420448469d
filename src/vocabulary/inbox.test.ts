import { expect, it } from 'vitest';
import { Inbox } from './inbox.ts';

it('an inbox is flooded by what no step has taken, however much was taken before', () => {
  const inbox = new Inbox<Buffer>((octets) => octets.length, 1_000);
  for (let n = 0; n < 100; n++) {
    inbox.push(Buffer.alloc(900));
    expect(inbox.flooded).toBe(false);
    for (const arrival of inbox.waiting()) arrival.taken = true;
    expect(inbox.waiting()).toEqual([]);
  }
  inbox.push(Buffer.alloc(500));
  inbox.push(Buffer.alloc(501));
  expect(inbox.flooded).toBe(true);
  inbox.forget();
  expect(inbox.flooded).toBe(false);
});

it('an inbox lets go what was taken', async () => {
  const inbox = new Inbox<{ payload: Buffer }>();
  let isGone = false;
  const registry = new FinalizationRegistry(() => {
    isGone = true;
  });
  const push = () => {
    const event = { payload: Buffer.alloc(10) };
    registry.register(event, undefined);
    inbox.push(event);
    for (const arrival of inbox.waiting()) arrival.taken = true;
  };
  push();
  expect(inbox.waiting()).toEqual([]);
  for (let n = 0; n < 200 && !isGone; n++) {
    Array.from({ length: 20_000 }, () => ({}));
    Buffer.alloc(8_000_000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(isGone).toBe(true);
});

it('tells its listeners what came', () => {
  const inbox = new Inbox<string>();
  const seen: string[] = [];
  const stop = inbox.onArrival(({ event }) => seen.push(event));
  inbox.push('first');
  stop();
  inbox.push('second');
  expect(seen).toEqual(['first']);
});
