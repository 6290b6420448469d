import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Evidence } from '../record/record.schema.ts';
import type { RecordSet } from '../record/record-set.ts';
import { run } from '../run/run.ts';
import { loadSuites, ownSuites } from '../suite/load-suites.ts';
import type { TargetDefinition } from '../target/load-target.ts';
import { acceptFor } from '../websocket/handshake.ts';
import { serverFrame } from '../websocket/scripted-server.ts';
import { noBrowser, type OpenPage, Reader } from './test-browser.ts';
import { sampleCases, sampleRecord } from './test-support.ts';

/** Everything that would be seen to have been taken for markup, or that would change what is seen. */
const attack = [
  '</script><script>globalThis.pwned = 1</script>',
  '<img src=x onerror="globalThis.pwned = 1">',
  '" onmouseover="globalThis.pwned = 1" x="',
  "' autofocus onfocus='globalThis.pwned = 1'",
  '</style></textarea></title><svg/onload=globalThis.pwned=1>',
  '<!-- --><![CDATA[ &lt;b&gt; <b class="pwned">',
  'javascript:globalThis.pwned=1',
  'left\u202eright\u2066isolate\u200bzero\ufeff',
  'nul\0 escape\u001b[2J bell\u0007 lone\ud800',
].join(' ');

/** What must not be in a page as it is: it would not be seen, or would turn around what is. */
const unseen = /[\0\u0007\u001b\u202e\u2066\u200b\ufeff\ud800](?![\udc00-\udfff])/;

/** Words of the record that are one of a list. */
const chosen = new Set(['verdict', 'level', 'kind', 'direction', 'started', 'hex', 'platform']);

/** The same with the attack before each text, in keys of lists too. */
function attacked<Value>(value: Value, key = ''): Value {
  if (typeof value === 'string') return (chosen.has(key) ? value : `${attack} ${value}`) as Value;
  if (Array.isArray(value)) return value.map((one) => attacked(one, key)) as Value;
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([name, one]) => [
    key === 'endpoints' || key === 'selection' ? `${attack} ${name}` : name,
    attacked(one, name),
  ]);
  return Object.fromEntries(entries) as Value;
}

const hexOfAttack = Buffer.from(attack.slice(0, 120)).toString('hex');
const evidence: Evidence = {
  transcript: [
    { at: 1, actor: 'romeo', direction: 'received', bytes: 9, text: '<a>' },
    { at: 2, actor: 'romeo', direction: 'step', bytes: 0, text: 'romeo receives' },
    { at: 3, actor: 'romeo', direction: 'event', bytes: 0, text: 'ended' },
    { at: 4, actor: 'client', direction: 'received', bytes: 120, hex: hexOfAttack },
  ],
  serverLog: ['a line'],
};

function hostileSet(): RecordSet {
  const cases = sampleCases.map((one) => ({
    ...one,
    evidence,
    observations: ['noticed'],
    knownFailing: { reason: 'known', link: 'link' },
    failure: {
      kind: 'mismatch' as const,
      expected: 'x',
      nearest: '<y/>',
      message: 'm',
      differences: [{ path: '/a', expected: 'b', actual: 'c' }],
      step: { sentence: 'romeo receives', file: one.file, line: 9, column: 1 },
    },
  }));
  const record = attacked(
    sampleRecord(cases, {
      definitions: cases
        .slice(0, 1)
        .map(({ file, line }) => ({ file, line, text: 'steps: []\n- a: b\n# c' })),
      staleKnownFailing: ['stale'],
      pending: ['pending'],
      selection: { only: ['x'] },
      target: {
        ...sampleRecord([]).target,
        image: { name: 'i', id: 'd' },
        domain: 'd',
        endpoints: { xmpp: '127.0.0.1:1' },
        capabilities: { claimed: ['c'], offered: ['o'], findings: ['f'] },
      },
    }),
  );
  const notPlayed = attacked([{ target: 't', title: 't', reason: 'r' }]);
  return { format: 1, records: [record, { ...record, round: 2 }], notPlayed };
}

/** Where it is, and what stands around it. */
function unseenIn(text: string): string {
  const at = text.search(unseen);
  return at < 0 ? '' : JSON.stringify(text.slice(Math.max(0, at - 900), at + 20));
}

/** That all the page holds is what it would hold of harmless texts. */
async function demandHarmless(page: OpenPage): Promise<void> {
  expect(await page.evaluate('globalThis.pwned')).toBeUndefined();
  expect(
    await page
      .locator('#page')
      .locator(
        'script, img, svg, style, iframe, b.pwned, [onerror], [onload], [onfocus], [onmouseover], [src]',
      )
      .count(),
  ).toBe(0);
  expect(await page.locator('a:not([href^="#"])').count()).toBe(0);
  expect(unseenIn(await page.locator('#page').evaluate((element) => element.outerHTML))).toBe('');
  expect(unseenIn(await page.title())).toBe('');
  expect(page.complaints).toEqual([]);
}

/** A case for each wire. */
const played = [
  'rfc6121/message-types/type-left-out',
  'rfc6455/broken-fragmentation/new-text-message-inside-text',
] as const;

describe.skipIf(noBrowser)('the HTML report, of a hostile server,', () => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await Reader.start();
  });
  afterAll(() => reader?.close());

  it('shows every text of the record as text', async () => {
    const set = hostileSet();
    const page = await reader.open(await reader.write(set));
    await demandHarmless(page);
    const shown = await page.locator('main').innerText();
    expect(shown).toContain('<img src=x onerror=');
    expect(shown).toContain('left\\u{202e}right');
    expect(shown).toContain('nul\\x00 escape\\x1b[2J');
    for (let at = 0; at < sampleCases.length; at++) {
      await page.keyboard.press('j');
      if (at === 0) await page.keyboard.press('Enter');
      await page.locator('.wire').waitFor();
      for (const summary of await page.locator('summary').all()) await summary.click();
      await demandHarmless(page);
    }
    const [first] = set.records[0]?.cases ?? [];
    expect(await page.locator('.command code').innerText()).toContain("--only '");
    await page.reload();
    await page.locator('.wire').waitFor();
    await demandHarmless(page);
    await page.getByLabel('Filter cases by text').fill(attack.slice(0, 40));
    expect(await page.locator('.row').count()).toBeGreaterThan(0);
    await demandHarmless(page);
    expect(first?.id).toContain('</script>');
  });

  it('shows what it sent over both wires in a run', async () => {
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (first) => answer(socket, first.toString('latin1')));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const record = await run({
      target: hostileTarget(port),
      suites: await loadSuites([ownSuites], [...played]),
      selection: { only: [...played] },
      knownFailing: [],
      version: '0',
      patienceMs: 5_000,
      signal: new AbortController().signal,
      reporters: [],
    });
    server.close();
    const page = await reader.open(await reader.write({ format: 1, records: [record], notPlayed: [] }));
    await demandHarmless(page);
    for (const one of record.cases.filter(({ evidence }) => evidence)) {
      await page.locator('.row', { hasText: one.title }).click();
      await page.locator('.wire').waitFor();
      for (const summary of await page.locator('summary').all()) await summary.click();
      await demandHarmless(page);
      expect(await page.locator('.wire').innerText()).toContain('globalThis.pwned');
    }
  });
});

function hostileTarget(port: number): TargetDefinition {
  return {
    folder: '/',
    settings: {
      target: 'hostile',
      title: `Hostile ${attack}`,
      product: { name: attack },
      start: { external: { host: '127.0.0.1' } },
      domain: 'localhost',
      endpoints: { xmpp: { port, tls: 'none' }, websocket: { port, path: '/', echo: true } },
      accounts: { list: [{ username: 'romeo', password: 'jul1et' }] },
    },
  };
}

/** Sends the attack wherever the protocol has room for a text. */
function answer(socket: Socket, first: string): void {
  const key = /sec-websocket-key: (\S+)/i.exec(first)?.[1];
  const harmlessInXml = attack
    .replace(/[\0\u001b\u0007]|\ud800/g, '')
    .replace(/[<&]/g, (one) => `&#${one.charCodeAt(0)};`);
  if (key === undefined) {
    socket.write(
      `<stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' from='localhost' id="${harmlessInXml.replaceAll('"', '&quot;')}" version='1.0'><stream:features><mechanisms xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><mechanism>PLAIN</mechanism></mechanisms><x>${harmlessInXml}</x></stream:features>`,
    );
    socket.on('data', () =>
      socket.write(
        `<failure xmlns='urn:ietf:params:xml:ns:xmpp-sasl'><not-authorized/><text>${harmlessInXml}</text></failure>${attack}`,
      ),
    );
    return;
  }
  const header = attack.replace(/[\0\r\n\u0007\u001b]/g, '');
  socket.write(
    `HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptFor(key)}\r\nX-Said: ${header}\r\n\r\n`,
  );
  socket.on('data', () => {
    socket.write(
      Buffer.concat([
        serverFrame({ text: attack }),
        serverFrame({ opcode: 2, text: attack }),
        serverFrame({ opcode: 9, text: attack.slice(0, 100) }),
      ]),
    );
  });
}
