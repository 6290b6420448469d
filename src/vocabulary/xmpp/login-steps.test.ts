import { describe, expect, it } from 'vitest';
import type { ScriptedPeer } from '../../xmpp/scripted-server.ts';
import { play } from './test-support.ts';

const sasl = "xmlns='urn:ietf:params:xml:ns:xmpp-sasl'";
const offer = `<mechanisms ${sasl}><mechanism>PLAIN</mechanism></mechanisms>`;
const begins = { 'romeo begins to authenticate': { mechanism: 'PLAIN', 'initial response': null } };

/** Answers `<auth/>`, and then whatever comes, one element each. */
const answering =
  (...answers: string[]) =>
  async (peer: ScriptedPeer) => {
    await peer.open(offer);
    for (const answer of answers) {
      await peer.read();
      peer.write(answer);
    }
  };

describe('begins to authenticate', () => {
  it('stops at the challenge, which is answered later, or too late', async () => {
    const { finding } = await play(
      answering(`<challenge ${sasl}/>`, `<failure ${sasl}><aborted/></failure>`, `<success ${sasl}/>`),
      'connected',
      [
        begins,
        { 'romeo sends': `<abort ${sasl}/>` },
        { 'romeo is refused': 'aborted' },
        'romeo answers the challenge',
        { 'romeo receives': `<success ${sasl}/>` },
      ],
    );
    expect(finding).toBeUndefined();
  });

  it('fails where no challenge comes', async () => {
    const refused = `<failure ${sasl}><not-authorized/></failure>`;
    const { finding } = await play(answering(refused), 'connected', [begins]);
    expect(finding).toMatchObject({ kind: 'mismatch', expected: 'a challenge of PLAIN' });
  });

  it('has to come before the answer', async () => {
    const { finding } = await play(answering(), 'connected', ['romeo answers the challenge']);
    expect(finding).toMatchObject({ kind: 'unexpected', message: 'it was not' });
  });
});
