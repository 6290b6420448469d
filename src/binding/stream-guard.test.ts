import { describe, expect, it } from 'vitest';
import { StreamGuard } from './stream-guard.ts';

const header =
  "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='localhost' id='s' version='1.0'>";

/** What the guard finds wrong with these chunks. */
function violationsOf(...chunks: string[]): string[] {
  const violations: string[] = [];
  const guard = new StreamGuard((text) => violations.push(text));
  for (const chunk of chunks) guard.read(Buffer.from(chunk));
  return violations;
}

describe('the guard of a stream', () => {
  it('lets pass what servers send, and follows a restart in the middle of a chunk', () => {
    const success = "<success xmlns='urn:ietf:params:xml:ns:xmpp-sasl'/>";
    const large = `<message><body>${'x'.repeat(5_000_000)}</body></message>`;
    expect(violationsOf(`${header}<stream:features/>${success}${header}`, large, '</stream:stream>')).toEqual(
      [],
    );
  });

  it.each([
    ['depth without end', '<a>'.repeat(200), 'open at once'],
    ['a comment', '<!-- x -->', 'a comment'],
    ['more children than a stanza has', `<a>${'<b/>'.repeat(70_000)}`, 'elements and texts'],
    ['a stanza without end', `<a>${'x'.repeat(34_000_000)}`, 'octets in one element'],
  ])('finds %s, once', (_what, text, wrong) => {
    expect(violationsOf(header, text, text)).toEqual([expect.stringContaining(wrong)]);
  });
});
