import { describe, expect, it } from 'vitest';
import { Transcript } from './transcript.ts';

describe('a transcript', () => {
  it('keeps the beginning and the end of a flood, and counts the rest', () => {
    const transcript = new Transcript();
    for (let n = 0; n < 5_000; n++) transcript.bytes('romeo', 'received', Buffer.from(String(n)));
    const { transcript: entries, omitted } = transcript.toEvidence();
    expect(entries).toHaveLength(400);
    expect(entries[0]?.text).toBe('0');
    expect(entries.at(-1)?.text).toBe('4999');
    expect(omitted).toEqual({ after: 200, entries: 4_600, bytes: 800 * 3 + 3_800 * 4 });
    expect(entries[200]?.text).toBe('4800');
  });

  it('is bounded in octets too, whatever is sent, happens or is played', () => {
    const transcript = new Transcript();
    const chunk = Buffer.alloc(1_000_000, 'x');
    for (let n = 0; n < 300; n++) {
      transcript.bytes('romeo', 'received', chunk);
      transcript.event('romeo', 'e'.repeat(10_000));
      transcript.step('romeo', 's'.repeat(10_000));
    }
    const evidence = transcript.toEvidence();
    expect(JSON.stringify(evidence).length).toBeLessThan(150_000);
    expect(evidence.transcript.length + (evidence.omitted?.entries ?? 0)).toBe(900);
  });

  it('shows what is no text in hexadecimal, and a long chunk by its beginning', () => {
    const transcript = new Transcript();
    transcript.bytes('romeo', 'received', Buffer.from([0, 1, 255]));
    transcript.bytes('romeo', 'received', Buffer.from(`a${'é'.repeat(500_000)}`));
    transcript.bytes('romeo', 'received', Buffer.alloc(1_000));
    const [binary, long, zeros] = transcript.toEvidence().transcript;
    expect(binary).toMatchObject({ hex: '0001ff', bytes: 3 });
    expect(binary).not.toHaveProperty('omittedBytes');
    expect(long).toMatchObject({ bytes: 1_000_001, omittedBytes: 1_000_001 - 4_095 });
    expect(long?.text).toBe(`a${'é'.repeat(2_047)}`);
    expect(zeros).toMatchObject({ bytes: 1_000, omittedBytes: 744, hex: '00'.repeat(256) });
  });

  it('keeps a copy of what it was given', () => {
    const transcript = new Transcript();
    const reused = Buffer.from('before');
    transcript.bytes('romeo', 'sent', reused);
    reused.fill('x');
    expect(transcript.toEvidence().transcript[0]?.text).toBe('before');
  });
});
