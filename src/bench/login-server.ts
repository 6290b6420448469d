import { startEmbeddedServer } from '../reference/embedded-server.ts';

/** What the server's process tells the one that measures. */
export interface LoginServer {
  readonly domain: string;
  readonly ca: string;
  readonly host: string;
  readonly port: number;
  /** Where TLS comes first. */
  readonly tlsPort: number;
  readonly username: string;
  readonly password: string;
}

// A process of its own, so that the server's CPU time is not counted as the client's.
const server = await startEmbeddedServer();
const { xmpp, 'xmpp-tls': direct } = server.endpoints;
if (!xmpp || !direct) throw new Error('The embedded server has no XMPP endpoint.');
const { username, password } = server.newAccount();
const { host, port } = xmpp;
const { domain, ca } = server;
const told: LoginServer = { domain, ca, host, port, tlsPort: direct.port, username, password };
process.on('disconnect', () => process.exit(0));
// Ctrl-C reaches every process of the terminal; the one that measures decides when this one ends.
process.on('SIGINT', () => {});
process.send?.(told);
