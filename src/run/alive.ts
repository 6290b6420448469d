import { connect } from 'node:net';
import { setTimeout as after } from 'node:timers/promises';
import type { RunningTarget } from '../target/running-target.ts';

/** A server that accepts no connection for this long has gone away, in milliseconds. */
const patienceMs = 3_000;

/** Whether the server still accepts connections: what a failure means depends on it. */
export async function isAlive(target: RunningTarget): Promise<boolean> {
  const until = performance.now() + patienceMs;
  // A server that is being restarted by its supervisor refuses for a moment.
  while (performance.now() < until) {
    if (await acceptsNow(target)) return true;
    await after(50);
  }
  return false;
}

/** The same, asked once: for a server that is known to have gone away. */
export async function acceptsNow(target: RunningTarget): Promise<boolean> {
  const [endpoint] = Object.values(target.endpoints);
  return endpoint === undefined || accepts(endpoint.host, endpoint.port);
}

function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(patienceMs, () => finish(false));
    socket.once('connect', () => finish(true));
    socket.once('error', () => finish(false));
  });
}
