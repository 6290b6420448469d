import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { containerEngine, type Engine } from '../container-engine.ts';
import { findImage } from '../container-image.ts';
import { knownTargets, loadTarget, type TargetDefinition } from '../load-target.ts';
import { variantsOf } from '../variants.ts';
import { type Finding, fail, messageOf, ok, warn } from './finding.ts';

/** More than this between two clocks, in milliseconds, is told. */
const mostApart = 30_000;

/** The container engine and the images; they are needed where the target is one in a container. */
export async function engineFindings(target: TargetDefinition | undefined): Promise<Finding[]> {
  const isNeeded = target?.settings.start.container !== undefined;
  const what = 'container engine';
  let engine: Engine;
  try {
    engine = await containerEngine();
  } catch (error) {
    const { saw, advice } = whyNot(messageOf(error));
    return [isNeeded ? fail(what, saw, advice) : warn(what, saw, advice)];
  }
  const { dockerode } = engine.client.container;
  try {
    const { Version, ApiVersion, Platform } = await dockerode.version();
    const info = (await dockerode.info()) as { SystemTime?: string; OSType?: string; Architecture?: string };
    const name = Platform?.Name || 'the engine';
    const about = `${name} ${Version}, API ${ApiVersion}, ${info.OSType}/${info.Architecture}, its ports at ${engine.address}`;
    return [ok(what, about), ...clockOf(info.SystemTime), ...(await imageFindings(engine, target))];
  } catch (error) {
    const advice = 'your user must be allowed to ask it for its version, its images and containers';
    return [isNeeded ? fail(what, messageOf(error), advice) : warn(what, messageOf(error), advice)];
  }
}

/** No engine answers: often one is there, and this user may not speak to it. */
function whyNot(message: string): { saw: string; advice: string } {
  const asked = process.env.DOCKER_HOST;
  const sockets = asked?.startsWith('unix://')
    ? [asked.slice('unix://'.length)]
    : ['/var/run/docker.sock', `/run/user/${process.getuid?.() ?? 0}/podman/podman.sock`];
  const there = sockets.find((socket) => existsSync(socket));
  if (there === undefined)
    return {
      saw: message,
      advice: 'start Docker, or Podman with its socket (`systemctl --user start podman.socket`)',
    };
  try {
    accessSync(there, constants.R_OK | constants.W_OK);
    return {
      saw: `${there} is there, and nobody answers on it`,
      advice: 'start the engine: `systemctl start docker`',
    };
  } catch {
    const advice =
      'let your user speak to it: `sudo usermod --append --groups docker $USER`, then log in anew';
    return { saw: `your user may not use ${there}`, advice };
  }
}

function clockOf(time: string | undefined): Finding[] {
  const apart = time === undefined ? Number.NaN : Date.now() - Date.parse(time);
  if (Number.isNaN(apart)) return [];
  const saw = `${Math.abs(apart / 1_000).toFixed(0)} s ${apart > 0 ? 'behind' : 'ahead of'} this machine`;
  if (Math.abs(apart) <= mostApart) return [ok('clock of the engine', 'the same as here')];
  return [warn('clock of the engine', saw, 'set both by NTP: certificates may not be valid yet over there')];
}

/** Whether the engine holds what the images of the target, or of all that come along, are built from. */
async function imageFindings(engine: Engine, target: TargetDefinition | undefined): Promise<Finding[]> {
  const bases = new Map<string, string[]>();
  const definitions = target ? [target] : knownTargets().flatMap((name) => allVariants(name));
  for (const { settings, folder } of definitions) {
    const { build, image, 'build-arguments': given = {} } = settings.start.container ?? {};
    const names = build === undefined ? [image ?? ''] : basesOf(resolve(folder, build), given);
    for (const name of names.filter((one) => one !== ''))
      bases.set(name, [...(bases.get(name) ?? []), settings.target]);
  }
  return Promise.all(
    [...bases].map(async ([name, users]) => {
      const what = `image ${name}`;
      if (await findImage(engine, name)) return ok(what, 'the engine holds it');
      const some =
        users.length > 3 ? `${users.slice(0, 3).join(', ')} and ${users.length - 3} more` : users.join(', ');
      return warn(
        what,
        `not here yet; ${some} need it`,
        `it is pulled when it is needed; to have it now: \`docker pull ${name}\``,
      );
    }),
  );
}

function allVariants(name: string): TargetDefinition[] {
  const whole = loadTarget(name);
  const variants = variantsOf(whole.settings);
  return variants.length === 0 ? [whole] : variants.map((variant) => loadTarget(`${name}@${variant}`));
}

/** The images that a Dockerfile begins its stages with; those of the stages before it are none. */
function basesOf(folder: string, given: Readonly<Record<string, string>>): string[] {
  const file = join(folder, 'Dockerfile');
  if (!existsSync(file) || !readdirSync(folder).includes('Dockerfile')) return [];
  const text = readFileSync(file, 'utf8');
  const defaults = Object.fromEntries(
    [...text.matchAll(/^ARG\s+(\w+)=(\S+)/gim)].map(([, name, value]) => [name, value]),
  );
  const values: Record<string, string> = { ...defaults, ...given };
  const stages = [...text.matchAll(/^FROM\s+(?:--\S+\s+)*(\S+)(?:\s+AS\s+(\S+))?/gim)];
  const named = stages.map(([, , name]) => name?.toLowerCase());
  const images = stages.map(([, image = '']) =>
    image.replace(/\$\{?(\w+)\}?/g, (all, name) => values[name] ?? all),
  );
  return [...new Set(images)].filter((image) => image !== 'scratch' && !named.includes(image.toLowerCase()));
}
