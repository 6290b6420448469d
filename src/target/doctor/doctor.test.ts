import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { CertificateAuthority } from '../../network/certificate-authority.ts';
import { type EmbeddedServer, startEmbeddedServer } from '../../reference/embedded-server.ts';
import { defineTarget } from '../load-target.ts';
import { isAtLeast, machineFindings } from './machine.ts';
import { reachTarget } from './reach.ts';

const account = { username: 'one', password: 'first-secret' };
const folder = mkdtempSync(join(tmpdir(), 'touchstone-doctor-'));
let server: EmbeddedServer;

beforeAll(async () => {
  server = await startEmbeddedServer({ accounts: [account] });
  writeFileSync(join(folder, 'ca.pem'), server.ca);
  writeFileSync(join(folder, 'other.pem'), (await CertificateAuthority.create()).certificate);
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await server.stop();
});

/** What is told of the embedded server, reached as one that runs elsewhere. */
async function reach(
  kind: 'xmpp' | 'xmpp-tls',
  { ca = './ca.pem', port = server.endpoints[kind]?.port ?? 0, password = account.password } = {},
) {
  const definition = defineTarget(
    {
      target: 'here',
      title: 'Here',
      product: { name: 'Here' },
      start: { external: { host: '127.0.0.1' } },
      domain: server.domain,
      endpoints: { [kind]: { port } },
      tls: { ca },
      accounts: { list: [{ ...account, password }] },
    },
    folder,
  );
  const told: string[] = [];
  const advice: string[] = [];
  const tell = (finding: Parameters<Parameters<typeof reachTarget>[1]>[0]) => {
    told.push(`${finding.state} ${finding.what.replace(/^.*: /, '')}`);
    if (finding.state === 'fail') advice.push(finding.advice ?? '');
  };
  await reachTarget(definition, tell, () => {});
  return { told, advice };
}

it('walks every stage of reaching a server', async () => {
  const { told, advice } = await reach('xmpp-tls');
  expect(told.slice(0, 7)).toEqual([
    'ok resolve',
    'ok connect',
    'ok TLS',
    'ok stream',
    'ok start',
    'ok account',
    'ok login',
  ]);
  expect(advice).toEqual([]);
  expect((await reach('xmpp')).told.slice(0, 3)).toEqual(['ok resolve', 'ok connect', 'ok stream']);
});

it('stops at the stage that fails, and says what to do', async () => {
  const closed = await reach('xmpp', { port: 1 });
  expect([closed.told, closed.advice]).toEqual([
    ['ok resolve', 'fail connect'],
    [expect.stringContaining('nothing listens there')],
  ]);
  const plain = await reach('xmpp-tls', { port: server.endpoints.xmpp?.port ?? 0 });
  expect([plain.told.at(-1), plain.advice]).toEqual(['fail TLS', [expect.stringContaining('one of `xmpp`')]]);
  const distrusted = await reach('xmpp-tls', { ca: './other.pem' });
  expect(distrusted.told.at(-1)).toBe('fail TLS');
  expect(distrusted.advice).toEqual([expect.stringContaining('PEM file')]);
  const wrong = await reach('xmpp-tls', { password: 'wrong' });
  expect(wrong.told.at(-1)).toBe('fail login');
});

it('looks at this machine', async () => {
  const findings = await machineFindings(join(folder, 'not/yet/there'), '20.19');
  expect(findings.filter(({ state }) => state !== 'ok')).toEqual([]);
  const [old] = await machineFindings(folder, '99.1');
  expect(old).toMatchObject({ state: 'fail', advice: expect.stringContaining('install a later one') });
  expect([isAtLeast('20.19.0', '20.19'), isAtLeast('22.1.0', '20.19'), isAtLeast('20.9.0', '20.19')]).toEqual(
    [true, true, false],
  );
});
