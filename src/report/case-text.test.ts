import { expect, it } from 'vitest';
import type { CaseResult } from '../record/record.schema.ts';
import { caseText } from './case-text.ts';
import { coloursFor } from './colours.ts';
import { passed, sampleCases, sampleRecord } from './test-support.ts';

const plain = coloursFor({}, { NO_COLOR: '1' });
const failed = sampleCases[1] ?? passed;
const definition = {
  file: failed.file,
  line: 8,
  text: `  - id: id-is-kept
    title: The id of a message reaches its addressee
    covers: [rfc6121/8.5.2.1.1-chat]
    given:
      romeo: online
    steps:
      - romeo sends: <message/>
      - juliet receives: <message/>
`,
};

function shown(one: CaseResult): string {
  return caseText(one, sampleRecord([one], { definitions: [definition] }), plain).join('\n');
}

it('marks the failing step in the source of the case, and shows the whole wire', () => {
  const text = shown(failed);
  expect(text).toContain('FAIL rfc6121/message-routing/id-is-kept');
  expect(text).toContain('(RFC 6121 section 8.5.2.1.1, MUST)');
  expect(text).toContain(`  14 |       - romeo sends: <message/>
> 15 |       - juliet receives: <message/>
     |         ^ juliet received a message, but not this one`);
  expect(text).toContain(`    - <message from='romeo@house/a' id='m1'>`);
  expect(text).toContain(`      0.1 ▸ romeo sends
      0.4 romeo → server  36 B
            │ <message to='juliet@house' id='m1'>
      9.8 juliet ← server  17 B`);
  expect(text).toContain("npx touchstone run --target example --only 'rfc6121/message-routing/id-is-kept'");
  expect(shown(passed)).toContain('`touchstone run --transcripts` keeps it');
});

it('believes no column beyond the end of its line', () => {
  const step = { sentence: 'x', file: failed.file, line: 15, column: 2_000_000_000 };
  const failure = { kind: 'mismatch' as const, expected: 'x', message: 'no', step };
  expect(shown({ ...failed, failure })).toMatch(/^ {5}\| {30,40}\^ no$/m);
});

it('lets nothing that a server sends do anything, or look like a row of its own', () => {
  const evil = "\x1b]0;title\x07\x1b[2J\u202e<a b='\n    99.9 juliet → server  1 B'>\u0000\r</a>";
  const at = { at: 1, actor: 'romeo\x1b[1m', bytes: 9 };
  const text = shown({
    ...failed,
    reason: evil,
    observations: [evil],
    failure: { kind: 'mismatch', expected: evil, nearest: evil, message: evil },
    evidence: {
      transcript: [
        { ...at, direction: 'received', text: evil },
        { ...at, direction: 'received', text: `<a>${evil}</a>` },
        { ...at, direction: 'event', text: evil },
        { ...at, direction: 'step', text: evil },
      ],
      serverLog: [evil],
    },
  });
  expect(text).not.toMatch(/[\0-\x09\x0b-\x1f\x7f\u202e]/);
  expect(text.slice(text.indexOf('The wire'))).not.toMatch(/^ +99\.9/m);
  expect(text).toMatch(/^ +│ +99\.9/m);
});
