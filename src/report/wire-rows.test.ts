import { describe, expect, it } from 'vitest';
import type { Evidence, TranscriptEntry } from '../record/record.schema.ts';
import { encodeFrames } from '../websocket/frame.ts';
import { prettyXml } from './pretty-xml.ts';
import { type FramePart, FrameReader } from './wire-frames.ts';
import { commandFor, hexLines, logIsPlaced, wireOf } from './wire-rows.ts';

function indented(text: string): string[] {
  return prettyXml(text).map(
    ({ depth, tokens }) => '  '.repeat(depth) + tokens.map((token) => token.text).join(''),
  );
}

it.each<[string, string[]]>([
  ['<a><b/><c>text</c></a>', ['<a>', '  <b/>', '  <c>text</c>', '</a>']],
  [
    "<?xml version='1.0'?><stream:stream to='x'><a/>",
    ["<?xml version='1.0'?>", "<stream:stream to='x'>", '<a/>'],
  ],
  ['</b></a><c>', ['</b>', '</a>', '<c>']],
  ['<a b=\'>\' c="<"/>', ['<a b=\'>\' c="<"/>']],
  ['<a b="1', ['<a b="1']],
  ['tail</body><open', ['tail', '</body>', '<open']],
  ['no markup', ['no markup']],
  ['<a></a>', ['<a></a>']],
  ['', []],
])('%j with a line for each tag', (text, lines) => {
  expect(indented(text)).toEqual(lines);
});

it.each([
  '<'.repeat(4_000),
  '<"'.repeat(2_000),
  '<a '.repeat(1_400),
  "<a b='".repeat(700),
])('takes %.20s... in its stride', (text) => {
  expect(indented(text).join('').length).toBeGreaterThan(0);
});

describe('frames of WebSocket', () => {
  const text = Buffer.from('a text of some length');
  const octets = encodeFrames([
    { opcode: 1, fin: false, payload: text },
    { opcode: 0, payload: Buffer.alloc(300, 7) },
    { opcode: 8, rsv1: true, rsv3: true, mask: false, payload: Buffer.from([3, 232, 98, 121, 101]) },
  ]);

  function told(parts: readonly FramePart[]): string[] {
    return parts.map((part) =>
      part.kind === 'rest'
        ? `rest ${part.rest.payload.length} of ${part.rest.length}`
        : `${part.frame.name} ${part.frame.payload.length} of ${part.frame.length}`,
    );
  }

  it('are read with their flags, without their masks', () => {
    const [first, second, third] = new FrameReader().read(octets, 0);
    expect(first).toMatchObject({
      kind: 'frame',
      frame: { name: 'text', fin: false, masked: true, reserved: [] },
    });
    expect(first?.kind === 'frame' && Buffer.from(first.frame.payload)).toEqual(text);
    expect(second).toMatchObject({ frame: { name: 'continuation', fin: true, length: 300 } });
    expect(third).toMatchObject({
      frame: {
        name: 'close',
        reserved: ['RSV1', 'RSV3'],
        masked: false,
        close: { code: 1000, reason: 'bye' },
      },
    });
  });

  it.each([1, 2, 3, 7, 40, 200])('come to the same in chunks of %i octets', (size) => {
    const reader = new FrameReader();
    const payloads: number[] = [];
    for (let at = 0; at < octets.length; at += size)
      for (const part of reader.read(octets.subarray(at, at + size), 0))
        payloads.push(...(part.kind === 'frame' ? part.frame.payload : part.rest.payload));
    expect(Buffer.from(payloads)).toEqual(
      Buffer.concat([text, Buffer.alloc(300, 7), Buffer.from([3, 232, 98, 121, 101])]),
    );
  });

  it('go on behind octets that are not shown', () => {
    const reader = new FrameReader();
    expect(told(reader.read(octets.subarray(0, 100), 200))).toEqual([
      'text 21 of 21',
      'continuation 65 of 300',
    ]);
    expect(told(reader.read(octets.subarray(300), 0))).toEqual(['rest 35 of 35', 'close 5 of 5']);
    expect(told(reader.read(octets.subarray(0, 10), 10_000))).toEqual(['text 4 of 21']);
    expect(told(reader.read(octets.subarray(335), 0))).toEqual(['close 5 of 5']);
  });
});

it('the diagram has a lane for each actor, and events where they happen', () => {
  const entry = (actor: string, direction: TranscriptEntry['direction'], text: string): TranscriptEntry => ({
    at: 0,
    actor,
    direction,
    text,
    bytes: direction === 'sent' ? text.length : 0,
  });
  const transcript = [
    entry('juliet', 'sent', '<a/>'),
    entry('romeo', 'step', 'romeo sends: <b/>'),
    entry('romeo', 'sent', '<b/>'),
    entry('network', 'event', 'cut 1 of 3 of juliet, after 12 octets'),
    entry('server', 'step', 'server restarts'),
    entry('romeo', 'event', 'connection ended (end)'),
  ];
  const step = { sentence: 'server restarts', file: 'a.yaml', line: 1, column: 1 };
  const wire = wireOf({ transcript }, { kind: 'closed', expected: 'x', message: 'y', step });
  expect(wire.actors).toEqual(['romeo', 'juliet']);
  expect(wire.setUp).toHaveLength(1);
  expect(wire.rows).toMatchObject([
    { kind: 'step', failed: false },
    { kind: 'octets', parts: [{ kind: 'xml', text: '<b/>' }] },
    { kind: 'event', actor: 'juliet', mark: 'cut' },
    { kind: 'step', failed: true },
    { kind: 'event', actor: 'romeo', mark: 'end' },
  ]);
});

describe('a connection in the diagram', () => {
  const chunk = (
    direction: TranscriptEntry['direction'],
    content: string | Uint8Array,
    bytes = content.length,
  ): TranscriptEntry => ({
    at: 0,
    actor: 'romeo',
    direction,
    bytes,
    ...(typeof content === 'string' ? { text: content } : { hex: Buffer.from(content).toString('hex') }),
  });
  const switching = chunk('received', 'HTTP/1.1 101 Switching Protocols\r\n\r\n');
  const frame = encodeFrames([{ opcode: 1, payload: Buffer.from('hello'), mask: false }]);
  const partsOf = (evidence: Evidence) =>
    wireOf(evidence, undefined).rows.flatMap((row) =>
      row.kind === 'octets' ? row.parts.map((part) => part.kind) : [row.kind],
    );

  it('that is made anew begins with HTTP again', () => {
    const asking = chunk('sent', 'GET /chat HTTP/1.1\r\nHost: a\r\n\r\n');
    const once = [asking, switching, chunk('received', frame.subarray(0, 4))];
    expect(partsOf({ transcript: [...once, asking, switching, chunk('received', frame)] })).toEqual([
      ...['text', 'text', 'frame'],
      ...['text', 'text', 'frame'],
    ]);
  });

  it('begins with a frame behind what is left out', () => {
    const transcript = [switching, chunk('received', frame.subarray(0, 4)), chunk('received', frame)];
    const omitted = { after: 2, entries: 7, bytes: 70 };
    expect(partsOf({ transcript, omitted })).toEqual(['text', 'frame', 'omitted', 'frame']);
  });

  it('has an event where TLS begins, once, whether the transcript tells of it or lets it be guessed', () => {
    const proceed = chunk('received', "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>");
    const told = chunk('event', 'TLS from here on: TLSv1.3, TLS_AES_128_GCM_SHA256', 0);
    const texts = (transcript: TranscriptEntry[]) =>
      wireOf({ transcript }, undefined).rows.flatMap((row) =>
        row.kind === 'event' && row.mark === 'tls' ? [row.text] : [],
      );
    expect(texts([proceed, told, chunk('sent', '<a/>')])).toEqual([told.text]);
    expect(texts([told, chunk('sent', '<a/>')])).toEqual([told.text]);
    expect(texts([proceed, chunk('sent', '<a/>')])).toEqual(['TLS from here on, shown decrypted']);
  });
});

it('octets show their place, their digits and their letters', () => {
  expect(hexLines(Buffer.from('0123456789abcdef\0'))).toEqual([
    '0000  30 31 32 33 34 35 36 37 38 39 61 62 63 64 65 66  0123456789abcdef',
    `0010  00${' '.repeat(45)}  ·`,
  ]);
});

it('the command names target and case as a shell takes them', () => {
  expect(commandFor({ target: { name: 'my-server@1.0', file: './my-server@1.0' } }, { id: 'a/b' })).toBe(
    "npx touchstone run --target ./my-server@1.0 --only 'a/b'",
  );
  expect(commandFor({ target: { name: 'a' } }, { id: 'claims/roster' })).toBe(
    'npx touchstone run --target a',
  );
  const suites = { paths: ['./mine', '../my other ones'] };
  expect(commandFor({ target: { name: 'a b' }, suites }, { id: "it's" })).toBe(
    "npx touchstone run --target 'a b' --suites ./mine --suites '../my other ones' --only 'it'\\''s'",
  );
});

describe('what the server logged', () => {
  const entry = (at: number): TranscriptEntry => ({
    at,
    actor: 'romeo',
    direction: 'event',
    bytes: 0,
    text: `at ${at}`,
  });
  const transcript = [entry(1), entry(5), entry(9)];
  const textsOf = (evidence: Evidence) =>
    wireOf(evidence, undefined).rows.map((row) => ('text' in row ? row.text : ''));

  it('stands between what passed before and after it', () => {
    const evidence = {
      transcript,
      serverLog: ['early', 'first', 'second', 'late'],
      serverLogAt: [0, 5.5, 6, 20],
    };
    expect(textsOf(evidence)).toEqual(['early', 'at 1', 'at 5', 'first', 'second', 'at 9', 'late']);
    expect(logIsPlaced(evidence)).toBe(true);
  });

  it('is left to others where nobody knows when it came', () => {
    const evidence = { transcript, serverLog: ['sometime'] };
    expect(textsOf(evidence)).toEqual(['at 1', 'at 5', 'at 9']);
    expect(logIsPlaced(evidence)).toBe(false);
  });
});
