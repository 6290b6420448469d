import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { XmppConnection } from '../xmpp/connection.ts';
import { negotiate } from '../xmpp/negotiation.ts';
import type { LoginServer } from './login-server.ts';

/** CPU time of this process per step, in milliseconds. */
export interface LoginCost {
  logins: number;
  /** TCP, STARTTLS, SCRAM and resource binding. */
  loginCpuMs: number;
  /** TCP, stream and STARTTLS only: what a login is compared with. */
  securedCpuMs: number;
}

const thrownAway = 20;

/** Logs in `logins` times, one after another, to an embedded server in a process of its own. */
export async function measureLogins(logins: number): Promise<LoginCost> {
  const child = fork(fileURLToPath(new URL('./login-server.js', import.meta.url)));
  try {
    const [server] = (await once(child, 'message')) as [LoginServer];
    const cost = async (upTo: 'secured' | 'bound') => {
      for (let n = 0; n < thrownAway; n++) await connect(server, upTo);
      const before = process.cpuUsage();
      for (let n = 0; n < logins; n++) await connect(server, upTo);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / logins;
    };
    const securedCpuMs = await cost('secured');
    return { logins, loginCpuMs: await cost('bound'), securedCpuMs };
  } finally {
    child.kill();
  }
}

async function connect(server: LoginServer, upTo: 'secured' | 'bound'): Promise<void> {
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
