import { describe, expect, it } from 'vitest';
import { type Head, HeadError, type HeadLimits, HeadReader, valuesOf } from './http-head.ts';

function read(text: string, every = text.length, limits: Partial<HeadLimits> = {}): Head | undefined {
  const octets = Buffer.from(text, 'latin1');
  const reader = new HeadReader(limits);
  for (let at = 0; at < octets.length; at += every) {
    const head = reader.write(octets.subarray(at, at + every));
    if (head) return head;
  }
  return undefined;
}

describe('a value', () => {
  it.each([
    ['A: \xa0b\xa0 ', '\xa0b\xa0'],
    ['A:\t b \t c\t', 'b \t c'],
    ['A: \t ', ''],
    ['A:', ''],
  ])('in %j has no spaces and tabs around it, but other white space', (line, value) => {
    expect(valuesOf(read(`X\r\n${line}\r\n\r\n`)?.headers ?? [], 'a')).toEqual([value]);
  });
});

describe('lines that end with LF alone', () => {
  const refused = expect.objectContaining({ message: expect.stringContaining('LF alone'), tooLarge: false });

  it.each([
    ['all of them', 'HTTP/1.1 101 OK\nUpgrade: websocket\n\n'],
    ['the first, with no other', 'HTTP/1.1 101 OK\n'],
    ['the empty one', 'HTTP/1.1 101 OK\r\nA: b\r\n\n'],
    ['one before everything', '\n'],
  ])('are refused and not waited for: %s', (_what, text) => {
    for (const every of [1, 2, text.length]) expect(() => read(text, every)).toThrow(refused);
  });

  it('may come after the head, however it is cut', () => {
    const text = 'X\r\nA: b\r\n\r\n\n\n';
    for (let every = 1; every <= text.length; every++) expect(read(text, every)?.firstLine).toBe('X');
  });
});

describe('the limits', () => {
  it.each([1, 7, 1_000])('of octets hold without an end, in chunks of %d', (every) => {
    expect(() => read('x'.repeat(2_000), every, { octets: 1_000 })).toThrow(
      expect.objectContaining({ name: HeadError.name, tooLarge: true }),
    );
  });

  it('of octets do not count what comes after the head', () => {
    const head = read(`X\r\nA: b\r\n\r\n${'x'.repeat(5_000)}`, 5_100, { octets: 100 });
    expect(head?.rest).toHaveLength(5_000);
  });

  it('of fields hold, and take as many', () => {
    const text = (count: number) => `X\r\n${'A: b\r\n'.repeat(count)}\r\n`;
    expect(read(text(10), 3, { fields: 10 })?.headers).toHaveLength(10);
    expect(() => read(text(11), 3, { fields: 10 })).toThrow(expect.objectContaining({ tooLarge: true }));
  });
});

describe('a reader for a server', () => {
  const request = '\r\nGET / HTTP/1.1\r\nA: b\r\n\r\n';

  it('passes over one empty line before the first, in one piece and octet by octet', () => {
    for (const every of [1, request.length]) {
      const reader = new HeadReader({}, { emptyLineFirst: () => true });
      const octets = Buffer.from(request);
      let head: Head | undefined;
      for (let at = 0; at < octets.length; at += every) head = reader.write(octets.subarray(at, at + every));
      expect(head).toMatchObject({ firstLine: 'GET / HTTP/1.1', headers: [['A', 'b']] });
    }
  });

  it('tells a first line that is too long from other lines', () => {
    const long = 'a'.repeat(200);
    const error = (inFirstLine: boolean) => expect.objectContaining({ tooLarge: true, inFirstLine });
    expect(() => read(`GET /${long}`, 300, { octets: 100 })).toThrow(error(true));
    expect(() => read(`GET / HTTP/1.1\r\nA: ${long}`, 300, { octets: 100 })).toThrow(error(false));
  });
});

it.each([
  '<!doctype html><html>\n',
  'http/1.1 101 OK\r\n',
  '\x8a\0',
  'HTTX',
])('refuses a head that begins with %j', (text) => {
  for (const every of [1, text.length]) {
    const reader = new HeadReader({}, { beginsWith: 'HTTP/' });
    const write = () => {
      for (let at = 0; at < text.length; at += every)
        reader.write(Buffer.from(text.slice(at, at + every), 'latin1'));
    };
    expect(write).toThrow('where HTTP/ was to come');
  }
});
