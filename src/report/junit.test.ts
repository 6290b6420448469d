import { SaxesParser } from 'saxes';
import { describe, expect, it } from 'vitest';
import type { CaseResult } from '../record/record.schema.ts';
import type { Strictness } from '../record/summary.ts';
import { junitXml, xmlText } from './junit.ts';
import { passed, sampleCases, sampleRecord } from './test-support.ts';

interface Node {
  name: string;
  attributes: Record<string, string>;
  children: Node[];
  text: string;
}

/** Parses strictly: the first thing that XML 1.0 does not allow throws. */
function parse(xml: string): Node {
  const root: Node = { name: '', attributes: {}, children: [], text: '' };
  const path = [root];
  const parser = new SaxesParser({ fragment: false });
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name, attributes }) => {
    const node: Node = {
      name,
      attributes: { ...attributes } as Record<string, string>,
      children: [],
      text: '',
    };
    path.at(-1)?.children.push(node);
    path.push(node);
  });
  const addText = (text: string) => {
    const node = path.at(-1);
    if (node) node.text += text;
  };
  parser.on('text', addText);
  parser.on('cdata', addText);
  parser.on('closetag', () => path.pop());
  parser.write(xml).close();
  return root;
}

function all(node: Node, name: string): Node[] {
  return node.children.flatMap((child) => [...(child.name === name ? [child] : []), ...all(child, name)]);
}

function report(cases: CaseResult[], more = {}, strictness: Strictness = {}): Node {
  return parse(junitXml(sampleRecord(cases, more), strictness));
}

function properties(node: Node): Record<string, string> {
  return Object.fromEntries(
    node.children
      .filter(({ name }) => name === 'properties')
      .flatMap(({ children }) => children.map(({ attributes }) => [attributes.name, attributes.value])),
  );
}

describe('a JUnit report', () => {
  const root = report(sampleCases);

  it('has a testsuite for each suite, with its counts and its time in seconds', () => {
    expect(all(root, 'testsuites')[0]?.attributes).toEqual({
      name: 'touchstone Example',
      tests: '6',
      failures: '1',
      errors: '1',
      skipped: '2',
    });
    expect(all(root, 'testsuite').map(({ attributes }) => attributes)).toEqual([
      {
        name: 'rfc6121/message-routing',
        timestamp: '2026-01-02T03:04:05',
        time: '0.056',
        tests: '3',
        failures: '1',
        errors: '0',
        skipped: '0',
      },
      expect.objectContaining({ name: 'xep-0198/resumption', time: '0', tests: '1', skipped: '1' }),
      expect.objectContaining({ name: 'rfc6120/sasl', tests: '2', errors: '1', skipped: '1' }),
    ]);
    const [suite] = all(root, 'testsuite');
    expect(suite && properties(suite)).toEqual({
      target: 'Example',
      product: 'exampled 1.2',
      touchstone: '0.1.0',
      suites: 'sha256:0',
    });
  });

  it('names each case, and says where it is and what it covers', () => {
    const [first] = all(root, 'testcase');
    expect(first?.attributes).toEqual({
      classname: 'rfc6121/message-routing',
      name: 'chat-to-bare-address',
      time: '0.0123',
      file: 'suites/xmpp/rfc6121/message-routing.yaml',
    });
    expect(first && properties(first)).toMatchObject({
      line: '8',
      requirement: 'rfc6121/8.5.2.1.1-chat',
      'rfc6121/8.5.2.1.1-chat':
        'RFC 6121 section 8.5.2.1.1: A chat message to a bare JID goes to the most available resource',
    });
  });

  it('says of each verdict what readers understand', () => {
    const marks = all(root, 'testcase').map(({ attributes, children }) => {
      const mark = children.find(({ name }) => ['failure', 'error', 'skipped', 'system-err'].includes(name));
      return [attributes.name, mark?.name, mark?.attributes.message];
    });
    expect(marks).toEqual([
      ['chat-to-bare-address', undefined, undefined],
      ['id-is-kept', 'failure', 'juliet received a message, but not this one'],
      ['error-to-nobody', 'system-err', undefined],
      ['resumes', 'skipped', 'the target does not offer stream-resumption'],
      ['plain', 'error', 'set-up failed: connection refused'],
      ['external', 'skipped', 'known to fail: External accounts are not mapped'],
    ]);
  });

  it('explains a failure, and shows what passed on the wire', () => {
    expect(all(root, 'failure')[0]?.text).toMatchInlineSnapshot(`
      "juliet received a message, but not this one
      expected: <message from='romeo@house/a' id='m1'><body>Wherefore</body></message>
      nearest that came: <message from='romeo@house/a' id='m2'><body>Wherefore</body></message>
        /message/@id: expected m1, got m2
      at suites/xmpp/rfc6121/message-routing.yaml:15:9
        juliet receives
      local port 51234"
    `);
    expect(all(root, 'system-out').map(({ text }) => text)).toMatchInlineSnapshot(`
      [
        "0.1 ms romeo # romeo sends
      0.4 ms romeo > <message to='juliet@house' id='m1'>
      9.8 ms juliet < \\x1b[2J\\u{202e}<message/>
      12.0 ms juliet < 2 bytes: 00ff
      15.2 ms juliet - connection ended (end)",
      ]
    `);
  });

  it('shows a failure for whatever fails the run', () => {
    const strict = report(
      sampleCases,
      { staleKnownFailing: ['a/gone'] },
      { strict: true, failOn: ['unsupported'] },
    );
    expect(all(strict, 'testsuites')[0]?.attributes).toMatchObject({
      tests: '7',
      failures: '4',
      skipped: '1',
    });
    const unexpected = report([{ ...passed, unexpectedPass: true, knownFailing: { reason: 'r' } }]);
    expect(all(unexpected, 'failure')[0]?.attributes.type).toBe('unexpected pass');
  });
});

/** Every kind of character that XML, CDATA, attributes or readers of either could stumble over. */
const nasty = [
  ...Array.from({ length: 0x100 }, (_, code) => String.fromCharCode(code)),
  ...[0x2028, 0x2029, 0x202e, 0xfdd0, 0xfeff, 0xfffd, 0xfffe, 0xffff].map((code) =>
    String.fromCharCode(code),
  ),
  ...['\ud800', '\udbff', '\udc00', '\udfff', '\udc00\ud800', '\ud83c\udf1d', '\u{1fffe}', '\u{10ffff}'],
  ...[
    ']]>',
    ']]]]>>',
    ']]',
    '<![CDATA[',
    '<!--',
    '-->',
    '<?xml?>',
    '<!DOCTYPE x>',
    '&',
    '&amp;',
    '&#0;',
    '&x;',
  ],
  ...['"', "'", '\r\n', '\r', '\t', '</system-out>', '<skipped/>', 'é', 'e\u0301', '$&', '$1', '%s'],
];

describe('whatever a server sent', () => {
  it.each(nasty.map((text) => [text]))('%j stands in a report that a strict parser reads', (text) => {
    const id = `${passed.suite}/a${text}z`;
    expect(namesOf(report([everywhere(id, text)]))).toEqual([xmlText(`a${text}z`)]);
  });

  it('stays readable in any mixture', () => {
    const random = generator(6_455);
    for (let round = 0; round < 200; round++) {
      const text = Array.from({ length: 30 }, () => nasty[Math.floor(random() * nasty.length)] ?? '').join(
        '',
      );
      const root = report([everywhere(`${passed.suite}/a${text}z`, text)]);
      expect(namesOf(root)).toEqual([xmlText(`a${text}z`)]);
      expect(all(root, 'failure')[0]?.attributes.message).toBe(xmlText(`a${text}z`));
      expect(all(root, 'testcase')[0]?.attributes.time).toBe('1.5');
    }
  });

  it('holds no character that XML 1.0 does not have, of all there are', () => {
    for (let start = 0; start <= 0x10_ffff; start += 0x1000) {
      const text = Array.from({ length: 0x1000 }, (_, at) => String.fromCodePoint(start + at)).join('');
      const root = parse(`<x>${xmlText(text).replace(/[&<>]/g, '')}</x>`);
      expect(root.children[0]?.text.length).toBeGreaterThan(0x800);
    }
  });

  it('is cut where there is much of it', () => {
    const text = 'x'.repeat(1_000_000);
    const xml = junitXml(sampleRecord([everywhere('a', text)]));
    expect(xml.length).toBeLessThan(150_000);
    expect(all(parse(xml), 'system-out')[0]?.text).toContain('characters left out: the record holds them');
  });
});

function namesOf(root: Node): (string | undefined)[] {
  return all(root, 'testcase').map(({ attributes }) => attributes.name);
}

function everywhere(id: string, text: string): CaseResult {
  const around = `a${text}z`;
  return {
    ...passed,
    id,
    title: around,
    file: around,
    durationMs: 1_500,
    verdict: 'fail',
    covers: [{ id: around, specification: around, section: around, level: 'MUST', summary: around }],
    failure: { kind: 'mismatch', expected: around, nearest: around, message: around },
    evidence: {
      transcript: [{ at: 0, actor: around, direction: 'received', text: around, bytes: 1 }],
      serverLog: [around],
    },
  };
}

/** Numbers from 0 up to 1 that are the same in every run (mulberry32). */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
