import { describe, expect, it } from 'vitest';
import { type Finding, StepFailure } from '../expectation.ts';
import { Inbox } from '../inbox.ts';
import type { Stage } from '../stage.ts';
import type { XmppActor, XmppArrival } from './actor.ts';
import { Returning } from './returning.ts';
import { play } from './test-support.ts';

const finding = (kind: Finding['kind'], expected: string, message: string): Finding => ({
  kind,
  expected,
  message,
});

/** An actor whose attempts to come back end as it is told, one after another. */
function returning(...outcomes: (Error | 'works' | 'ends at once')[]) {
  const inbox = new Inbox<XmppArrival>();
  let interruptions = 0;
  const connection = { ended: false };
  const actor = {
    name: 'romeo',
    inbox,
    connection,
    finding,
    streamManagement: { interrupt: () => interruptions++ },
  } as unknown as XmppActor;
  const stage = { signal: new AbortController().signal } as unknown as Stage;
  let attempts = 0;
  const comeBack = async () => {
    const outcome = outcomes[attempts++];
    connection.ended = outcome === 'ends at once';
    if (outcome instanceof Error) throw outcome;
  };
  const made = new Returning(actor, stage, comeBack);
  const over = new Promise<void>((resolve) => made.onReturn(resolve));
  return { made, inbox, over, attempts: () => attempts, interruptions: () => interruptions };
}

const broken = new StepFailure(finding('closed', 'the features', 'the server broke the connection'));

describe('an actor that keeps coming back', () => {
  it('tries again where an attempt is broken off', async () => {
    const { made, over, attempts, interruptions } = returning(broken, 'ends at once', broken, 'works');
    made.ended();
    expect(made.underWay).toBe(true);
    expect(interruptions()).toBe(1);
    // That of an attempt begins no second row of attempts.
    made.ended();
    await over;
    expect({ attempts: attempts(), times: made.times, underWay: made.underWay }).toEqual({
      attempts: 4,
      times: 1,
      underWay: false,
    });
    expect(made.failure).toBeUndefined();
  });

  it('takes a refusal for an answer, and wakes the steps that wait', async () => {
    const refusal = new StepFailure(finding('mismatch', '<resumed/>', 'the server answered <failed/>'));
    const { made, inbox, over, attempts } = returning(broken, refusal, 'works');
    made.ended();
    await over;
    expect(made.failure).toMatchObject({ kind: 'mismatch', message: 'the server answered <failed/>' });
    expect(inbox.waiting().map(({ event }) => event.kind)).toEqual(['ended']);
    made.ended();
    expect({ attempts: attempts(), underWay: made.underWay }).toEqual({ attempts: 2, underWay: false });
  });

  it('does not try for ever', async () => {
    const { made, over, attempts } = returning(...Array<Error>(200).fill(broken));
    made.ended();
    await over;
    expect(attempts()).toBe(100);
    expect(made.failure).toMatchObject({ kind: 'closed' });
  });

  it('ends with the case', async () => {
    const { made, over, attempts } = returning(broken, broken, 'works');
    made.ended();
    made.stop();
    await over;
    expect(attempts()).toBe(1);
  });
});

describe('receives what is left of', () => {
  const message = (n: number) => `<message id='${n}' type='chat'/>`;
  const step = { 'romeo receives what is left of': { times: 5, as: 'n', message: "<message id='{n}'/>" } };

  it('counts what is lost, doubled and late', async () => {
    const { finding, observed } = await play(
      async (peer) => {
        await peer.open();
        const sentinel = await peer.read();
        for (const n of [1, 3, 2, 3]) peer.write(message(n));
        peer.write(`<message id='${sentinel.get('id')}'/>`);
      },
      'connected',
      ['romeo sends sentinel to romeo', step],
    );
    expect(finding).toBeUndefined();
    expect(observed).toEqual(['romeo: of 5 stanzas 2 did not come, 1 came again, 1 came late']);
  });

  it('fails where the sentinel does not come', async () => {
    const { finding } = await play(
      async (peer) => {
        await peer.open();
        await peer.read();
        peer.write(message(1));
      },
      'connected',
      ['romeo sends sentinel to romeo', step],
      { withinMs: 100 },
    );
    expect(finding).toMatchObject({ kind: 'silence', message: 'the sentinel did not come within 100 ms' });
  });
});

describe('receives failed', () => {
  const sm = "xmlns='urn:xmpp:sm:3'";
  const stanzas = "xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'";
  const answer = (content: string) =>
    play(
      async (peer) => {
        await peer.open();
        await peer.read();
        peer.write(`<failed ${sm}>${content}</failed>`);
      },
      'connected',
      [{ 'romeo sends': `<enable ${sm}/>` }, { 'romeo receives failed': '{not-allowed|unexpected-request}' }],
    );

  it('takes the condition, whatever stands beside it', async () => {
    const { finding } = await answer(`<text ${stanzas}>Not yet</text><unexpected-request ${stanzas}/>`);
    expect(finding).toBeUndefined();
  });

  it.each([
    ['another condition', `<bad-request ${stanzas}/>`, 'the condition is bad-request'],
    ['a condition of another namespace', '<not-allowed/>', 'it has no condition'],
    ['nothing', '', 'it has no condition'],
  ])('tells %s from it', async (_, content, message) => {
    const { finding } = await answer(content);
    expect(finding).toMatchObject({ kind: 'mismatch', message });
  });
});

describe('receives stream error', () => {
  const streams = "xmlns='urn:ietf:params:xml:ns:xmpp-streams'";
  const specific = 'urn:xmpp:sm:3 handled-count-too-high';

  it.each([
    ['the condition of an application', `<handled-count-too-high xmlns='urn:xmpp:sm:3' h='1'/>`, undefined],
    ['its absence', `<text ${streams}>Too much</text>`, 'the stream error: specific is missing'],
    [
      'that of another',
      `<handled-count-too-high xmlns='urn:example:verona'/>`,
      'specific is urn:example:verona',
    ],
  ])('sees %s', async (_, beside, message) => {
    const { finding } = await play(
      async (peer) => {
        await peer.open();
        peer.write(`<stream:error><undefined-condition ${streams}/>${beside}</stream:error></stream:stream>`);
      },
      'connected',
      [{ 'romeo receives stream error': { condition: 'undefined-condition', specific } }],
    );
    if (message) expect(finding?.message).toContain(message);
    else expect(finding).toBeUndefined();
  });
});
