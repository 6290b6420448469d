import { startEmbeddedServer } from '../reference/embedded-server.ts';

/** What the server's process tells the one that measures. */
export interface LoginServer {
  readonly domain: string;
  readonly ca: string;
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

// A process of its own, so that the server's CPU time is not counted as the client's.
const server = await startEmbeddedServer();
const endpoint = server.endpoints.xmpp;
if (!endpoint) throw new Error('The embedded server has no XMPP endpoint.');
const { username, password } = server.newAccount();
const { host, port } = endpoint;
const told: LoginServer = { domain: server.domain, ca: server.ca, host, port, username, password };
process.on('disconnect', () => process.exit(0));
process.send?.(told);
