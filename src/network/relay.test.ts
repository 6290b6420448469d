import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { type Random, randomOf } from './mutation.ts';
import { Relay, type RelayEvent } from './relay.ts';
import { reset } from './reset.ts';

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** A server, a relay before it, and a way to connect both ends. */
async function path(observe?: (event: RelayEvent) => void) {
  const server: Server = createServer({ allowHalfOpen: true, noDelay: true });
  server.on('connection', (socket) => socket.on('error', () => {}));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  cleanups.push(() => server.close());
  const port = (server.address() as AddressInfo).port;
  const relay = await Relay.listen('127.0.0.1', port, observe ? { observe } : {});
  cleanups.push(() => relay.close());
  const open = async () => {
    const accepted = once(server, 'connection');
    const near = dial(relay);
    const [far] = (await accepted) as [Socket];
    return { near, far: new End(far) };
  };
  return { server, relay, open };
}

function dial(relay: Relay): End {
  return new End(connect({ host: relay.host, port: relay.port, allowHalfOpen: true, noDelay: true }));
}

/** A socket that remembers what came. */
class End {
  readonly socket: Socket;
  readonly chunks: Buffer[] = [];
  readonly ending: Promise<'ended' | 'reset'>;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => this.chunks.push(chunk));
    this.ending = new Promise((resolve) => {
      socket.once('end', () => resolve('ended'));
      socket.once('error', () => resolve('reset'));
    });
    cleanups.push(() => socket.destroy());
  }

  get octets(): Buffer {
    return Buffer.concat(this.chunks);
  }

  async receives(length: number): Promise<Buffer> {
    while (this.octets.length < length) await once(this.socket, 'data');
    return this.octets;
  }
}

/** Both sides write what chance says, while the path is disturbed. Resolves with what each has written. */
async function actByChance(relay: Relay, near: End, far: End, random: Random): Promise<[Buffer, Buffer]> {
  const written: [Buffer[], Buffer[]] = [[], []];
  for (let turn = 0; turn < 20; turn++) {
    disturb(relay, random);
    for (const [index, { socket }] of [near, far].entries()) {
      const part = Buffer.alloc(random(2 ** random(12)), random(256));
      written[index]?.push(part);
      socket.write(part);
    }
    if (random(3) === 0) await new Promise(setImmediate);
  }
  return [Buffer.concat(written[0]), Buffer.concat(written[1])];
}

function disturb(relay: Relay, random: Random): void {
  const disturbances = [
    () => relay.halt(),
    () => relay.restore(),
    () => relay.slice({ every: 1 + random(500) }),
    () => relay.slow({ latencyMs: random(3), bytesPerSecond: 1_000_000 }),
  ];
  disturbances[random(12)]?.();
}

describe('a relay', () => {
  it('hands on octets both ways, and half-closes', async () => {
    const { open, relay } = await path();
    const { near, far } = await open();
    near.socket.end('to the server');
    expect(await far.ending).toBe('ended');
    expect(far.octets.toString()).toBe('to the server');
    far.socket.end('and back, after the half-close');
    expect(await near.ending).toBe('ended');
    expect(near.octets.toString()).toBe('and back, after the half-close');
    expect(relay.busy).toBe(false);
  });

  it('keeps the order of megabytes and makes a fast sender wait for a slow reader', async () => {
    const { open } = await path();
    const { near, far } = await open();
    far.socket.pause();
    const sent = Buffer.alloc(8 * 1024 * 1024, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));
    near.socket.end(sent);
    expect(near.socket.writableLength).toBeGreaterThan(0);
    far.socket.resume();
    expect(await far.ending).toBe('ended');
    expect(far.octets.equals(sent)).toBe(true);
  });

  it('hands on a reset', async () => {
    const { open } = await path();
    const { near, far } = await open();
    far.socket.write('last words');
    await near.receives(10);
    reset(far.socket);
    expect(await near.ending).toBe('reset');
    const again = await open();
    reset(again.near.socket);
    expect(await again.far.ending).toBe('reset');
  });

  it('holds no more than a bounded part of what comes without end while it is halted', async () => {
    const { open, relay } = await path();
    const { near, far } = await open();
    relay.halt();
    const chunk = Buffer.alloc(65_536);
    const flood = () => {
      while (far.socket.write(chunk));
    };
    far.socket.on('drain', flood);
    flood();
    // What the kernel takes on both ways, and a bounded rest.
    for (let still = 0, before = 0; still < 100; still = far.socket.bytesWritten > before ? 0 : still + 1) {
      before = far.socket.bytesWritten;
      await new Promise(setImmediate);
    }
    expect(far.socket.bytesWritten).toBeLessThan(32 * 1_048_576);
    expect(near.octets.length).toBe(0);
    relay.cut();
    expect(await Promise.all([near.ending, far.ending])).toEqual(['reset', 'reset']);
  });

  it('hands on what both sides do under any disturbance, and their ends', async () => {
    const { open, relay } = await path();
    for (let seed = 1; seed <= 40; seed++) {
      const { near, far } = await open();
      const [one, other] = await actByChance(relay, near, far, randomOf(seed));
      relay.restore();
      near.socket.end();
      far.socket.end();
      expect(await Promise.all([near.ending, far.ending]), `seed ${seed}`).toEqual(['ended', 'ended']);
      expect(far.octets.equals(one), `seed ${seed}`).toBe(true);
      expect(near.octets.equals(other), `seed ${seed}`).toBe(true);
    }
    expect(relay.busy).toBe(false);
  });

  it('hands on a part of what was sent before a reset under any disturbance, and comes to an end', async () => {
    const { open, relay } = await path();
    for (let seed = 1; seed <= 40; seed++) {
      const { near, far } = await open();
      const [, sent] = await actByChance(relay, near, far, randomOf(seed));
      reset(far.socket);
      relay.restore();
      // Node.js takes an RST that comes together with data for an end.
      await near.ending;
      near.socket.destroy();
      const { octets } = near;
      expect(octets.equals(sent.subarray(0, octets.length)), `seed ${seed}`).toBe(true);
    }
    expect(relay.busy).toBe(false);
  });

  it('cuts both sides, and lets later connections pass', async () => {
    const { open, relay } = await path();
    const { near, far } = await open();
    relay.cut();
    expect(await Promise.all([near.ending, far.ending])).toEqual(['reset', 'reset']);
    const again = await open();
    again.near.socket.write('x');
    await again.far.receives(1);
  });

  it('cuts after exactly so many octets in one direction', async () => {
    const { open, relay } = await path();
    const { near, far } = await open();
    relay.cutAfter(5, 'received');
    near.socket.write('this way is not counted');
    await far.receives(23);
    far.socket.write('abc');
    await near.receives(3);
    far.socket.write('defghi');
    expect(await near.ending).toBe('reset');
    expect(near.octets.toString()).toBe('abcde');
    const again = await open();
    again.far.socket.write('abcdefghi');
    await again.near.receives(9);
  });

  it('cuts again and again, after octets that count whichever way they go', async () => {
    const cuts: number[] = [];
    const { open, relay } = await path();
    relay.cutAfterEach([5, 3], (count) => cuts.push(count));
    const first = await open();
    first.near.socket.write('ab');
    await first.far.receives(2);
    first.far.socket.write('cdefg');
    expect(await first.near.ending).toBe('reset');
    expect(first.near.octets.toString()).toBe('cde');
    const second = await open();
    second.near.socket.write('hijkl');
    expect(await second.near.ending).toBe('reset');
    expect(second.far.octets.toString()).toBe('hij');
    expect(cuts).toEqual([1, 2]);
    const third = await open();
    third.near.socket.write('as long as it likes');
    await third.far.receives(19);
  });

  it('cuts no more once it is restored', async () => {
    const { open, relay } = await path();
    relay.cutAfterEach([1, 1]);
    relay.restore();
    const { near, far } = await open();
    near.socket.write('all of it');
    await far.receives(9);
  });

  it('halts: nothing passes, nothing closes, new connections stay silent; then restores in order', async () => {
    const events: RelayEvent[] = [];
    const { open, relay, server } = await path((event) => events.push(event));
    const { near, far } = await open();
    relay.halt();
    near.socket.write('held ');
    near.socket.end('back');
    const silent = dial(relay);
    await once(silent.socket, 'connect');
    silent.socket.write('hello');
    while (!relay.busy || events.length < 2) await new Promise(setImmediate);
    expect(far.octets.length).toBe(0);
    expect(events.map((event) => event.type)).toEqual(['accepted', 'accepted']);
    const accepted = once(server, 'connection');
    relay.restore();
    expect(await far.ending).toBe('ended');
    expect(far.octets.toString()).toBe('held back');
    const [late] = (await accepted) as [Socket];
    expect((await new End(late).receives(5)).toString()).toBe('hello');
    expect(relay.busy).toBe(false);
  });

  it('cuts what is halted', async () => {
    const { open, relay } = await path();
    const { near, far } = await open();
    relay.halt();
    near.socket.write('lost');
    relay.cut();
    expect(await Promise.all([near.ending, far.ending])).toEqual(['reset', 'reset']);
    expect(far.octets.length).toBe(0);
  });

  it('slices what passes into packets of their own', async () => {
    const { open, relay } = await path();
    const { near, far } = await open();
    relay.slice({ every: 3 });
    near.socket.write('abcdefgh');
    await far.receives(8);
    expect(far.chunks.map(String)).toEqual(['abc', 'def', 'gh']);
  });

  it('slices what is long in bounded time, and hands on all of it', async () => {
    const { open, relay } = await path();
    const { near, far } = await open();
    relay.slice({ every: 1 });
    const long = '0123456789'.repeat(10_000);
    near.socket.write(long);
    expect((await far.receives(long.length)).toString()).toBe(long);
    expect(new Set(far.chunks.slice(0, 8).map((chunk) => chunk.length))).toEqual(new Set([1]));
    expect(far.chunks.length).toBeLessThan(long.length);
  });

  it('slows what passes, keeps its order, and is busy meanwhile', async () => {
    const portions: number[] = [];
    const { open, relay } = await path((event) => event.octets && portions.push(event.octets));
    const { near, far } = await open();
    relay.slow({ latencyMs: 5, bytesPerSecond: 2000 });
    near.socket.write(Buffer.from('0123456789'.repeat(30)));
    while (!relay.busy) await new Promise(setImmediate);
    expect((await far.receives(300)).toString()).toBe('0123456789'.repeat(30));
    expect(portions).toEqual([100, 100, 100]);
  });

  it('lets go at once of what was slowed when it is restored', async () => {
    const { open, relay } = await path();
    const { near, far } = await open();
    relay.slow({ latencyMs: 3_600_000 });
    near.socket.write('patience');
    while (!relay.busy) await new Promise(setImmediate);
    relay.restore();
    expect((await far.receives(8)).toString()).toBe('patience');
  });

  it('resets those who connect when nobody listens behind it', async () => {
    const { relay, server } = await path();
    server.close();
    await once(server, 'close');
    expect(await dial(relay).ending).toBe('reset');
  });

  it('can be sent elsewhere', async () => {
    const { open, relay } = await path();
    const other = await path();
    await open();
    relay.redirect('127.0.0.1', (other.server.address() as AddressInfo).port);
    const accepted = once(other.server, 'connection');
    dial(relay);
    await accepted;
  });

  it('closes what is open when it closes', async () => {
    const { open, relay } = await path();
    const { near, far } = await open();
    await relay.close();
    expect(await Promise.all([near.ending, far.ending])).toEqual(['reset', 'reset']);
  });
});
