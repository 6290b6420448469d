import { existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stringify } from 'yaml';
import { faultNames } from '../reference/faults.ts';
import { type CapabilityName, capabilityNames } from './capabilities.ts';
import { unknownPlaceholders } from './placeholders.ts';
import { type EndpointKind, endpointKinds, serviceNames } from './running-target.ts';
import { type TargetFile, targetSchema } from './target.schema.ts';
import { type Places, settingsOfVariant, splitVariant, variantsOf, wrongVariants } from './variants.ts';
import {
  byPosition,
  InvalidFileError,
  type Mistake,
  nearest,
  parseYaml,
  readYaml,
  SchemaCheck,
  type YamlDocument,
} from './yaml-document.ts';

/** A target that was loaded and found valid, and can be started. */
export interface TargetDefinition {
  /** Absolute path of its file; absent for the embedded target. */
  readonly file?: string;
  /** The folder that paths in the file begin at. */
  readonly folder: string;
  /** The name of the variant that the settings are of; absent where the file has no variants. */
  readonly variant?: string;
  readonly settings: TargetFile;
}

/** Neither a known name nor a file. Exit code 2. */
export class UnknownTargetError extends Error {
  readonly code = 'UNKNOWN_TARGET';

  constructor(message: string) {
    super(message);
    this.name = 'UnknownTargetError';
  }
}

function missing(asked: string, known: readonly string[]): string {
  const begin = '`touchstone init` writes a target file to begin with';
  if (existsSync(asked)) return `the folder ${asked} holds no target.yaml; ${begin}`;
  if (/[./\\]/.test(asked)) return `there is no target file ${asked}; ${begin}`;
  const meant = nearest(asked, known);
  const none = `there is no target \`${asked}\`, neither by that name nor as a file`;
  return meant ? `${none}; did you mean \`${meant}\`?` : `${none}; known are ${known.join(', ')}; ${begin}`;
}

function missingVariant(target: string, variant: string, known: readonly string[]): string {
  if (known.length === 0) return `the target ${target} has no variants`;
  const meant = nearest(variant, known);
  const others = meant ? `did you mean \`${target}@${meant}\`?` : `it has ${known.join(', ')}`;
  return `the target ${target} has no variant \`${variant}\`; ${others}`;
}

const containers = fileURLToPath(new URL('../../containers/', import.meta.url));

/** Names that `loadTarget` knows: `embedded`, and each folder of `containers/`. */
export function knownTargets(): string[] {
  const folders = existsSync(containers) ? readdirSync(containers).sort() : [];
  return ['embedded', ...folders.filter((name) => existsSync(join(containers, name, 'target.yaml')))];
}

/**
 * The target of that name, or of that file (or of the target.yaml in that folder); with `@` and a name behind it,
 * that variant of it. Throws `UnknownTargetError`, or `InvalidFileError` with every mistake in the file.
 */
export function loadTarget(nameOrPath: string): TargetDefinition {
  if (nameOrPath === 'embedded') return embeddedTarget;
  const whole = findFile(nameOrPath);
  const asked = whole === undefined ? splitVariant(nameOrPath) : undefined;
  const file = whole ?? (asked && findFile(asked.target));
  if (file === undefined) throw new UnknownTargetError(missing(asked?.target ?? nameOrPath, knownTargets()));
  const { value, mistakes } = readTarget(file);
  if (value === undefined || mistakes.length > 0) throw new InvalidFileError(mistakes);
  return definitionOf(file, value, asked?.variant, asked?.target ?? value.target);
}

function definitionOf(
  file: string,
  settings: TargetFile,
  asked: string | undefined,
  target: string,
): TargetDefinition {
  const known = variantsOf(settings);
  const variant = asked ?? settings.variant;
  const folder = dirname(file);
  if (variant === undefined) return { file, folder, settings };
  if (!known.includes(variant)) throw new UnknownTargetError(missingVariant(target, variant, known));
  return { file, folder, variant, settings: settingsOfVariant(settings, variant) };
}

/** What a target file says, as a program says it. */
export type TargetSettings = Omit<TargetFile, 'endpoints'> & Partial<Pick<TargetFile, 'endpoints'>>;

/**
 * A target that a program describes instead of a file, and which is checked as a file is. Paths in it begin at
 * `folder`, where `known-failing.yaml` is looked for too. Throws `InvalidFileError` with every mistake, each with its
 * place in the settings as YAML.
 */
export function defineTarget(settings: TargetSettings, folder: string = process.cwd()): TargetDefinition {
  const file = resolve(folder, 'target.yaml');
  const { value, mistakes } = sensibleTarget(
    parseYaml('the settings of the target', stringify(settings), check()),
    folder,
  );
  if (value === undefined || mistakes.length > 0) throw new InvalidFileError(mistakes);
  return definitionOf(file, value, undefined, value.target);
}

/** Reads a target file; also what the schema cannot say is checked. Nothing is thrown. */
export function readTarget(file: string): YamlDocument<TargetFile> {
  return sensibleTarget(readYaml(file, check()), dirname(file));
}

function sensibleTarget(document: YamlDocument<TargetFile>, folder: string): YamlDocument<TargetFile> {
  if (document.value === undefined) return document;
  document.value.endpoints ??= {};
  const sense = (settings: TargetFile, places: Places) => senseOf(settings, places, folder);
  const all = [
    ...sense(document.value, document),
    ...wrongVariants(document.value, document, check(), sense),
  ];
  return { ...document, mistakes: withoutRepeats(all).sort(byPosition) };
}

/** What a variant takes from the file is wrong but once. */
function withoutRepeats(mistakes: readonly Mistake[]): Mistake[] {
  const byPlace = mistakes.map((one) => [`${one.line}:${one.column} ${one.text}`, one] as const);
  return [...new Map(byPlace).values()];
}

/** Where the file of the known failures of a target lies, whether or not it exists. */
export function knownFailuresFile(definition: TargetDefinition): string | undefined {
  return definition.file === undefined ? undefined : join(definition.folder, 'known-failing.yaml');
}

export function kindOf(settings: TargetFile): 'embedded' | 'container' | 'process' | 'external' {
  const { container, process, external } = settings.start;
  if (container) return 'container';
  if (process) return 'process';
  return external ? 'external' : 'embedded';
}

/** What the embedded server does not claim. */
const notEmbedded: ReadonlySet<CapabilityName> = new Set([
  'archive',
  'blocking',
  'carbons',
  'client-state-indication',
  'pep',
  'private-storage',
  ...serviceNames.filter((name) => name !== 'rooms'),
  'vcard',
]);

let compiled: SchemaCheck<TargetFile> | undefined;

function check(): SchemaCheck<TargetFile> {
  compiled ??= new SchemaCheck<TargetFile>(targetSchema);
  return compiled;
}

/** The file of the target of that name, or at that path, without a variant behind it. */
export function findFile(nameOrPath: string): string | undefined {
  const isName = /^[a-z0-9-]+$/.test(nameOrPath);
  const candidates = isName ? [join(containers, nameOrPath), nameOrPath] : [nameOrPath];
  for (const candidate of candidates) {
    const path = resolve(candidate);
    if (!existsSync(path)) continue;
    const file = statSync(path).isDirectory() ? join(path, 'target.yaml') : path;
    if (existsSync(file)) return file;
  }
  return undefined;
}

/** The server inside this process: it needs no file, and says itself where its endpoints are. */
const embeddedTarget: TargetDefinition = {
  folder: process.cwd(),
  settings: {
    target: 'embedded',
    title: 'Embedded reference server',
    product: { name: 'Touchstone reference server' },
    start: { embedded: {} },
    // Two threads do the work on any machine; with more cases at a time each has enough to do in one turn.
    jobs: Math.max(24, availableParallelism() * 4),
    domain: 'touchstone.example',
    endpoints: {},
    claims: capabilityNames.filter((name) => !notEmbedded.has(name)),
  },
};

function* senseOf(settings: TargetFile, document: Places, folder: string): Generator<Mistake> {
  yield* missingFiles(settings, document, folder);
  yield* wrongEndpoints(settings, document);
  yield* wrongPlaceholders(settings, document);
  yield* wrongFaults(settings, document);
  for (const path of [
    ['product', 'version', 'match'],
    ['start', 'container', 'health', 'log'],
  ]) {
    const source = valueAt(settings, path);
    if (typeof source === 'string' && !isRegularExpression(source)) {
      yield document.mistake(path, 'this is not a regular expression');
    }
  }
}

function* missingFiles(settings: TargetFile, document: Places, folder: string): Generator<Mistake> {
  const { container, process } = settings.start;
  const named: [string[], string | undefined][] = [
    [['endpoints', 'chat', 'dialect'], settings.endpoints.chat?.dialect],
    [['endpoints', 'chat-tls', 'dialect'], settings.endpoints['chat-tls']?.dialect],
    [['start', 'process', 'folder'], process?.folder],
  ];
  const ca = settings.tls?.ca;
  if (ca !== 'touchstone' && ca !== 'system') named.push([['tls', 'ca'], ca]);
  for (const [path, source] of Object.entries(container?.files ?? {})) {
    if (source.startsWith('.')) named.push([['start', 'container', 'files', path], source]);
  }
  for (const [path, file] of named) {
    if (file !== undefined && !existsSync(resolve(folder, file))) {
      yield document.mistake(path, `there is no file ${resolve(folder, file)}`);
    }
  }
  if (container?.build !== undefined && !existsSync(resolve(folder, container.build, 'Dockerfile'))) {
    const hint = 'a Dockerfile must lie in the folder';
    yield document.mistake(['start', 'container', 'build'], `there is no Dockerfile to build from`, { hint });
  }
}

function* wrongEndpoints(settings: TargetFile, document: Places): Generator<Mistake> {
  const kind = kindOf(settings);
  const declared = endpointKinds.filter((name) => settings.endpoints[name] !== undefined);
  for (const name of declared) {
    if (settings.endpoints[name]?.port === undefined && (kind === 'container' || kind === 'external')) {
      yield document.mistake(['endpoints', name], '`port` is missing', { part: 'key' });
    }
  }
  const xmpp = declared.filter((name) => name.startsWith('xmpp'));
  if (xmpp.length > 0 && settings.domain === undefined) {
    const hint = 'an XMPP endpoint needs the domain that its accounts belong to';
    yield document.mistake(['endpoints'], '`domain` is missing', { part: 'key', hint });
  }
  if (settings.accounts && 'in-band' in settings.accounts && xmpp.length === 0) {
    yield document.mistake(['accounts', 'in-band'], 'in-band registration needs an XMPP endpoint', {
      part: 'key',
    });
  }
  if (kind === 'external' && settings.tls?.ca === 'touchstone') {
    const hint = 'name a PEM file, or `system`';
    yield document.mistake(
      ['tls', 'ca'],
      'a server that runs already cannot have a certificate of this run',
      { hint },
    );
  }
}

const certificateFiles = ['certificate', 'private-key', 'ca', 'folder'];

function* wrongPlaceholders(settings: TargetFile, document: Places): Generator<Mistake> {
  const ports = endpointKinds
    .filter((name) => settings.endpoints[name])
    .map((name: EndpointKind) => `port.${name}`);
  const isProcess = kindOf(settings) === 'process';
  const about = isProcess ? [...certificateFiles, ...ports] : ports;
  const places: [string[], string[]][] = [
    [['start', 'process', 'command'], about],
    [['start', 'process', 'environment'], about],
    [
      ['accounts', 'command'],
      ['username', 'password', 'domain', ...(isProcess ? about : [])],
    ],
    [['control', 'restart'], about],
    [['control', 'pause'], about],
    [['control', 'resume'], about],
    [['control', 'kill'], about],
  ];
  for (const [path, known] of places) {
    for (const [key, text] of Object.entries(valueAt(settings, path) ?? {})) {
      for (const unknown of unknownPlaceholders(String(text), known)) {
        const meant = nearest(unknown, known);
        const hint = meant
          ? `did you mean \`{${meant}}\`?`
          : `possible here: ${known.map((name) => `{${name}}`).join(', ')}`;
        yield document.mistake([...path, key], `unknown placeholder \`{${unknown}}\``, {
          near: `{${unknown}}`,
          hint,
        });
      }
    }
  }
}

function* wrongFaults(settings: TargetFile, document: Places): Generator<Mistake> {
  for (const [index, name] of (settings.start.embedded?.faults ?? []).entries()) {
    const mistake = faultMistake(name);
    if (mistake) yield document.mistake(['start', 'embedded', 'faults', index], mistake.text, mistake);
  }
}

/** What is wrong with the name of a fault, and what was probably meant; nothing where there is such a fault. */
export function faultMistake(name: string): { text: string; hint: string } | undefined {
  if (faultNames.includes(name)) return undefined;
  const meant = nearest(name, faultNames);
  const hint = meant ? `did you mean \`${meant}\`?` : '`touchstone list --faults` shows all of them';
  return { text: `there is no fault \`${name}\``, hint };
}

function valueAt(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
}

function isRegularExpression(source: string): boolean {
  try {
    new RegExp(source, 'm');
    return true;
  } catch {
    return false;
  }
}
