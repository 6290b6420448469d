import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, constants, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** What Touchstone needs of this machine, whatever the target: `out` is the folder that reports go to. */
export async function machineFindings(out: string, oldestNode: string): Promise<Finding[]> {
  return [
    nodeFinding(oldestNode),
    clockFinding(),
    await portFinding(),
    await authorityFinding(),
    tempFinding(),
    outFinding(out),
  ];
}

function nodeFinding(oldest: string): Finding {
  const { node } = process.versions;
  const what = `Node.js ${oldest} or later`;
  if (isAtLeast(node, oldest)) return ok(what, `it is ${node}`);
  return fail(
    what,
    `it is ${node}`,
    'install a later one, from https://nodejs.org or by your version manager',
  );
}

export function isAtLeast(version: string, oldest: string): boolean {
  const [parts, least] = [version, oldest].map((text) => text.split('.').map(Number)) as [number[], number[]];
  for (const [index, number] of least.entries()) {
    const own = parts[index] ?? 0;
    if (own !== number) return own > number;
  }
  return true;
}

/** Certificates are made for now, and times of accounts and logs compared: the clock must not be years off. */
function clockFinding(): Finding {
  const made = statSync(fileURLToPath(import.meta.url)).mtime;
  const now = new Date();
  const saw = `it is ${now.toISOString().slice(0, 19)}Z`;
  const day = 24 * 60 * 60 * 1_000;
  if (now.getTime() > made.getTime() - day) return ok('clock', saw);
  return fail(
    'clock',
    `${saw}, before Touchstone was installed`,
    'set the clock: certificates are only valid at their time',
  );
}

async function portFinding(): Promise<Finding> {
  const what = 'ports on 127.0.0.1';
  const server = createServer((socket) => socket.end()).on('error', () => {});
  try {
    await once(server.listen({ host: '127.0.0.1', port: 0 }), 'listening');
    const { port } = server.address() as AddressInfo;
    const socket = connect({ host: '127.0.0.1', port });
    await once(socket, 'connect', { signal: AbortSignal.timeout(5_000) });
    socket.destroy();
    return ok(what, 'they can be listened on, and reached');
  } catch (error) {
    return fail(
      what,
      messageOf(error),
      'let processes of yours listen on the loopback interface, and look at its firewall',
    );
  } finally {
    server.close();
  }
}

async function authorityFinding(): Promise<Finding> {
  const what = 'certificates made for each run';
  try {
    const { CertificateAuthority } = await import('../../network/certificate-authority.ts');
    const authority = await CertificateAuthority.create();
    const issued = await authority.issueServer(['localhost', '127.0.0.1']);
    const [root, certificate] = [authority.certificate, issued.certificate].map(
      (pem) => new X509Certificate(pem),
    );
    if (!root || !certificate?.verify(root.publicKey))
      throw new Error('the signature is not that of the authority');
    return ok(what, `an authority signs them; valid until ${certificate.validTo}`);
  } catch (error) {
    return fail(
      what,
      messageOf(error),
      'this Node.js lacks ECDSA with P-256; take a build of it with OpenSSL',
    );
  }
}

function tempFinding(): Finding {
  const what = 'temporary folder';
  try {
    const folder = mkdtempSync(join(tmpdir(), 'touchstone-'));
    writeFileSync(join(folder, 'file'), 'text');
    rmSync(folder, { recursive: true });
    return ok(what, `${tmpdir()} can be written`);
  } catch (error) {
    return fail(what, messageOf(error), 'make room there, or name another folder in TMPDIR');
  }
}

function outFinding(out: string): Finding {
  const what = 'folder of the reports';
  let there = out;
  while (!existsSync(there)) there = dirname(there);
  const isFolder = statSync(there).isDirectory();
  try {
    if (!isFolder) throw new Error(`${there} is a file`);
    accessSync(there, constants.W_OK);
    return ok(what, `${out} can be written`);
  } catch (error) {
    return warn(what, messageOf(error), 'name another folder with --out');
  }
}
