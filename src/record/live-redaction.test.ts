import { expect, it } from 'vitest';
import { LiveRedaction } from './live-redaction.ts';
import type { TranscriptEntry } from './record.schema.ts';

function entry(text: string, more: Partial<TranscriptEntry> = {}): TranscriptEntry {
  return { at: 1, actor: 'romeo', direction: 'sent', text, bytes: text.length, ...more };
}

it('takes secrets out of what passes, also where a chunk ends in the middle of one', () => {
  const live = new LiveRedaction();
  const shown = [
    '<a>hunter',
    '2-secret</a>',
    "<auth xmlns='urn:ietf:params:xml:ns:xmpp-sasl'>cGxh",
    'aW4=</auth>',
  ]
    .map((text) => live.entry(entry(text), ['hunter2-secret']).text)
    .join('\n');
  for (const secret of ['hunter', 'secret', 'cGxh', 'aW4=']) expect(shown).not.toContain(secret);
  expect(shown).toContain('<a>');
});

it('leaves all else as it is', () => {
  const live = new LiveRedaction();
  const plain = [
    entry('<a>b</a>'),
    entry('juliet connects', { direction: 'event', bytes: 0 }),
    entry('long', { omittedBytes: 7 }),
  ];
  expect(plain.map((one) => live.entry(one, ['hunter2']))).toEqual(plain);
});
