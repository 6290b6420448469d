import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { CaseResult, Evidence } from './record.schema.ts';
import { Redaction } from './redaction.ts';
import { Transcript } from './transcript.ts';

const secret = 'x9-Kf/"ö~&moon>';
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

/** A result that says the text wherever it can, redacted, as JSON. */
function resultWith(write: (transcript: Transcript) => void, text = ''): string {
  const transcript = new Transcript();
  write(transcript);
  transcript.event('romeo', text);
  transcript.step('romeo', text);
  const result: CaseResult = {
    ...base,
    reason: text,
    observations: [text],
    failure: {
      kind: 'mismatch',
      step: { sentence: text, file: 'f', line: 1, column: 1 },
      expected: text,
      nearest: text,
      message: text,
      tolerated: text,
      differences: [{ path: '/message', expected: text, actual: text }],
    },
    evidence: { ...transcript.toEvidence(), serverLog: [text] },
  };
  return JSON.stringify(new Redaction([secret]).result(result));
}

function shown(write: (transcript: Transcript) => void, secrets = [secret]): Evidence['transcript'] {
  const transcript = new Transcript();
  write(transcript);
  return new Redaction(secrets).evidence(transcript.toEvidence()).transcript;
}

const spellings: [string, string][] = [
  ['as it is', secret],
  ['in JSON', JSON.stringify({ password: secret })],
  ['escaped for XML', `<x>${secret.replace('&', '&amp;').replace('>', '&gt;')}</x>`],
  ['in an attribute', `x="${secret.replace('&', '&amp;').replace('>', '&gt;').replace('"', '&quot;')}"`],
  ['percent-encoded', encodeURIComponent(secret)],
  ['percent-encoded in lower case', encodeURIComponent(secret).replace(/%../g, (code) => code.toLowerCase())],
  ['in hexadecimal', Buffer.from(secret).toString('hex')],
  ['in base64', Buffer.from(secret).toString('base64')],
  ['in base64 behind one octet', Buffer.from(`\0${secret}`).toString('base64')],
  ['in base64 behind two octets', Buffer.from(`\0a${secret}`).toString('base64')],
  ['in base64 behind others', Buffer.from(`\0user\0${secret}`).toString('base64')],
  ['in base64 before others', Buffer.from(`${secret}, and more`).toString('base64')],
  ['in base64 for URLs', Buffer.from(`??>${secret}`).toString('base64url')],
];

describe('a secret', () => {
  it.each(spellings)('%s is found in the transcript and in the failure', (_how, text) => {
    const record = resultWith(
      (transcript) => transcript.bytes('romeo', 'sent', Buffer.from(`before ${text} after`)),
      text,
    );
    expect(record).not.toContain(JSON.stringify(text).slice(1, -1));
    expect(leaked(record)).toEqual([]);
    expect(record).toContain('before ');
    expect(record).toContain(' after');
  });

  it.each(spellings)('%s is found when it is cut over chunks of any size', (_how, text) => {
    const octets = Buffer.from(`before ${text} after`);
    for (let size = 1; size < 12; size++) {
      const entries = shown((transcript) => {
        for (let at = 0; at < octets.length; at += size)
          transcript.bytes('romeo', 'sent', octets.subarray(at, at + size));
      });
      const joined = entries
        .map((entry) => entry.text ?? Buffer.from(entry.hex ?? '', 'hex').toString())
        .join('');
      expect(joined.replaceAll('[redacted]', '')).toMatch(
        /^before (<x>|x="|\{"password":")?(<\/x>|"|"\})? after$/,
      );
    }
  });

  it('is found among octets that are no text', () => {
    const record = resultWith((transcript) =>
      transcript.bytes('romeo', 'sent', Buffer.concat([Buffer.from([0, 255]), Buffer.from(secret)])),
    );
    expect(record).not.toContain(Buffer.from(secret).toString('hex'));
  });

  it.each(spellings)('%s is found masked as a WebSocket client masks', (_how, text) => {
    for (const key of ['00000000', '37fa213d', 'ffffffff']) {
      const mask = Buffer.from(key, 'hex');
      const payload = Buffer.from(`{"a":1} ${text}`).map((octet, index) => octet ^ (mask[index % 4] ?? 0));
      const frame = Buffer.concat([Buffer.from([0x81, 0x80 | payload.length]), mask, payload]);
      const [entry] = shown((transcript) => transcript.bytes('romeo', 'sent', frame));
      expect(entry?.text ?? entry?.hex).toContain('[redacted]');
      expect(entry).not.toHaveProperty('hex');
    }
  });

  it('is found by its pieces where the transcript leaves something out', () => {
    for (let place = 4_090; place > 4_070; place--) {
      const [first, second] = shown((transcript) => {
        transcript.bytes('romeo', 'sent', Buffer.from('.'.repeat(place) + secret + '.'.repeat(3_000)));
        transcript.bytes('romeo', 'sent', Buffer.from(`${secret.slice(4)} after`));
      });
      expect(first?.text).not.toContain(secret.slice(0, 3));
      expect(second?.text).toBe('[redacted] after');
    }
  });

  it('does not take away what names the case', () => {
    const result = new Redaction(['mismatch', 'romeo', base.id]).result({
      ...base,
      failure: { kind: 'mismatch', expected: 'romeo', message: 'm' },
      evidence: { transcript: [{ at: 0, actor: 'romeo', direction: 'event', text: 'romeo', bytes: 0 }] },
    });
    expect(result).toMatchObject({
      id: base.id,
      failure: { kind: 'mismatch', expected: '[redacted]' },
      evidence: { transcript: [{ actor: 'romeo', text: '[redacted]' }] },
    });
  });

  it('of fewer than four characters is not looked for', () => {
    expect(new Redaction(['', 'a', 'abc']).text('abc')).toBe('abc');
  });
});

describe('what authenticates by where it stands', () => {
  const redaction = new Redaction([]);
  it.each([
    [
      "<auth xmlns='x' mechanism='PLAIN'>AGEAYg==</auth><success>dj0=</success>",
      "<auth xmlns='x' mechanism='PLAIN'>[redacted]</auth><success>[redacted]</success>",
    ],
    ['<sasl:challenge>cj0x</sasl:challenge>', '<sasl:challenge>[redacted]</sasl:challenge>'],
    ['<response\n a="1"\n>Yz1i', '<response\n a="1"\n>[redacted]'],
    ['<auth><![CDATA[AGEA]]></auth>', '<auth>[redacted]</auth>'],
    ['<auth>AA<!-- -->BB</auth> hi', '<auth>[redacted]</auth> hi'],
    ["<success xmlns='x'/> and more", "<success xmlns='x'/> and more"],
    ['<auth>=</auth><response></response>', '<auth>=</auth><response></response>'],
    ['<authors>moon</authors>', '<authors>moon</authors>'],
    ['<query><password>Calliope</password></query>', '<query><password>[redacted]</password></query>'],
    ['Host: a\r\nAuthorization: Basic YTpi\r\n\r\nx', 'Host: a\r\nAuthorization: [redacted]\r\n\r\nx'],
    ['Set-Cookie: a=b; Path=/\nDate: now', 'Set-Cookie: [redacted]\nDate: now'],
    ['{"cookie":"a=b; c","host":"a"}', '{"cookie":[redacted],"host":"a"}'],
    ['got proxy-authorization: Negotiate x', 'got proxy-authorization: [redacted]'],
  ])('%j', (text, expected) => {
    expect(redaction.text(text)).toBe(expected);
    const cut = shown((transcript) => {
      for (const character of text) transcript.bytes('romeo', 'received', Buffer.from(character));
    }, []);
    const joined = cut.map((entry) => entry.text).join('');
    expect(joined.replaceAll(/(\[redacted\])+/g, '[redacted]')).toBe(expected);
  });

  it('goes also where the element stands in a path, or stays open over a gap', () => {
    const { differences } = redaction.failure({
      kind: 'mismatch',
      expected: '<success/>',
      message: 'm',
      differences: [
        { path: '/success/text()', expected: 'dj1h', actual: 'dj1i' },
        { path: '/message/@type', expected: 'chat', actual: 'normal' },
      ],
    });
    expect(JSON.stringify(differences)).not.toMatch(/dj1/);
    expect(differences?.[1]?.actual).toBe('normal');
    const [, second] = shown((transcript) => {
      transcript.bytes('romeo', 'sent', Buffer.from(`<auth>${'A'.repeat(5_000)}`));
      transcript.bytes('romeo', 'sent', Buffer.from('BBBB</auth><iq/>'));
    }, []);
    expect(second?.text).toBe('[redacted]</auth><iq/>');
  });
});

it('leaves alone what holds no secret', () => {
  const stanza = "<message to='juliet@house'><body>moon 🌝 \ud83c</body></message>";
  const binary = deflateRawSync(Buffer.from(stanza));
  const [text, hex] = shown((transcript) => {
    transcript.bytes('romeo', 'sent', Buffer.from(stanza));
    transcript.bytes('romeo', 'received', binary);
  });
  expect(text?.text).toBe(Buffer.from(stanza).toString());
  expect(hex?.hex).toBe(binary.toString('hex'));
  expect(new Redaction([secret]).text(stanza)).toBe(stanza);
});

it('cuts what a server made long', () => {
  const { failure } = new Redaction([secret]).result({
    ...base,
    failure: {
      kind: 'mismatch',
      expected: 'e',
      message: 'm',
      nearest: `${secret}${'🌝'.repeat(1_000_000)}`,
      differences: Array.from({ length: 1_000 }, () => ({ path: '/a', expected: 'x'.repeat(100_000) })),
    },
  });
  expect(JSON.stringify(failure).length).toBeLessThan(1_000_000);
  expect(failure?.nearest).toMatch(/^\[redacted\].*… \(\d+ more characters\)$/u);
  expect(failure?.nearest).not.toMatch(/[\ud800-\udfff]/u);
});

it.each([
  '<auth',
  '<auth ',
  '<auth>',
  'authorization',
  'cookie: "',
  Buffer.from(secret).toString('base64'),
  '    ',
])('takes a flood of %j in its stride', (piece) => {
  expect(new Redaction([secret]).text(piece.repeat(200_000 / piece.length)).length).toBeGreaterThan(0);
});

/** Pieces of eight characters of the secret, in any spelling, that the record shows. */
function leaked(record: string): string[] {
  const octets = Buffer.from(secret);
  const pieces = [secret, JSON.stringify(secret).slice(1, -1), octets.toString('hex')];
  for (const before of ['', '\0', '\0a']) pieces.push(Buffer.from(before + secret).toString('base64'));
  return pieces
    .flatMap((piece) => Array.from({ length: piece.length - 7 }, (_, at) => piece.slice(at, at + 8)))
    .filter((piece) => record.includes(piece));
}
