import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { Relay } from '../network/relay.ts';
import { ConnectionLost, NoAnswer, NotResumed, SignInRefused } from './messaging-client.ts';
import { openStage, type Way, ways } from './test-support.ts';

const endings: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const end of endings.splice(0)) await end();
});

async function stage(way: Way, faults: readonly string[] = []) {
  const opened = await openStage(way, faults);
  endings.push(opened.end);
  return opened;
}

/** A path to the server that can be cut. */
async function relayTo(endpoint: { host: string; port: number }): Promise<Relay> {
  const relay = await Relay.listen(endpoint.host, endpoint.port);
  endings.push(() => relay.close());
  return relay;
}

describe.each(ways)('%s', (way) => {
  test('signs in over TLS and exchanges text and octets', async () => {
    const { user } = await stage(way);
    const [alice, bob] = [user(), user()];
    await Promise.all([alice.signIn(), bob.signIn()]);
    expect(alice.client.tls?.version).toBe('TLSv1.3');
    expect(alice.client.tls?.names).toContain('touchstone.example');
    expect(alice.client.localPort).toBeGreaterThan(0);
    await alice.client.send(bob.client.address, { text: 'Grüße <&> 🦊 {x}', id: 'm1' });
    expect(await bob.next('message')).toMatchObject({ from: alice.client.address, text: 'Grüße <&> 🦊 {x}' });
    const octets = Buffer.from(Array.from({ length: 256 }, (_, index) => index));
    await bob.client.send(alice.client.address, { octets });
    expect(await alice.next('message')).toMatchObject({ from: bob.client.address, octets });
    await alice.client.send(bob.client.address, { text: '' });
    expect(await bob.next('message')).toMatchObject({ text: '' });
  });

  test('characters that lie across two packets stay whole', async () => {
    const { user } = await stage(way);
    const [alice, bob] = [user(), user()];
    const relay = await relayTo(bob.endpoint());
    await alice.signIn();
    await bob.signIn({}, relay);
    relay.slice({ every: 7 });
    const text = '𝄞🦊€é'.repeat(200);
    await alice.client.send(bob.client.address, { text });
    expect(await bob.next('message')).toMatchObject({ text });
  });

  // What is left behind rejected would end the process: the tests fail for it.
  test('stops signing in after any chunk', async () => {
    const { user } = await stage(way);
    for (let chunks = 0; chunks < 24; chunks++) {
      const alice = user();
      const stopped = new AbortController();
      let seen = 0;
      alice.onChunk = () => {
        if (++seen > chunks) stopped.abort(new Error('stopped'));
      };
      const signedIn = alice.signIn({ signal: stopped.signal }).then(
        () => 'signed in',
        (error: Error) => error.message,
      );
      if (chunks === 0) stopped.abort(new Error('stopped'));
      expect(await signedIn).toMatch(/^(stopped|signed in)$/);
      alice.client.dispose();
    }
  });

  test('a wrong password is refused, and the right one let in afterwards', async () => {
    const alice = (await stage(way)).user();
    await expect(alice.signIn({ password: 'wrong' })).rejects.toThrow(SignInRefused);
    expect(alice.client.localPort).toBeUndefined();
    await alice.signIn();
  });

  test('without TLS nobody is signed in', async () => {
    const alice = (await stage(way)).user();
    await expect(alice.signIn({ tls: 'none' })).rejects.toThrow(SignInRefused);
  });

  test('versions of TLS that are too old end the handshake', async () => {
    const alice = (await stage(way)).user();
    await expect(alice.signIn({ tls: { maximum: 'TLSv1.1' } })).rejects.toThrow(ConnectionLost);
    await alice.signIn({ tls: { maximum: 'TLSv1.2' } });
    expect(alice.client.tls?.version).toBe('TLSv1.2');
  });

  test('a certificate for another name is not trusted', async () => {
    const { server, user } = await stage(way, ['certificate-names-another-domain']);
    server.arm();
    await expect(user().signIn()).rejects.toThrow(ConnectionLost);
  });

  test('a message before signing in is not delivered', async () => {
    const { user } = await stage(way);
    const [bob, mallory] = [user(), user()];
    await bob.signIn();
    const before = { to: bob.client.address, text: 'too early' };
    await mallory.signIn({ before }).catch(() => {});
    await mallory.signIn();
    await mallory.client.send(bob.client.address, { text: 'in time' });
    expect(await bob.next('message')).toMatchObject({ text: 'in time' });
  });

  test('friends see each other come, change and go', async () => {
    const { user } = await stage(way);
    const [alice, bob] = [user(), user()];
    await Promise.all([alice.signIn(), bob.signIn()]);
    await alice.client.befriend(bob.client);
    expect(await bob.next('presence')).toMatchObject({ from: alice.client.address, as: 'available' });
    for (const as of ['away', 'busy', 'available'] as const) {
      await alice.client.appear(as);
      let seen = await bob.next('presence');
      while (seen.as !== as) seen = await bob.next('presence');
    }
    await alice.client.signOut();
    expect(await bob.next('presence')).toMatchObject({ as: 'gone' });
    await alice.signIn();
    expect(await bob.next('presence')).toMatchObject({ as: 'available' });
    let known = await alice.next('presence');
    while (known.as !== 'available') known = await alice.next('presence');
  });

  test('what nobody can get comes back', async () => {
    const alice = (await stage(way)).user();
    await alice.signIn();
    const { nowhere } = alice.client;
    await alice.client.send(nowhere, { text: 'hello', id: 'lost-1' });
    expect(await alice.next('undelivered')).toMatchObject({ to: nowhere, id: 'lost-1' });
  });

  test('a lost connection is told, and the session taken up again', async () => {
    const { user } = await stage(way);
    const [alice, bob] = [user(), user()];
    const relay = await relayTo(bob.endpoint());
    await alice.signIn();
    await bob.signIn({ resumable: true }, relay);
    await alice.client.send(bob.client.address, { text: 'one' });
    await bob.next('message');
    relay.halt();
    await alice.client.send(bob.client.address, { text: 'two' });
    relay.cut();
    await bob.next('ended');
    relay.restore();
    await alice.client.send(bob.client.address, { text: 'three' });
    await bob.resume({}, relay);
    expect(await bob.next('message')).toMatchObject({ text: 'two' });
    expect(await bob.next('message')).toMatchObject({ text: 'three' });
    await bob.client.send(alice.client.address, { text: 'back' });
    expect(await alice.next('message')).toMatchObject({ text: 'back' });
  });

  test('a session is not taken up by somebody else', async () => {
    const { user } = await stage(way);
    const [bob, mallory] = [user(), user()];
    await bob.signIn({ resumable: true });
    const { session } = bob.client;
    expect(session).toBeDefined();
    await expect(mallory.resume(session === undefined ? {} : { session })).rejects.toThrow(NotResumed);
  });

  test('messages on a connection that is gone are ConnectionLost', async () => {
    const { server, user } = await stage(way);
    const alice = user();
    await alice.signIn();
    await server.kill();
    await alice.next('ended');
    await expect(alice.client.send(alice.client.address, { text: 'x' })).rejects.toThrow(ConnectionLost);
    await expect(alice.signIn()).rejects.toThrow(ConnectionLost);
  });

  test.each([
    'says nothing',
    'hangs up',
    'answers with garbage',
  ])('a server that %s ends the attempt', async (manner) => {
    const alice = (await stage(way)).user();
    const hostile = await hostileServer(manner);
    const attempt = alice.signIn({ patienceMs: 200 }, hostile);
    await expect(attempt).rejects.toThrow(
      manner === 'says nothing' ? /did not answer|was lost/ : ConnectionLost,
    );
  });

  test('signing in ends when the case does', async () => {
    const alice = (await stage(way)).user();
    const controller = new AbortController();
    const hostile = await hostileServer('says nothing');
    const attempt = alice.signIn({ signal: controller.signal }, hostile);
    controller.abort(new Error('time is over'));
    await expect(attempt).rejects.toThrow('time is over');
  });
});

test('a fault that keeps answers back shows as NoAnswer', async () => {
  const { server, user } = await stage('XMPP with direct TLS', ['drop']);
  server.arm();
  await expect(user().signIn({ patienceMs: 100 })).rejects.toThrow(NoAnswer);
});

async function hostileServer(manner: string): Promise<{ host: string; port: number }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    if (manner === 'hangs up') socket.destroy();
    if (manner === 'answers with garbage') socket.write('</a></b>\u0000\r\n\r\n'.repeat(100));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  endings.push(async () => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return { host: '127.0.0.1', port: address.port };
}
