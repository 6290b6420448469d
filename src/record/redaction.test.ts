import { expect, it } from 'vitest';
import type { CaseResult } from './record.schema.ts';
import { Redaction } from './redaction.ts';
import { Transcript } from './transcript.ts';

const secret = 'x9-Kf/"ö~moon';
const base: CaseResult = {
  id: 'a/b',
  suite: 'a',
  title: 't',
  file: 'f',
  line: 1,
  covers: [],
  level: 'MUST',
  verdict: 'fail',
  durationMs: 1,
};

function resultWith(write: (transcript: Transcript) => void, text = ''): string {
  const transcript = new Transcript();
  write(transcript);
  const failure = { kind: 'mismatch', expected: text, message: text, nearest: text } as const;
  const result: CaseResult = { ...base, failure, evidence: transcript.toEvidence() };
  return JSON.stringify(new Redaction([secret]).result(result));
}

it.each([
  ['as it is', secret],
  ['in JSON', JSON.stringify({ password: secret })],
  ['percent-encoded', encodeURIComponent(secret)],
  ['in hexadecimal', Buffer.from(secret).toString('hex')],
  ['in base64', Buffer.from(secret).toString('base64')],
  ['in base64 behind others', Buffer.from(`\0user\0${secret}`).toString('base64')],
  ['in base64 before others', Buffer.from(`${secret}, and more`).toString('base64')],
])('finds a secret %s, in the transcript and in the failure', (_how, text) => {
  const record = resultWith(
    (transcript) => transcript.bytes('romeo', 'sent', Buffer.from(`before ${text} after`)),
    text,
  );
  expect(record).not.toContain(JSON.stringify(text).slice(1, -1));
  expect(record).toContain('[redacted]');
});

it('finds a secret that is cut over chunks', () => {
  const record = resultWith((transcript) => {
    for (const character of secret) transcript.bytes('romeo', 'sent', Buffer.from(character));
  });
  const shown = (JSON.parse(record) as CaseResult).evidence?.transcript.map((entry) => entry.text).join('');
  expect(shown).not.toContain('moon');
});

it('finds a secret among octets that are no text', () => {
  const record = resultWith((transcript) =>
    transcript.bytes('romeo', 'sent', Buffer.concat([Buffer.from([0, 255]), Buffer.from(secret)])),
  );
  expect(record).not.toContain(Buffer.from(secret).toString('hex'));
});

it('takes out what SASL elements hold, and leaves the elements', () => {
  const redaction = new Redaction([]);
  expect(redaction.text("<auth xmlns='x' mechanism='PLAIN'>AGEAYg==</auth><success>dj0=</success>")).toBe(
    "<auth xmlns='x' mechanism='PLAIN'>[redacted]</auth><success>[redacted]</success>",
  );
  expect(redaction.text('Host: a\r\nAuthorization: Basic YTpi\r\n')).toContain('Authorization: [redacted]');
});

it('leaves alone what holds no secret', () => {
  const stanza = "<message to='juliet@house'><body>moon</body></message>";
  expect(resultWith((transcript) => transcript.bytes('romeo', 'sent', Buffer.from(stanza)))).toContain(
    '<body>moon</body>',
  );
});
