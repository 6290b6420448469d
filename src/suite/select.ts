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
}

/** The selection is empty: most likely a misspelt word. */
export class EmptySelectionError extends Error {
  constructor(selection: Selection) {
    const words = Object.entries(selection)
      .filter(([, values]) => values?.length)
      .map(([key, values]) => `--${key} ${(values as string[]).join(',')}`);
    super(`no case matches ${words.join(' ')} (\`touchstone list\` shows all cases)`);
    this.name = 'EmptySelectionError';
  }
}

/** The cases that a selection leaves. `idsOf` gives every id that a case goes by on the target. */
export function select(
  cases: readonly Case[],
  selection: Selection,
  idsOf: (one: Case) => readonly string[] = (one) => [one.id],
): Case[] {
  const { only, spec, level, needs } = selection;
  const specs = spec?.map(plain);
  const left = cases.filter(
    (one) =>
      (!only?.length || idsOf(one).some((id) => matchesAny(id, only))) &&
      (!specs?.length ||
        one.covers.some((requirement) => specs.includes(plain(requirement.specification)))) &&
      (!level?.length || level.includes(one.level)) &&
      (!needs?.length || one.needs.some((need) => needs.includes(need))),
  );
  if (left.length === 0) throw new EmptySelectionError(selection);
  return left;
}

function plain(specification: string): string {
  return specification.toLowerCase().replace(/[^a-z0-9]/g, '');
}
