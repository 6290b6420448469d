import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTls, createSecureContext, type SecureContext } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { XmppConnection } from '../xmpp/connection.ts';
import { type NegotiationState, negotiate } from '../xmpp/negotiation.ts';
import { type CpuTime, combined, cpuTime, cpuTimeSince } from './cpu-time.ts';
import type { LoginServer } from './login-server.ts';

/** What one of each takes of this process; the server is in a process of its own. */
export interface LoginCost {
  logins: number;
  /** A TLS connection by Node.js alone, to the same server: what all else is compared with. */
  handshake: CpuTime;
  /** TCP, stream and STARTTLS. */
  secured: CpuTime;
  /** TCP, STARTTLS, SASL PLAIN and resource binding: how cases that are not about SASL log in. */
  plain: CpuTime;
  /** The same by the strongest mechanism offered, SCRAM-SHA-512: thousands of hashes in the thread pool. */
  scram: CpuTime;
}

type Kind = Exclude<keyof LoginCost, 'logins'>;

/** Before anything is counted, so that all code is compiled; no more than are counted. */
const thrownAway = 20;

/** One kind after the other is done so many times, and so on: what else the machine does meets all of them alike. */
const inARow = 10;

const none: CpuTime = { totalMs: 0, mainThreadMs: 0 };

/** Does each kind `logins` times, one after another, on an embedded server in a process of its own. */
export async function measureLogins(logins: number, signal: AbortSignal): Promise<LoginCost> {
  const child = fork(fileURLToPath(new URL('./login-server.js', import.meta.url)));
  try {
    const early = once(child, 'exit').then(() => {
      throw new Error('The process of the server to log in to ended before it was ready.');
    });
    const [server] = (await Promise.race([once(child, 'message', { signal }), early])) as [LoginServer];
    const context = createSecureContext({ ca: server.ca });
    const acts: Readonly<Record<Kind, () => Promise<void>>> = {
      handshake: () => shakeHands(server, context),
      secured: () => logIn(server, 'secured'),
      plain: () => logIn(server, 'bound', 'PLAIN'),
      scram: () => logIn(server, 'bound'),
    };
    const kinds = Object.keys(acts) as Kind[];
    for (const kind of kinds) await repeated(acts[kind], Math.min(thrownAway, logins), signal);
    const spent: Record<Kind, CpuTime> = { handshake: none, secured: none, plain: none, scram: none };
    for (let done = 0; done < logins; done += inARow) {
      for (const kind of kinds) {
        const before = cpuTime();
        await repeated(acts[kind], Math.min(inARow, logins - done), signal);
        spent[kind] = combined(spent[kind], cpuTimeSince(before), (one, other) => one + other / logins);
      }
    }
    return { logins, ...spent };
  } finally {
    child.kill();
  }
}

async function repeated(act: () => Promise<void>, times: number, signal: AbortSignal): Promise<void> {
  for (let n = 0; n < times; n++) {
    signal.throwIfAborted();
    await act();
  }
}

async function shakeHands(server: LoginServer, secureContext: SecureContext): Promise<void> {
  const { host, tlsPort: port, domain: servername } = server;
  const socket = connectTls({ host, port, secureContext, servername });
  await once(socket, 'secureConnect');
  socket.destroy();
}

async function logIn(server: LoginServer, upTo: NegotiationState, mechanism?: string): Promise<void> {
  const { host, port, ca, domain, username, password } = server;
  const signal = AbortSignal.timeout(10_000);
  const tls = { servername: domain, ca };
  const connection = await XmppConnection.open({ transport: 'tcp', host, port, signal, secure: false, tls });
  try {
    await negotiate(connection, { upTo, domain, username, password, mechanism, signal });
  } finally {
    connection.destroy();
  }
}
