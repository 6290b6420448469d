import { SaxesParser } from 'saxes';
import { expect, test } from 'vitest';
import { randomOf } from '../network/mutation.ts';
import { XmlTokenizer } from './xml-tokenizer.ts';

/** Thrown at what is not well-formed, or forbidden. */
class Refused extends Error {}

const refuse = () => {
  throw new Refused();
};

/** What a document says, or `refused`; text that comes in pieces is put together. */
class Events {
  readonly all: string[] = [];
  #text = '';

  text(text: string): void {
    this.#text += text;
  }

  add(event: string): void {
    if (this.#text.trim() !== '') this.all.push(`text ${JSON.stringify(this.#text)}`);
    this.#text = '';
    this.all.push(event);
  }

  open(name: string, namespace: string, attributes: [string, string][]): void {
    this.add(`open ${name} {${namespace}} ${attributes.map((one) => JSON.stringify(one)).join(' ')}`);
  }
}

function ours(slices: readonly string[]): string[] {
  const events = new Events();
  const tokenizer = new XmlTokenizer({
    onDeclaration: (declaration) => events.add(JSON.stringify(declaration)),
    onTagStart() {},
    onAttribute() {},
    onOpen: (tag) => events.open(tag.name, tag.namespace, [...tag.attributes]),
    onClose: () => events.add('close'),
    onText: (text) => events.text(text),
    onMalformed: refuse,
    onRestricted: refuse,
  });
  for (const slice of slices) tokenizer.write(slice);
  tokenizer.end();
  return events.all;
}

const xml = 'http://www.w3.org/XML/1998/namespace';

/** The same by a parser that many use. It takes halves of surrogate pairs for characters: there are none in its texts. */
function theirs(text: string): string[] {
  const events = new Events();
  const saxes = new SaxesParser({ xmlns: true, forceXMLVersion: true, defaultXMLVersion: '1.0' });
  // Its own have a prototype, and with it `&constructor;`.
  saxes.ENTITIES = Object.assign(Object.create(null), { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" });
  saxes.on('error', refuse);
  saxes.on('doctype', refuse);
  saxes.on('comment', refuse);
  saxes.on('processinginstruction', refuse);
  saxes.on('xmldecl', (declaration) => events.add(JSON.stringify({ ...declaration })));
  saxes.on('opentag', ({ name, uri, attributes }) => {
    const kept = Object.values(attributes).filter((one) => one.prefix !== 'xmlns' && one.name !== 'xmlns');
    const named = kept.map(({ prefix, uri: of, local, value }): [string, string] => [
      prefix === '' ? local : of === xml ? `xml:${local}` : `{${of}}${local}`,
      value,
    ]);
    events.open(name, uri, named);
  });
  saxes.on('closetag', () => events.add('close'));
  saxes.on('text', (piece) => events.text(piece));
  saxes.on('cdata', (piece) => events.text(piece));
  saxes.write(text).close();
  return events.all;
}

function outcomeOf(read: () => string[]): string[] {
  try {
    return read();
  } catch (error) {
    if (error instanceof Refused) return ['refused'];
    throw error;
  }
}

const documents = [
  `<?xml version='1.0' encoding="UTF-8" standalone='yes'?>\r\n<a xmlns='urn:a' xmlns:b="urn:b" c='1' b:c='2' xml:lang='de'><b:d/>x&amp;y&#x1F600;&#65;<e f='&lt;&quot;\t\r\n'>]] ></e ></a>\n`,
  `<stream:stream xmlns:stream='http://etherx.jabber.org/streams' to='é.example'><message>Żółć 🙂 <![CDATA[<]]]&]]>]]&gt;</message></stream:stream>`,
  `<x:y xmlns:x='urn:x'><x:z xmlns:x='urn:z' x:a='1' a='1'/><z xmlns=''/><été été='1'/></x:y>`,
];
const pieces = [
  '<',
  '>',
  '&',
  "'",
  '"',
  '/',
  '=',
  ' ',
  ':',
  ';',
  ']',
  ']]>',
  '!',
  '?',
  '-',
  '\n',
  '\r',
  '\t',
  '\0',
  '\u000b',

  '\ufffe',
  '&amp;',
  '&foo;',
  '&#0;',
  '&#x;',
  '<![CDATA[',
  '<!--',
  '<!DOCTYPE a>',
  '<?a b?>',
  '<?xml version="1.0"?>',
  '<a>',
  '</a>',
  '<b/>',
  " xmlns:a='u'",
  " xmlns:a=''",
  " xml:a='1'",
  " a:b='1'",
  " a='1'",
  " xmlns='v'",
  " xmlns:xml='urn:x'",
  '7',
  'é',
  '·',
  '.',
];

/** The document with a few pieces put in, taken out, or said twice. */
function damaged(document: string, random: (below: number) => number): string {
  const characters = Array.from(document);
  for (let change = random(4); change >= 0; change--) {
    const at = random(characters.length + 1);
    const piece =
      random(4) === 0 ? characters.slice(at, at + random(12)).join('') : pieces[random(pieces.length)];
    if (random(3) === 0) characters.splice(at, random(6));
    else characters.splice(at, 0, ...Array.from(piece ?? ''));
  }
  // The other parser takes white space off the names of namespaces.
  return characters
    .join('')
    .replace(
      /(xmlns[:\w]*\s*=\s*(["']))([^<]*?)\2/g,
      (_all, before, quote, name) => `${before}${name.replace(/\s/g, '')}${quote}`,
    );
}

function sliced(text: string, random: (below: number) => number): string[] {
  const most = 1 + random(20);
  const characters = Array.from(text);
  const slices: string[] = [];
  while (characters.length > 0) slices.push(characters.splice(0, 1 + random(most)).join(''));
  return slices;
}

test('reads documents and refuses damaged ones as another parser does, however they are sliced', () => {
  const random = randomOf(1);
  const seen = { refused: 0, read: 0 };
  for (let round = 0; round < 20_000; round++) {
    const text = damaged(documents[round % documents.length] ?? '', random);
    const expected = outcomeOf(() => theirs(text));
    seen[expected[0] === 'refused' ? 'refused' : 'read'] += 1;
    const found = outcomeOf(() => ours(sliced(text, random)));
    if (JSON.stringify(found) !== JSON.stringify(expected))
      expect(found, JSON.stringify(text)).toEqual(expected);
  }
  expect(seen.read).toBeGreaterThan(1000);
  expect(seen.refused).toBeGreaterThan(1000);
});
