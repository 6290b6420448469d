import { expect, test } from 'vitest';
import { escapeXml, XmlElement } from './element.ts';
import { parseFragment } from './parse-xml.ts';

test('an element is written so that the same element is read', () => {
  const element = new XmlElement(
    'message',
    'jabber:client',
    { to: `a&b<'">\t\n\r `, 'xml:lang': 'en', '{urn:x}y': 'z', '{urn:x2}y': '{}' },
    [
      `<&>'"\r\n ]]>🙂`,
      new XmlElement('body', 'urn:other', {}, [new XmlElement('deep', 'jabber:client')]),
      'end',
    ],
  );
  const read = parseFragment(element.toXml());
  expect(read).toEqual(element);
  expect(parseFragment(element.toXml('jabber:client'), { defaultNamespace: 'jabber:client' })).toEqual(
    element,
  );
});

test('keeps the prefixes of elements, each declared where it is first needed', () => {
  const text =
    "<message><v:a xmlns:v='urn:v' v:b='1'><v:c/><d>x<v:e xmlns:v='urn:w'/></d></v:a><f xmlns='urn:f'/></message>";
  const read = parseFragment(text, { defaultNamespace: 'jabber:client' });
  expect(read.toXml('jabber:client')).toBe(text);
  expect(read.elements[0]?.elements[1]?.namespace).toBe('jabber:client');
});

test('finds its children', () => {
  const element = parseFragment("<a xmlns='urn:a' b='1'>x<c/>y<c xmlns='urn:c'/></a>");
  expect(element.get('b')).toBe('1');
  expect(element.text).toBe('xy');
  expect(element.elements).toHaveLength(2);
  expect(element.child('c')?.namespace).toBe('urn:a');
  expect(element.child('c', 'urn:c')?.is('c', 'urn:c')).toBe(true);
  expect(element.child('d')).toBeUndefined();
});

test('text is safe in either quotes', () => {
  expect(escapeXml(`<a b='c' d="e">&</a>`)).toBe('&lt;a b=&apos;c&apos; d=&quot;e&quot;&gt;&amp;&lt;/a&gt;');
});
