import { nearest } from '../target/mistake.ts';
import type { Case } from './case.ts';
import { matchesAny } from './glob.ts';

/** Which cases a run plays; what is left out does not narrow. */
export interface Selection {
  /** Globs over case ids. */
  only?: readonly string[];
  /** Specifications as people write them: `RFC 6121`, `rfc6121`, `XEP-0198`. */
  spec?: readonly string[];
  level?: readonly ('MUST' | 'SHOULD' | 'MAY')[];
  /** Capabilities: only cases that need one of them. */
  needs?: readonly string[];
  /** The heavy cases too, which are otherwise chosen only by a glob that names their suite or a peer's case. */
  heavy?: boolean;
}

/** The selection is empty: most likely a misspelt word. */
export class EmptySelectionError extends Error {
  /** `cases` are those that were there to choose from: the nearest name among them is shown. */
  constructor(selection: Selection, cases: readonly Case[] = []) {
    const words = Object.entries(selection)
      .filter(([, values]) => Array.isArray(values) && values.length > 0)
      .map(([key, values]) => `--${key} ${(values as string[]).join(',')}`);
    const none =
      words.length === 0 ? 'there is no case in these suites' : `no case matches ${words.join(' ')}`;
    super(`${none}; ${meantBy(selection, cases) ?? '`touchstone list` shows all cases'}`);
    this.name = 'EmptySelectionError';
  }
}

/** The cases that a selection leaves. `idsOf` gives every id that a case goes by on the target. */
export function select(
  cases: readonly Case[],
  selection: Selection,
  idsOf: (one: Case) => readonly string[] = (one) => [one.id],
): Case[] {
  const { only, spec, level, needs, heavy } = selection;
  const namesOf = (one: Case) => [...idsOf(one), ...ownNames(one)];
  const specs = spec?.map(plain);
  const left = cases.filter(
    (one) =>
      (!only?.length || namesOf(one).some((id) => matchesAny(id, only))) &&
      (heavy === true || one.suite.heavy === undefined || (only ?? []).some((glob) => asksFor(glob, one))) &&
      (!specs?.length ||
        one.covers.some((requirement) => specs.includes(plain(requirement.specification)))) &&
      (!level?.length || level.includes(one.level)) &&
      (!needs?.length || one.needs.some((need) => needs.includes(need))),
  );
  if (left.length === 0) throw new EmptySelectionError(selection, cases);
  return left;
}

/** What `--only` may call a case, whatever the target: its id, and those of the peers' cases that it equals. */
export function ownNames(one: Case): string[] {
  return [one.id, ...one.equals];
}

/** A glob that reaches a heavy case only by its stars does not ask for it. */
function asksFor(glob: string, one: Case): boolean {
  const stem = glob.replace(/\*.*$/, '');
  return stem.startsWith(`${one.suite.name}/`) || glob === one.suite.name || isOfPeer(stem, one);
}

function isOfPeer(stem: string, one: Case): boolean {
  return stem.includes('/') && one.equals.some((id) => id.startsWith(stem));
}

/** What a misspelt word of the selection was probably meant to be. */
function meantBy(
  { only = [], spec = [], needs = [] }: Selection,
  cases: readonly Case[],
): string | undefined {
  const ids = new Set(cases.flatMap((one) => prefixesOf(one.id)));
  const specs = new Map(
    cases.flatMap((one) => one.covers.map(({ specification }) => [plain(specification), specification])),
  );
  const capabilities = new Set(cases.flatMap((one) => one.needs));
  for (const glob of only) {
    const [, stem = '', rest = ''] = /^([^*]*?)((?:\/?\*.*)?)$/.exec(glob) ?? [];
    const meant = ids.has(stem) ? undefined : nearest(stem, ids);
    if (meant !== undefined) return `did you mean \`--only "${meant}${rest}"\`?`;
  }
  for (const name of spec)
    if (!specs.has(plain(name))) return `there are cases of ${[...new Set(specs.values())].join(', ')}`;
  for (const name of needs) {
    const meant = [...capabilities].some((one) => one === name) ? undefined : nearest(name, capabilities);
    if (meant !== undefined) return `did you mean \`--needs ${meant}\`?`;
  }
  return undefined;
}

/** `rfc6121/roster/added` is found by `rfc6121` and `rfc6121/roster` too. */
function prefixesOf(id: string): string[] {
  return id.split('/').map((_, index, segments) => segments.slice(0, index + 1).join('/'));
}

function plain(specification: string): string {
  return specification.toLowerCase().replace(/[^a-z0-9]/g, '');
}
