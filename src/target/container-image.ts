import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from './container-engine.ts';
import { TargetStartError } from './errors.ts';

/** An image that the engine holds. */
export interface Image {
  readonly name: string;
  readonly id: string;
}

export interface BuildOptions {
  onProgress: (text: string) => void;
  signal: AbortSignal;
}

/** What an image is built from. */
export interface ImageSource {
  /** With the Dockerfile. */
  folder: string;
  /** Values for the ARGs of the Dockerfile. */
  buildArguments?: Record<string, string>;
}

/** Of a build's output, so much is shown when it fails. */
const outputShown = 25;

const building = new Map<string, Promise<Image>>();

/**
 * The image of a folder with a Dockerfile: `touchstone-<name>:<hash of the folder and the build's arguments>`, built
 * when the engine does not hold it yet. What is beside the Dockerfile but cannot matter to it (target.yaml, known-failing.yaml) does
 * not count.
 */
export function imageOfFolder(
  engine: Engine,
  name: string,
  { folder, buildArguments = {} }: ImageSource,
  options: BuildOptions,
): Promise<Image> {
  const files = listFiles(folder);
  const tag = `touchstone-${name}:${hashOf(folder, files, buildArguments)}`;
  let image = building.get(tag);
  if (!image) {
    image = findOrBuild(engine, tag, { folder, files, buildArguments, ...options });
    building.set(tag, image);
    image.catch(() => building.delete(tag));
  }
  return image;
}

/** The image of that name, pulled when the engine does not hold it yet. */
export async function imageOfName(engine: Engine, name: string, options: BuildOptions): Promise<Image> {
  const held = await findImage(engine, name);
  if (held) return held;
  options.onProgress(`pulling ${name}`);
  const { dockerode } = engine.client.container;
  try {
    const stream = await dockerode.pull(name, { abortSignal: options.signal });
    await follow(engine, stream, () => {});
  } catch (error) {
    const hint =
      'An image that you build yourself has to be there under this very name; `build:` builds it for each run.';
    throw new TargetStartError(
      `The image ${name} is not on this machine, and cannot be pulled: ${reasonOf(error)}\n  ${hint}`,
      { cause: error },
    );
  }
  const pulled = await findImage(engine, name);
  if (!pulled) throw new TargetStartError(`The image ${name} was pulled, but the engine does not hold it`);
  return pulled;
}

interface Build extends BuildOptions, Required<ImageSource> {
  files: string[];
}

async function findOrBuild(engine: Engine, tag: string, build: Build): Promise<Image> {
  const held = await findImage(engine, tag);
  if (held) return held;
  build.onProgress(`building the image ${tag} (only the first time)`);
  const output: string[] = [];
  try {
    const stream = await engine.client.container.dockerode.buildImage(
      { context: build.folder, src: build.files },
      {
        t: tag,
        labels: { touchstone: tag },
        buildargs: build.buildArguments,
        forcerm: true,
        abortSignal: build.signal,
      },
    );
    await follow(engine, stream, (line) => {
      output.push(line);
      if (/^Step \d+/.test(line)) build.onProgress(line);
    });
  } catch (error) {
    const shown = output.slice(-outputShown).map((line) => `  ${line}`);
    const lines = [`The image of ${build.folder} cannot be built: ${reasonOf(error)}`, ...shown];
    throw new TargetStartError(lines.join('\n'), { cause: error });
  }
  const built = await findImage(engine, tag);
  if (!built) throw new TargetStartError(`The image ${tag} was built, but the engine does not hold it`);
  return built;
}

/** The image of that name, where the engine holds it. */
export async function findImage({ client }: Engine, name: string): Promise<Image | undefined> {
  try {
    const { Id } = await client.container.dockerode.getImage(name).inspect();
    return { name, id: Id };
  } catch (error) {
    if (error instanceof Error && 'statusCode' in error && error.statusCode === 404) return undefined;
    throw error;
  }
}

/** Reads the engine's progress to its end; throws what the engine says went wrong. */
function follow(
  { client }: Engine,
  stream: NodeJS.ReadableStream,
  onLine: (line: string) => void,
): Promise<void> {
  let wrong: string | undefined;
  return new Promise((resolve, reject) => {
    const finish = (error: Error | null) => {
      if (error) reject(error);
      else if (wrong !== undefined) reject(new Error(wrong));
      else resolve();
    };
    client.container.dockerode.modem.followProgress(
      stream,
      finish,
      (event: { stream?: string; error?: string }) => {
        wrong ??= event.error;
        for (const line of (event.stream ?? '').split('\n')) {
          if (line.trim() !== '') onLine(line.trimEnd());
        }
      },
    );
  });
}

const besideTheImage = new Set(['target.yaml', 'known-failing.yaml']);

/** Paths of all files below the folder, sorted, with slashes. */
function listFiles(folder: string, below = ''): string[] {
  return readdirSync(join(folder, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? listFiles(folder, path) : [path];
    })
    .filter((path) => !besideTheImage.has(path))
    .sort();
}

function hashOf(folder: string, files: readonly string[], buildArguments: Record<string, string>): string {
  const hash = createHash('sha256');
  const given = Object.entries(buildArguments).sort();
  if (given.length > 0) hash.update(JSON.stringify(given));
  for (const file of files) {
    const content = readFileSync(join(folder, file));
    const executable = (statSync(join(folder, file)).mode & 0o100) !== 0;
    hash.update(JSON.stringify([file, executable, content.length])).update(content);
  }
  return hash.digest('hex').slice(0, 16);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
