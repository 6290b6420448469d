import type { TargetFile } from './target.schema.ts';
import type { DocumentPath, Mistake, SchemaCheck, YamlDocument } from './yaml-document.ts';

type Map = Record<string, unknown>;

/** What finds the place of a mistake in a file. */
export type Places = Pick<YamlDocument<unknown>, 'mistake'>;

/** The names of all variants, first that of what the file itself describes; none where the file has no variants. */
export function variantsOf({ variant, variants }: TargetFile): string[] {
  return variant === undefined ? [] : [variant, ...Object.keys(variants ?? {})];
}

/** The words before and behind the last @, where that may divide a target from its variant. */
export function splitVariant(asked: string): { target: string; variant: string } | undefined {
  const [, target, variant] = /^(.+)@([^@/\\]*)$/.exec(asked) ?? [];
  return target === undefined || variant === undefined ? undefined : { target, variant };
}

/** What the file says of that variant, which is one of `variantsOf`. Its target is called `target@variant`. */
export function settingsOfVariant(settings: TargetFile, name: string): TargetFile {
  return name === settings.variant
    ? settings
    : { ...merged(settings, name), target: `${settings.target}@${name}` };
}

function merged(base: TargetFile, name: string): TargetFile {
  const { accounts, claims, ...others } = (base.variants?.[name] ?? {}) as Map;
  const { also, not } = { also: [], not: [], ...(claims as Partial<Record<'also' | 'not', string[]>>) };
  const own = base.claims?.filter((claim) => !not.includes(claim)) ?? [];
  const all = [...new Set([...own, ...(also as typeof own)])];
  return {
    ...(merge(base, others) as TargetFile),
    // Ways to make accounts exclude each other: the variant's is taken whole.
    ...(accounts ? { accounts: accounts as NonNullable<TargetFile['accounts']> } : {}),
    ...(claims === undefined ? {} : { claims: all }),
  };
}

/** As a JSON merge patch (RFC 7396): maps are merged, null takes away, all else is put in place. */
function merge(base: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return patch;
  const result: Map = isMap(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = merge(result[key], value);
  }
  return result;
}

function isMap(value: unknown): value is Map {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is wrong with the variants of a file; `sense` tells what a schema cannot say of settings. */
export function* wrongVariants(
  settings: TargetFile,
  document: Places,
  check: SchemaCheck<TargetFile>,
  sense: (settings: TargetFile, places: Places) => Iterable<Mistake>,
): Generator<Mistake> {
  for (const [name, variant] of Object.entries(settings.variants ?? {})) {
    const places = placesIn(document, name, variant);
    if (name === settings.variant) {
      const text = 'this is the name of what the file itself describes';
      yield document.mistake(['variants', name], text, { part: 'key' });
    }
    yield* wrongClaims(settings, document, name);
    const whole = merged(settings, name);
    const problems = check.problems(whole);
    for (const { path, text, part, hint } of problems)
      yield places.mistake(path, text, { part, ...(hint === undefined ? {} : { hint }) });
    if (problems.length === 0) yield* sense(whole, places);
  }
}

function* wrongClaims(settings: TargetFile, document: Places, name: string): Generator<Mistake> {
  const claimed: readonly string[] = settings.claims ?? [];
  const { claims } = settings.variants?.[name] as { claims?: { also?: string[]; not?: string[] } };
  for (const [index, claim] of claims?.also?.entries() ?? [])
    if (claimed.includes(claim))
      yield document.mistake(['variants', name, 'claims', 'also', index], 'the file claims it already');
  for (const [index, claim] of claims?.not?.entries() ?? [])
    if (!claimed.includes(claim))
      yield document.mistake(['variants', name, 'claims', 'not', index], 'the file does not claim it');
}

/** Places of what a variant says itself, else of what it takes from the file. */
function placesIn(document: Places, name: string, variant: unknown): Places {
  const says = (path: DocumentPath) => {
    let at = variant;
    for (const key of path) {
      if (typeof at !== 'object' || at === null || !Object.hasOwn(at, key)) return false;
      at = Reflect.get(at, key);
    }
    return true;
  };
  return {
    mistake: (path, text, options) =>
      document.mistake(path.length > 0 && says(path) ? ['variants', name, ...path] : path, text, options),
  };
}
