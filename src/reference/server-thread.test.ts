import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, it } from 'vitest';

// A thread runs compiled modules only.
const compiled = new URL('../../dist/reference/server-thread.js', import.meta.url);
const { ServerThread } = (await import(compiled.href)) as typeof import('./server-thread.ts');

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const accepted = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return accepted;
}

it('a server in a thread makes accounts, signs certificates, dies, comes back and stops', async () => {
  const server = await ServerThread.start({ domain: 'far.example' });
  const port = server.endpoints.xmpp?.port ?? 0;
  expect(server.domain).toBe('far.example');
  expect((await server.newAccount()).bare).toMatch(/@far\.example$/);
  expect(server.ca).toMatch(/^-----BEGIN CERTIFICATE-----/);
  expect((await server.authority.issueClient('romeo@far.example')).certificate).toContain(server.ca);
  expect(await accepts(port)).toBe(true);
  await server.kill();
  expect(await accepts(port)).toBe(false);
  await server.restart();
  await server.pause();
  await server.resume();
  expect(await accepts(port)).toBe(true);
  await server.stop();
  expect(await accepts(port)).toBe(false);
});
