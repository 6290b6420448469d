import { expect, it } from 'vitest';
import { play } from './test-support.ts';

const info = "xmlns='http://jabber.org/protocol/disco#info'";

/** What comes of a rule for the entries of a list. */
async function judged(list: string, rule: Record<string, unknown>): Promise<string | undefined> {
  const { finding } = await play(
    async (peer) => {
      await peer.open();
      await peer.read();
      peer.write(`<iq type='result' id='d'><query ${info}>${list}</query></iq>`);
    },
    'connected',
    [
      { 'romeo sends': `<iq type='get' id='d'><query ${info}/></iq>` },
      { 'romeo receives a list': { in: "<iq type='result' id='d'/>", ...rule } },
    ],
  );
  return finding?.message;
}

const names = { of: 'identity', one: 'name', 'for each': ['category', 'xml:lang'] };

it.each([
  ['<identity name="a" category="x"/><identity name="a" category="x"/><identity category="x"/>', undefined],
  ['<identity name="a" category="x"/><identity name="b" category="y"/>', undefined],
  ['<identity name="a" category="x"/><identity name="b" category="x"/>', "there are the names 'a' and 'b'"],
])('compares %s by what entries agree in', async (list, message) => {
  expect(await judged(list, names)).toBe(message);
});

it.each([
  ['text', '<item jid="a">\n</item><item jid="b"/>', undefined],
  ['text', '<item jid="a"/><item jid="b">Verona</item>', 'there is text in a <item/>'],
  ['elements', '<item jid="a"/><item jid="b">Verona</item>', undefined],
  ['elements', '<item jid="a"/><item jid="b"><city/></item>', 'there are elements in a <item/>'],
])('finds %s in %s', async (without, list, message) => {
  expect(await judged(list, { of: 'item', without })).toBe(message);
});
