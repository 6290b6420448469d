import { fork } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { XmppConnection } from '../xmpp/connection.ts';
import { negotiate } from '../xmpp/negotiation.ts';
import type { LoginServer } from './login-server.ts';

/** CPU time of this process, all its threads together, in milliseconds. The server is in a process of its own. */
export interface LoginCost {
  logins: number;
  /** TCP, STARTTLS, SCRAM and resource binding. */
  loginCpuMs: number;
  /** TCP, stream and STARTTLS only. */
  securedCpuMs: number;
  /** A TLS connection by Node.js alone, on a port of the same server: what all else is compared with. */
  handshakeCpuMs: number;
}

/** Before anything is counted, so that all code is compiled. */
const thrownAway = 20;

/** Logs in `logins` times, one after another, to an embedded server in a process of its own. */
export async function measureLogins(logins: number, signal: AbortSignal): Promise<LoginCost> {
  const child = fork(fileURLToPath(new URL('./login-server.js', import.meta.url)));
  try {
    const [server] = (await once(child, 'message', { signal })) as [LoginServer];
    const cost = async (connect: () => Promise<void>) => {
      for (let n = 0; n < thrownAway; n++) await connect();
      const before = process.cpuUsage();
      for (let n = 0; n < logins; n++) {
        signal.throwIfAborted();
        await connect();
      }
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1_000 / logins;
    };
    return {
      logins,
      handshakeCpuMs: await cost(() => shakeHands(server)),
      securedCpuMs: await cost(() => logIn(server, 'secured')),
      loginCpuMs: await cost(() => logIn(server, 'bound')),
    };
  } finally {
    child.kill();
  }
}

async function shakeHands({ host, tlsPort, ca, domain }: LoginServer): Promise<void> {
  const socket = connectTls({ host, port: tlsPort, ca, servername: domain });
  await once(socket, 'secureConnect');
  socket.destroy();
}

async function logIn(server: LoginServer, upTo: 'secured' | 'bound'): Promise<void> {
  const { host, port, ca, domain, username, password } = server;
  const signal = AbortSignal.timeout(10_000);
  const tls = { servername: domain, ca };
  const connection = await XmppConnection.open({ transport: 'tcp', host, port, signal, secure: false, tls });
  try {
    await negotiate(connection, { upTo, domain, username, password, signal });
  } finally {
    connection.destroy();
  }
}
