import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { CaseResult, Evidence, RunRecord } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { htmlPage } from './html.ts';
import { noBrowser, type OpenPage, Reader, violations } from './test-browser.ts';
import { passed, sampleCases, sampleRecord } from './test-support.ts';

const evidence: Evidence = {
  transcript: [
    {
      at: 1,
      actor: 'romeo',
      direction: 'sent',
      bytes: 9,
      text: "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    },
    {
      at: 2,
      actor: 'romeo',
      direction: 'received',
      bytes: 9,
      text: "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>",
    },
    { at: 3, actor: 'romeo', direction: 'sent', bytes: 9, text: '<auth>[redacted]</auth>' },
    { at: 4, actor: 'client', direction: 'sent', bytes: 9, text: 'GET / HTTP/1.1\r\n\r\n' },
    {
      at: 5,
      actor: 'client',
      direction: 'received',
      bytes: 9,
      text: 'HTTP/1.1 101 Switching Protocols\r\n\r\n',
    },
    { at: 6, actor: 'romeo', direction: 'step', bytes: 0, text: 'romeo sends: <message/>' },
    {
      at: 7,
      actor: 'romeo',
      direction: 'sent',
      bytes: 20,
      text: "<message to='juliet'><body>Wherefore</body></message>",
    },
    { at: 8, actor: 'network', direction: 'event', bytes: 0, text: 'cuts romeo' },
    { at: 9, actor: 'client', direction: 'sent', bytes: 9, hex: '818300000000616263' },
    { at: 10, actor: 'client', direction: 'received', bytes: 5, hex: 'c203000102880403ea6279' },
    { at: 11, actor: 'juliet', direction: 'step', bytes: 0, text: 'juliet receives' },
    { at: 12, actor: 'juliet', direction: 'event', bytes: 0, text: 'connection ended (reset)' },
  ],
  omitted: { after: 9, entries: 7, bytes: 70_000 },
  serverLog: ['info: a client came', 'warn: it is gone'],
};

const [, failing, ...others] = sampleCases;
if (!failing) throw new Error('the sample has a case that fails');
const definition = Array.from({ length: 12 }, (_, index) => `    line: ${index + 8}`).join('\n');

const record = sampleRecord([passed, { ...failing, evidence }, ...others], {
  suites: { digest: 'sha256:0', specifications: [{ name: 'RFC 6121', testable: 5 }] },
  selection: { only: ['rfc*/**'] },
  pending: ['rfc6120/sasl/never-played'],
  interrupted: true,
  definitions: [{ file: passed.file, line: passed.line, text: definition }],
});

function setOf(...records: RunRecord[]): RecordSet {
  return { format: 1, records, notPlayed: [] };
}

describe.skipIf(noBrowser)('the HTML report', () => {
  let reader: Reader;
  let address: string;
  beforeAll(async () => {
    reader = await Reader.start();
    address = await reader.write(setOf(record));
  });
  afterAll(() => reader?.close());

  /** Opens the sample, does something, and has the page closed and its complaints told. */
  async function reading(
    look: Parameters<Reader['open']>[1],
    then: (page: OpenPage) => Promise<void>,
    of = address,
  ) {
    const page = await reader.open(of, look);
    await then(page);
    expect(page.complaints).toEqual([]);
    await page.context().close();
  }

  const caseHash = `case=${failing.id}`;

  it('begins with the target, its verdicts, and what its specifications came to', () =>
    reading({}, async (page) => {
      expect(await page.locator('h1').innerText()).toBe('Example');
      expect(await page.locator('.product').innerText()).toContain('exampled 1.2');
      expect(await page.locator('.conclusion').innerText()).toBe(
        'The run ended before all cases were played',
      );
      expect(await page.locator('.counts').innerText()).toMatch(/1\s+fail/);
      const spec = page.locator('.specs tbody tr', { hasText: 'RFC 6121' });
      expect(await spec.locator('[data-word=broken]').innerText()).toBe('1');
      expect(await spec.locator('[data-word="not covered"]').innerText()).toBe('4');
      expect(await page.locator('main').innerText()).toContain('External accounts are not mapped');
      expect(await page.locator('main').innerText()).toContain('rfc6120/sasl/never-played');
    }));

  it('lists what fails the run, also where only its options make it fail', async () => {
    const set = setOf(sampleRecord(sampleCases));
    const strict = await reader.write(set, { strict: true, failOn: ['unsupported'] });
    await reading(
      {},
      async (page) => {
        const broken = page.locator('.section', { hasText: 'Did not hold' });
        expect((await broken.locator('a').allInnerTexts()).sort()).toEqual(
          [1, 2, 3, 4].map((at) => sampleCases[at]?.id).sort(),
        );
        expect(await page.locator('main').innerText()).not.toContain('Warned of');
      },
      strict,
    );
  });

  it('shows of what is tolerated the reason, and nothing to compare', async () => {
    const failure = {
      kind: 'unexpected' as const,
      expected: 'the outcome that the specification prefers',
      nearest: 'juliet receives',
      message: 'tolerated: a reset counts as a close',
      tolerated: 'a reset counts as a close',
    };
    const tolerated = { ...passed, verdict: 'warn' as const, failure };
    await reading(
      { hash: `case=${passed.id}` },
      async (page) => {
        const text = await page.locator('.section', { hasText: 'What is tolerated' }).innerText();
        expect(text.match(/a reset counts as a close/g)).toHaveLength(1);
        expect(await page.locator('.diff').count()).toBe(0);
      },
      await reader.write(setOf(sampleRecord([tolerated]))),
    );
  });

  it('shows a case: requirement, source with the step that failed, difference, wire, log, command', () =>
    reading({ hash: caseHash }, async (page) => {
      expect(await page.locator('h1').innerText()).toBe(failing.title);
      expect(await page.locator('.requirements').innerText()).toContain('RFC 6121 §8.5.2.1.1');
      expect(await page.locator('.source-line.fails .source-number').innerText()).toBe('15');
      expect(await page.locator('.diff-line.diff-missing').count()).toBeGreaterThan(0);
      expect(await page.locator('.wire-step').allInnerTexts()).toEqual([
        'romeo sends: <message/>',
        expect.stringContaining('juliet receives'),
      ]);
      expect(await page.locator('.wire-step.fails').innerText()).toContain('juliet receives');
      await page.locator('.set-up summary').click();
      expect(await page.locator('.mark-tls').innerText()).toContain('TLS from here on');
      expect(await page.locator('.mark-cut').innerText()).toContain('cuts romeo');
      expect(await page.locator('.mark-end').innerText()).toContain('connection ended (reset)');
      expect(await page.locator('.frame').allInnerTexts()).toEqual([
        expect.stringMatching(/^text\s+FIN\s+masked\s+3 B\s+abc$/),
        expect.stringMatching(/^binary\s+FIN\s+RSV1\s+not masked\s+3 B\s+0000 {2}00 01 02/),
        expect.stringMatching(/^close\s+FIN\s+not masked\s+4 B\s+code 1002 by$/),
      ]);
      expect(await page.locator('.wire-omitted').innerText()).toContain('7 entries with 68 KiB');
      expect(await page.locator('.code-line', { hasText: '<body>' }).innerText()).toBe(
        '<body>Wherefore</body>',
      );
      expect(await page.locator('.log').innerText()).toContain('it is gone');
      expect(await page.locator('.command code').innerText()).toBe(
        `npx touchstone run --target example --only '${failing.id}'`,
      );
    }));

  it('filters by verdict, specification, level, and text, and keeps that in its address', () =>
    reading({}, async (page) => {
      const count = () => page.locator('.side .count').innerText();
      await page.locator('.chip', { hasText: 'fail' }).first().click();
      expect(await count()).toContain(`1 of ${record.cases.length} cases`);
      expect(page.url()).toContain('verdict=fail');
      await page.locator('.side .count .link').click();
      await page.getByLabel('Filter cases by text').fill('kept id');
      expect(await page.locator('.row').allInnerTexts()).toEqual([expect.stringContaining(failing.title)]);
      await page.getByLabel('Filter cases by text').fill('nothing of the kind');
      expect(await page.locator('.rows').innerText()).toContain('No case is left');
      await page.locator('.side .count .link').click();
      await page.getByLabel('Specification').selectOption({ index: 1 });
      await page.getByLabel('Level').selectOption({ index: 1 });
      const address = page.url();
      expect(address).toContain('spec=RFC%206121&level=MUST');
      const before = await count();
      await page.reload();
      expect(await count()).toBe(before);
    }));

  it('is read by the keyboard alone', () =>
    reading({}, async (page) => {
      const title = () => page.locator('h1').innerText();
      await page.keyboard.press('/');
      await page.keyboard.type('id-is');
      expect(await page.locator('.row').count()).toBe(1);
      await page.keyboard.press('Escape');
      await page.keyboard.press('j');
      await page.keyboard.press('Enter');
      await page.locator('.case').waitFor();
      expect(await title()).toBe(failing.title);
      await page.keyboard.press('Escape');
      await page.locator('.overview').waitFor();
      await page.keyboard.press('/');
      await page.keyboard.press('Control+A');
      await page.keyboard.press('Delete');
      await page.keyboard.press('Escape');
      await page.keyboard.press('k');
      await page.keyboard.press('Enter');
      await page.locator('.case').waitFor();
      expect(await title()).toBe(passed.title);
      await page.keyboard.press('j');
      expect(await title()).toBe(failing.title);
      await page.goBack();
      expect(await title()).toBe(passed.title);
      await page.keyboard.press('?');
      expect(await page.getByRole('dialog').innerText()).toContain('next case');
      await page.keyboard.press('Escape');
      expect(await page.getByRole('dialog').count()).toBe(0);
    }));

  it('copies the command', () =>
    reading({ hash: caseHash }, async (page) => {
      await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
      await page.locator('.command button').click();
      await page.locator('.command button', { hasText: 'Copied' }).waitFor();
      await page.getByLabel('Filter cases by text').focus();
      await page.keyboard.press('Control+V');
      expect(await page.getByLabel('Filter cases by text').inputValue()).toContain(failing.id);
    }));

  it.each([
    ['the overview', ''],
    ['a case', caseHash],
    ['the list', 'list'],
  ])('%s fits 400 pixels, and nothing is wrong with it in light or dark', (_what, hash) =>
    reading({ hash }, async (page) => {
      for (const width of [1280, 400]) {
        await page.setViewportSize({ width, height: 800 });
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          expect(await violations(page)).toEqual([]);
        }
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
        // Where there is room, list and content scroll by themselves, and the page does not.
        if (width > 860) expect(await page.evaluate('document.documentElement.scrollHeight')).toBe(800);
      }
    }));

  it('is light, dark, or as the system has it', () =>
    reading({ theme: 'dark' }, async (page) => {
      const ground = () => page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
      expect(await ground()).toBe('rgb(20, 23, 27)');
      await page.locator('.theme').click();
      expect(await ground()).toBe('rgb(255, 255, 255)');
      await page.locator('.theme').click();
      expect(await ground()).toBe('rgb(20, 23, 27)');
    }));

  it('shows several targets side by side, and rounds that differ', async () => {
    const other = sampleRecord(
      record.cases.map((one): CaseResult => ({ ...one, verdict: 'pass' })),
      {
        target: { ...record.target, name: 'other', title: 'Other' },
      },
    );
    const notPlayed = [{ target: 'third', title: 'Third', reason: 'it does not start' }];
    const several = await reader.write({ format: 1, records: [record, other], notPlayed });
    await reading(
      { hash: `${caseHash}&run=other` },
      async (page) => {
        expect(await page.locator('.verdict').innerText()).toBe('pass');
        await page.locator('.others a', { hasText: 'example' }).click();
        expect(await page.locator('.verdict').innerText()).toBe('fail');
        await page.keyboard.press('Escape');
        await page.locator('.overview').waitFor();
        expect(await page.locator('main').innerText()).toContain('it does not start');
        expect(await page.locator('.matrix').first().locator('thead').innerText()).toMatch(/example\s+other/);
        await page.getByLabel('Target', { exact: true }).selectOption({ index: 2 });
        expect(await page.locator('.side .count').innerText()).toContain(
          `${record.cases.length} of ${2 * record.cases.length}`,
        );
        expect(await violations(page)).toEqual([]);
      },
      several,
    );
    const rounds = await reader.write(
      setOf({ ...record, round: 1 }, { ...record, round: 2, cases: other.cases }),
    );
    await reading(
      {},
      async (page) => {
        expect(await page.getByText('Not the same in every round').count()).toBe(1);
        expect(await page.locator('.flake').first().innerText()).toContain('round 1');
      },
      rounds,
    );
  });

  it('opens 2,000 cases with what passed in each, of which only those are in the page that are seen', async () => {
    const cases = Array.from(
      { length: 2_000 },
      (_, index): CaseResult => ({
        ...passed,
        id: `${passed.suite}/case-${index}`,
        evidence: {
          transcript: Array.from({ length: 60 }, (_entry, at) => ({
            at,
            actor: 'romeo',
            direction: 'received',
            bytes: 120,
            text: `<message id='${((index * 60 + at) * 48_271) % 2_147_483_647}'><body>${at}</body></message>`,
          })),
        },
      }),
    );
    const many = await reader.write(setOf(sampleRecord(cases)));
    expect(statSync(fileURLToPath(many)).size).toBeLessThan(10_000_000);
    await reading(
      {},
      async (page) => {
        expect(await page.locator('.row').count()).toBeLessThan(60);
        await page.locator('.rows').evaluate((rows) => rows.scrollTo(0, rows.scrollHeight));
        await page.locator('.row', { hasText: 'case-1999' }).click();
        await page.locator('.wire .code-line').first().waitFor();
        expect(await page.locator('.case-id').innerText()).toContain('case-1999');
      },
      many,
    );
  });
});

it('holds no markup but its own, whatever the record says', async () => {
  const text = '</script><script>alert(1)</script><!--overview--><!--details-->$&';
  const page = await htmlPage(setOf(sampleRecord([{ ...passed, title: text, evidence }])), {}, text);
  expect(page).not.toContain('alert(1)');
  expect(page.match(/<script/g)).toHaveLength(3);
  expect(page).toMatch(/content="default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+';/);
});
