import { describe, expect, test } from 'vitest';
import { headerViolation, StreamParser, type StreamParserOptions } from './stream-parser.ts';

const header = `<?xml version='1.0'?><stream:stream from='im.example.com' id='x' version='1.0' xml:lang='en'
  xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>`;

/** Reads the chunks and tells in short what the parser announced. */
function read(chunks: (string | Buffer)[], options: StreamParserOptions = {}): string[] {
  const seen: string[] = [];
  const parser = new StreamParser(
    {
      onHeader: (root) => seen.push(`header ${root.prefix} ${root.get('from')} ${root.defaultNamespace}`),
      onElement: (element) => seen.push(element.toXml('jabber:client')),
      onEnd: () => seen.push('end'),
      onViolation: ({ condition }) => seen.push(condition),
    },
    options,
  );
  for (const chunk of chunks) parser.write(Buffer.from(chunk));
  return seen;
}

/** What is announced after the header. */
function afterHeader(text: string | Buffer, options: StreamParserOptions = {}): string[] {
  const [first, ...seen] = read([header, text], options);
  expect(first).toBe('header stream im.example.com jabber:client');
  return seen;
}

describe('a stream', () => {
  const stream = `${header}<message to='a@b'><body>Żółć 🙂 &lt;&#x1F600;</body></message> \n<presence/><a:b xmlns:a='urn:x' a:c='1' xml:lang='de'><![CDATA[<&]]></a:b><c d='>>' e=">">x>y<![CDATA[>]>]]>z></c></stream:stream>`;
  const expected = [
    'header stream im.example.com jabber:client',
    `<message to='a@b'><body>Żółć 🙂 &lt;😀</body></message>`,
    '<presence/>',
    `<a:b xmlns:a='urn:x' a:c='1' xml:lang='de'>&lt;&amp;</a:b>`,
    `<c d='&gt;&gt;' e='&gt;'>x&gt;y&gt;]&gt;z&gt;</c>`,
    'end',
  ];

  test.each([1, 2, 3, 5, 7, 64, 100_000])('reads the same in slices of %i octets', (size) => {
    const bytes = Buffer.from(stream);
    const slices: Buffer[] = [];
    for (let at = 0; at < bytes.length; at += size) slices.push(bytes.subarray(at, at + size));
    expect(read(slices)).toEqual(expected);
  });

  test('reads broken bytes the same in any slices', () => {
    const whole = Buffer.from(stream);
    let seed = 1;
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
      return Math.floor((seed / 2 ** 31) * below);
    };
    for (let round = 0; round < 300; round++) {
      const bytes = Buffer.from(whole);
      for (let change = 0; change <= round % 4; change++) {
        const byte = random(2) ? random(256) : '<>&/!?\'"=]'.charCodeAt(random(10));
        bytes[random(bytes.length)] = byte;
      }
      const single = [...bytes].map((byte) => Buffer.from([byte]));
      expect(read(single), bytes.toString('latin1')).toEqual(read([bytes]));
    }
  });

  test('announces an element as soon as it is closed', () => {
    expect(afterHeader('<message/><iq>')).toEqual(['<message/>']);
  });

  test('tells how its header declares namespaces', () => {
    const text = "<s:stream xmlns:s='http://etherx.jabber.org/streams' xmlns='jabber:server'>";
    let facts: unknown;
    const parser = new StreamParser({
      onHeader: (root) => {
        facts = [root.prefix, root.defaultNamespace, root.attributes.size, headerViolation(root)?.condition];
      },
      onElement() {},
      onEnd() {},
      onViolation() {},
    });
    parser.write(Buffer.from(text));
    expect(facts).toEqual(['s', 'jabber:server', 0, 'bad-namespace-prefix']);
  });

  test('gives back what follows the element at which it was stopped', () => {
    const begun: string[] = [];
    const parser = new StreamParser({
      onHeader() {},
      onElement: (element) => {
        begun.push(element.name);
        parser.stop();
      },
      onEnd() {},
      onViolation: (violation) => begun.push(violation.condition),
    });
    parser.write(Buffer.from(header));
    const euro = Buffer.from('€');
    parser.write(Buffer.concat([Buffer.from('<proceed a="'), euro.subarray(0, 2)]));
    const rest = Buffer.concat([Buffer.from('<é/>'), Buffer.from([0xff])]);
    const left = parser.write(Buffer.concat([euro.subarray(2), Buffer.from('"/>'), rest]));
    expect(left).toEqual(rest);
    expect(parser.write(Buffer.from('<more/>')).toString()).toBe('<more/>');
    expect(begun).toEqual(['proceed']);
  });
});

describe('a violation', () => {
  test.each([
    ['a tag closed by another', '<message></presence>', 'not-well-formed'],
    ['an unclosed tag', '<message><body></message>', 'not-well-formed'],
    ['an unbound prefix', '<message><x:y/></message>', 'not-well-formed'],
    ['an attribute twice', '<message to="a" to="b"/>', 'not-well-formed'],
    ['a NUL', '<message>\0</message>', 'not-well-formed'],
    ['a bare ampersand', '<message>a & b</message>', 'not-well-formed'],
    ['a reference without end', `<message>&#${'0'.repeat(100)}`, 'not-well-formed'],
    ['a reference to NUL', '<message>&#0;</message>', 'not-well-formed'],
    ['an unknown entity', '<message>&foo;</message>', 'restricted-xml'],
    ['an entity named like a member of every object', '<message>&constructor;</message>', 'restricted-xml'],
    ['a comment', '<!-- hello -->', 'restricted-xml'],
    ['a comment inside', '<message><!-- hello --></message>', 'restricted-xml'],
    ['a processing instruction', '<?php hello?>', 'restricted-xml'],
    ['an XML declaration inside', "<?xml version='1.0'?>", 'not-well-formed'],
    ['text between elements', 'hello', 'bad-format'],
    ['CDATA between elements', '<![CDATA[hello]]>', 'bad-format'],
    ['more after the end', '</stream:stream><presence/>', 'not-well-formed'],
  ])('is %s', (_name, text, condition) => {
    expect(afterHeader(text).at(-1)).toBe(condition);
    expect(afterHeader(`${text}<presence/>`).filter((seen) => seen.startsWith('<'))).toEqual([]);
  });

  test('is a document type declaration, before anything of it is expanded', () => {
    const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`);
    const text = `<?xml version='1.0'?><!DOCTYPE lolz [<!ENTITY l0 "lol">${laughs.join('')}]><lolz>&l9;</lolz>`;
    expect(read([text])).toEqual(['restricted-xml']);
  });

  test.each([
    ['another encoding', "<?xml version='1.0' encoding='ISO-8859-1'?>", 'unsupported-encoding'],
    ['something else than XML', 'GET / HTTP/1.1\r\n', 'not-well-formed'],
    ['a byte order mark', `\uFEFF${header}`, 'not-well-formed'],
    ['white space before the XML declaration', ` ${header}`, 'not-well-formed'],
  ])('is %s at the beginning', (_name, text, condition) => {
    expect(read([text])).toEqual([condition]);
  });

  test.each([
    ['a byte that never occurs', [0xff]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['a begun character that is not gone on with', [0xe2, 0x82, 0x3c]],
  ])('is %s, after what came before it', (_name, bytes) => {
    const text = Buffer.concat([Buffer.from('<presence/><message>'), Buffer.from(bytes)]);
    expect(afterHeader(text)).toEqual(['<presence/>', 'unsupported-encoding']);
    const single = [...Buffer.concat([Buffer.from(header), text])].map((byte) => Buffer.from([byte]));
    expect(read(single).slice(1)).toEqual(['<presence/>', 'unsupported-encoding']);
  });
});

describe('the limits', () => {
  test.each([
    ['depth', '<a>'.repeat(20), { depth: 10 }],
    ['the depth of the defaults', '<a>'.repeat(100_000), {}],
    ['octets of text that does not end', `<a>${'x'.repeat(2000)}`, { octets: 1000 }],
    ['octets of an attribute that does not end', `<a b='${'x'.repeat(2000)}`, { octets: 1000 }],
    ['octets of a name that does not end', `<${'x'.repeat(2000)}`, { octets: 1000 }],
    ['octets of a text that could end a tag anywhere', `<a>${'>'.repeat(2000)}`, { octets: 1000 }],
    ['octets of CDATA that does not end', `<a><![CDATA[${']>'.repeat(2000)}`, { octets: 1000 }],
    ['octets of a comment that does not end', `<!--${'x'.repeat(2000)}`, { octets: 1000 }],
    ['attributes', `<a ${Array.from({ length: 20 }, (_, n) => `b${n}='1'`).join(' ')}`, { attributes: 10 }],
    ['an attribute', `<a b='${'x'.repeat(200)}'`, { attributeLength: 100 }],
    ['children', `<a>${'<b/>'.repeat(200)}`, { nodes: 100 }],
    ['texts', `<a>${'<b/>x'.repeat(200)}`, { nodes: 300 }],
  ])('hold for %s', (_name, text, limits) => {
    expect(afterHeader(text, { limits: { ...limits } })).toEqual(['policy-violation']);
  });

  test('hold for a header that does not end', () => {
    expect(read(["<stream:stream a='", 'x'.repeat(2000)], { limits: { octets: 1000 } })).toEqual([
      'policy-violation',
    ]);
  });

  test('are for each element, not for the stream', () => {
    expect(afterHeader('<presence/> '.repeat(500), { limits: { octets: 400, nodes: 3 } })).toHaveLength(500);
  });
});

describe('a framed stream', () => {
  const framed = { mode: 'framed' } as const;

  test('has one element in each message', () => {
    const open = "<open xmlns='urn:ietf:params:xml:ns:xmpp-framing' from='im.example.com'/>";
    const features = "<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>";
    const close = "<close xmlns='urn:ietf:params:xml:ns:xmpp-framing' />";
    expect(read([open, features, '<message xmlns="jabber:client"/>', open, close], framed)).toEqual([
      'header  im.example.com urn:ietf:params:xml:ns:xmpp-framing',
      "<stream:features xmlns:stream='http://etherx.jabber.org/streams'/>",
      '<message/>',
      'header  im.example.com urn:ietf:params:xml:ns:xmpp-framing',
      'end',
    ]);
  });

  test.each([
    ['nothing', ''],
    ['white space', ' '],
    ['white space before the element', ' <message/>'],
    ['an element that does not end', '<message>'],
    ['two elements', '<message/><presence/>'],
    ['text after the element', '<message/>x'],
  ])('has no message of %s', (_name, message) => {
    expect(read([message, '<iq/>'], framed)).toEqual(['not-well-formed']);
  });

  test.each([
    ['half a character', 0xe2],
    ['no UTF-8', 0xff],
  ])('has no message of %s', (_name, octet) => {
    const message = Buffer.from([...Buffer.from('<message/>'), octet]);
    expect(read([message, '<iq/>'], framed)).toEqual(['unsupported-encoding']);
  });
});
