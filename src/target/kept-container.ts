import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import { CertificateAuthority } from '../network/certificate-authority.ts';
import { type Engine, labels } from './container-engine.ts';

/** A container that stays after the run, for the next run to find. */
export interface KeptContainer {
  name: string;
  /** Signed its certificate, and goes on signing those of clients. */
  authority: CertificateAuthority;
}

/** Tells containers apart that are not the same server: another image, other files, another command. */
export function keyOf(...parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16);
}

/**
 * The container of the target that an earlier run kept, where it runs and is the same server; others that were kept of
 * the target are removed. With `fresh`, that one too.
 */
export async function findKept(
  { client }: Engine,
  target: string,
  key: string,
  fresh: boolean,
): Promise<KeptContainer | undefined> {
  const { dockerode } = client.container;
  const label = [`${labels.kept}`, `${labels.touchstone}=${target}`, `${labels.machine}=${hostname()}`];
  const containers = await dockerode.listContainers({ all: true, filters: { label } });
  const same = containers.find(
    ({ Labels, State }) => !fresh && State === 'running' && Labels[labels.kept] === key,
  );
  const others = containers.filter((one) => one !== same);
  await Promise.all(others.map((one) => dockerode.getContainer(one.Id).remove({ force: true, v: true })));
  const [name = ''] = same?.Names ?? [];
  if (!same) return undefined;
  return {
    name: name.replace(/^\//, ''),
    authority: await CertificateAuthority.read(same.Labels[labels.authority] ?? ''),
  };
}

/** What a container carries that is kept: its authority is of use to this server alone, and ends with it. */
export async function labelsOfKept(
  key: string,
  authority: CertificateAuthority,
): Promise<Record<string, string>> {
  return { [labels.kept]: key, [labels.authority]: await authority.write() };
}
