import { describe, expect, test } from 'vitest';
import { parseFragment } from './parse-xml.ts';
import { compilePattern, type Difference } from './pattern.ts';

const parse = (text: string) => parseFragment(text, { defaultNamespace: 'jabber:client' });
const literally = (pattern: string, actual: string | undefined) =>
  (pattern === '{*}' && actual !== undefined) ||
  pattern === actual ||
  (pattern === '{-}' && actual === undefined);

function differences(pattern: string, actual: string, exactly = false): Difference[] {
  return compilePattern(parse(pattern), { exactly }).match(parse(actual), literally);
}

describe('a pattern', () => {
  test.each([
    ['itself', '<message/>', '<message/>'],
    ['more than it names', "<message to='a'/>", "<message to='a' from='b'><body>x</body></message>"],
    ['text where it gives none', '<message><body/></message>', '<message><body>x</body></message>'],
    ['the same text', '<message><body>x</body></message>', "<message><body xml:lang='en'>x</body></message>"],
    ['children in another order', '<iq><a/><b/></iq>', '<iq><b/> <a/></iq>'],
    ['indented children', '<iq>\n  <a/>\n  <b/>\n</iq>', '<iq><b/><a/></iq>'],
    ['an element in another prefix', "<iq><q xmlns='urn:x'/></iq>", "<iq><y:q xmlns:y='urn:x'/></iq>"],
    [
      'a condition in its own namespace',
      "<iq><error type='cancel'><item-not-found/></error></iq>",
      "<iq><error type='cancel'><item-not-found xmlns='urn:ietf:params:xml:ns:xmpp-stanzas'/></error></iq>",
    ],
    [
      'the first child by the looser of two',
      "<q><item jid='{*}'/><item jid='a'/></q>",
      "<q><item jid='a'/><item jid='b'/></q>",
    ],
    [
      'a chain of children that each must give way',
      "<q><i a='{*}'/><i a='{*}' b='{*}'/><i a='1' b='2' c='3'/></q>",
      "<q><i a='1' b='2' c='3'/><i a='1' b='2'/><i a='1'/></q>",
    ],
    [
      'a stream error',
      '<stream:error><reset xmlns="urn:x"/></stream:error>',
      "<error xmlns='http://etherx.jabber.org/streams'><reset xmlns='urn:x'/></error>",
    ],
  ])('matches %s', (_name, pattern, actual) => {
    expect(differences(pattern, actual)).toEqual([]);
  });

  test.each<[string, string, string, Difference[]]>([
    [
      'another name',
      '<message to="a"/>',
      '<presence/>',
      [{ path: 'message', expected: '<message/>', actual: '<presence/>' }],
    ],
    [
      'everything at once',
      "<message to='a' type='chat'><body>x</body><thread/></message>",
      "<message to='b'><body>y</body></message>",
      [
        { path: 'message/@to', expected: 'a', actual: 'b' },
        { path: 'message/@type', expected: 'chat', actual: undefined },
        { path: 'message/body/text()', expected: 'x', actual: 'y' },
        { path: 'message/thread', expected: '<thread/>', actual: undefined },
      ],
    ],
    [
      'a child used twice',
      "<q><item jid='a'/><item jid='a'/></q>",
      "<q><item jid='a'/></q>",
      [{ path: 'q/item[2]', expected: "<item jid='a'/>", actual: undefined }],
    ],
    [
      'the child that is nearest',
      "<q><item jid='a' name='n' ask='s'/></q>",
      "<q><item jid='b'/><item jid='a' name='n'/></q>",
      [{ path: 'q/item/@ask', expected: 's', actual: undefined }],
    ],
    [
      'another namespace',
      "<iq><q xmlns='urn:x'/></iq>",
      "<iq><q xmlns='urn:y'/></iq>",
      [{ path: 'iq/q/@xmlns', expected: 'urn:x', actual: 'urn:y' }],
    ],
  ])('tells of %s', (_name, pattern, actual, expected) => {
    expect(differences(pattern, actual)).toEqual(expected);
  });

  test('that is exact allows nothing more', () => {
    expect(differences("<iq id='1'><a/></iq>", "<iq id='1'>\n<a/></iq>", true)).toEqual([]);
    expect(differences("<iq id='1'><a/></iq>", "<iq id='1' to='x'><a>t</a><b/></iq>", true)).toEqual([
      { path: 'iq/a/text()', expected: 'nothing', actual: 't' },
      { path: 'iq/@to', expected: 'nothing', actual: 'x' },
      { path: 'iq/b', expected: 'nothing', actual: '<b/>' },
    ]);
  });

  test('compares last what belongs together, so that captures are of the right child', () => {
    const captured = new Map<string, string>();
    const capture = (pattern: string, actual: string | undefined) => {
      if (!pattern.startsWith('{')) return pattern === actual;
      captured.set(pattern, actual ?? '');
      return true;
    };
    const pattern = compilePattern(parse("<q><item jid='{who}' subscription='both'/></q>"));
    const roster = parse("<q><item jid='a' subscription='both'/><item jid='b' subscription='none'/></q>");
    const reversed = parse("<q><item jid='b' subscription='none'/><item jid='a' subscription='both'/></q>");
    for (const actual of [roster, reversed]) {
      expect(pattern.match(actual, capture)).toEqual([]);
      expect(captured.get('{who}')).toBe('a');
    }
  });

  test.each([
    ["<presence type='{-}'/>", '<presence/>', 0],
    ["<presence type='{-}'/>", "<presence type='unavailable'/>", 1],
    ['<presence><show>{-}</show></presence>', '<presence/>', 0],
    ['<presence><show>{-}</show></presence>', '<presence><show>away</show></presence>', 1],
    ["<q><item name='a'>{-}</item></q>", "<q><item name='b'/></q>", 0],
    ["<q><item name='a'>{-}</item></q>", "<q><item name='b'/><item name='a'/></q>", 1],
    ['<item><group>{-}Servants</group></item>', '<item><group>Friends</group></item>', 0],
    ['<item><group>{-}Servants</group></item>', '<item><group>Servants</group></item>', 1],
  ])('%s against %s: %i differences', (pattern, actual, count) => {
    expect(differences(pattern, actual)).toHaveLength(count);
  });

  test.each([
    ['itself', "<q>{=}<a x='1'/><b>t</b></q>", "<q><a x='1'/> <b>t</b></q>", 0],
    ['an attribute that it does not name', "<q>{=}<a x='1'/></q>", "<q z='2'><a x='1'/></q>", 1],
    ['one further inside', '<q>{=}<a/></q>', "<q><a x='1'/></q>", 1],
    ['a child that it does not name', '<q>{=}<a/></q>', '<q><a/><b/></q>', 1],
    ['children in another order', '<q>{=}<a/><b/></q>', '<q><b/><a/></q>', 4],
    ['like children in another order', "<q>{=}<a x='1'/><a x='2'/></q>", "<q><a x='2'/><a x='1'/></q>", 2],
    ['a child less', '<q>{=}<a/><b/></q>', '<q><a/></q>', 1],
    ['text where it says nothing of it', '<q>{=}<a/></q>', '<q><a>t</a></q>', 0],
    ['its text', '<q>{=}t</q>', '<q>t</q>', 0],
    ['other text', '<q>{=}t</q>', '<q>u</q>', 1],
    ['more around it', '<q><a>{=}</a></q>', "<q z='2'><b/><a/></q>", 0],
    ['more in a lenient part', '<q>{=}<a>{+}<b/></a></q>', "<q><a x='1'><c/><b/>t</a></q>", 0],
    ['more in a lenient part of no content', '<q>{=}\n  <a>{+}</a></q>', '<q><a><c/>t</a></q>', 0],
    ['more beside a lenient part', '<q>{=}<a>{+}</a></q>', '<q><a/><b/></q>', 1],
  ])('that is to be as it is, against %s', (_name, pattern, actual, count) => {
    expect(differences(pattern, actual)).toHaveLength(count);
  });

  test('knows which of several elements is nearest', () => {
    const pattern = compilePattern(parse("<message to='{*}' type='chat'><body>x</body></message>"));
    const likeness = [
      '<presence/>',
      '<message/>',
      "<message type='chat'/>",
      "<message to='a' type='chat'><body>x</body></message>",
    ].map((text) => pattern.similarity(parse(text)));
    expect(likeness).toEqual([...likeness].sort((a, b) => a - b));
    expect(new Set(likeness).size).toBe(4);
    expect(likeness.at(-1)).toBe(1);
  });

  test('takes many children without going through all their orders', () => {
    const many = `<q>${"<i a='1'/>".repeat(60)}</q>`;
    expect(differences(`<q>${"<i a='{*}'/>".repeat(60)}<i b='2'/></q>`, many)).toHaveLength(1);
  });

  test('describes itself as it was written', () => {
    expect(compilePattern(parse('<iq><error><gone/></error></iq>')).describe()).toBe(
      '<iq><error><gone/></error></iq>',
    );
  });
});

describe('a pattern of names as they are written', () => {
  const written = (pattern: string, actual: string) =>
    compilePattern(parse(pattern), { asWritten: true }).match(parse(actual), (text, found) => text === found);

  test('asks for the same prefixes, and for none where it has none', () => {
    const prefixed = "<message><v:a xmlns:v='urn:v'/></message>";
    expect(written(prefixed, prefixed)).toEqual([]);
    expect(written(prefixed, "<message><a xmlns='urn:v'/></message>")).toEqual([
      { path: 'message/a', expected: 'the prefix v', actual: 'no prefix' },
    ]);
    expect(written('<message/>', "<c:message xmlns:c='jabber:client'/>")).toEqual([
      { path: 'message', expected: 'no prefix', actual: 'the prefix c' },
    ]);
  });
});

describe('a fragment that cannot be read', () => {
  test.each([
    ['<message>\n  <body>x</bdy>\n</message>', 2, /<\/bdy> stands where <\/body> belongs/],
    ['<message to=a/>', 1, /the value of to is not in quotes/],
    ['', 1, /root element|no element/],
    ['hello', 1, /outside/],
    ['<a/><b/>', 1, /one root/],
    ['<x:a/>', 1, /prefix/],
  ])('%j says where', (text, line, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(expect.objectContaining({ name: 'XmlSyntaxError', line }));
  });
});
