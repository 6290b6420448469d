import type { CaseResult, RunRecord } from '../record/record.schema.ts';
import { globToExpression, matchesAny } from '../suite/glob.ts';
import type { TargetDefinition } from '../target/load-target.ts';
import { variantsOf } from '../target/variants.ts';
import type { KnownFailingEntry } from './known-failing.ts';
import type { KnownFailingText } from './known-failing-text.ts';

/** What one case came to, in one round or in several. */
interface Outcome {
  /** Of those that failed the last, before them of those that were only flaky; else the last. */
  result: CaseResult;
  failed: boolean;
  passed: boolean;
}

/** A case that fails, and is to be listed. */
export interface Acceptable {
  result: CaseResult;
  /** It passed in another round, or when it was played again. */
  intermittent: boolean;
}

/** What was taken off a list, or could not be. */
export interface Mended {
  case: string;
  /** Why it stays, where it does. */
  stays?: string;
}

/** How much a result says against the target. */
function rank({ verdict }: CaseResult, strict: boolean): number {
  if (verdict === 'fail' || (strict && verdict === 'warn')) return 2;
  return verdict === 'flaky' ? 1 : 0;
}

/** The records of one target, seen as what its list of known failures has to say. */
export class Acceptance {
  readonly #outcomes = new Map<string, Outcome>();
  readonly #stale: ReadonlySet<string>;
  readonly #records: readonly RunRecord[];
  readonly #variant: string | undefined;
  readonly #variants: readonly string[];

  /** `strict`: a warning is a failure, too. */
  constructor(definition: TargetDefinition, records: readonly RunRecord[], strict = false) {
    this.#variant = definition.variant;
    this.#variants = variantsOf(definition.settings);
    this.#stale = new Set(records.flatMap(({ staleKnownFailing = [] }) => staleKnownFailing));
    this.#records = records;
    for (const result of records.flatMap(({ cases }) => cases)) {
      const { verdict } = result;
      const failed = rank(result, strict) > 0;
      const passed = verdict === 'pass' || verdict === 'flaky';
      const known = this.#outcomes.get(result.id);
      this.#outcomes.set(result.id, {
        result: known && rank(known.result, strict) > rank(result, strict) ? known.result : result,
        failed: failed || known?.failed === true,
        passed: passed || known?.passed === true,
      });
    }
  }

  /** Cases that fail and are not on the list. What was only flaky is among them where that is asked for. */
  unlisted(text: KnownFailingText, flakyToo = false): Acceptable[] {
    const listed = this.#own(text).flatMap(({ entry }) => [entry.case].flat());
    return [...this.#outcomes.values()].flatMap(({ result, failed, passed }) => {
      const isWanted = failed && (result.verdict !== 'flaky' || flakyToo) && !matchesAny(result.id, listed);
      return isWanted ? [{ result, intermittent: passed }] : [];
    });
  }

  /** Why a case that fails cannot be listed, where it cannot. */
  obstacleTo(id: string): string | undefined {
    if (id.startsWith('claims/')) return 'it is no case: take the claim out of the target file';
    if (id.includes('*')) return 'no case has such an id: an entry for it would name others';
    const [passing] = this.#passingBelow(id);
    return passing === undefined ? undefined : `an entry for it names ${passing}, too, which passes`;
  }

  /** Cases that pass and that an entry for this one would name as well, as it names all below it. */
  #passingBelow(id: string): string[] {
    return [...this.#outcomes].flatMap(([other, { failed }]) =>
      other.startsWith(`${id}/`) && !failed ? [other] : [],
    );
  }

  /** Lists cases under one reason: in the entry that gives it already, or in a new one. */
  list(text: KnownFailingText, accepted: readonly Acceptable[], reason: string): void {
    for (const intermittent of [false, true]) {
      const ids = accepted.filter((one) => one.intermittent === intermittent).map(({ result }) => result.id);
      if (ids.length > 0) this.#add(text, shortest(ids), reason.trim().replace(/\s+/g, ' '), intermittent);
    }
  }

  #add(text: KnownFailingText, ids: string[], reason: string, intermittent: boolean): void {
    const isAlike = (entry: KnownFailingEntry) =>
      plain(entry.reason) === reason && (entry.intermittent ?? false) === intermittent && !entry.alone;
    const own = this.#variant;
    const same = text.entries.findIndex(
      (entry) => isAlike(entry) && (own === undefined || isOnly(entry.variants, [own])),
    );
    const there = text.entries[same];
    if (there) return text.change(same, { cases: merged([there.case].flat(), ids) });
    const others = text.entries.findIndex(
      (entry) => own !== undefined && isAlike(entry) && isOnly([entry.case].flat(), ids),
    );
    const { variants } = text.entries[others] ?? {};
    if (own !== undefined && variants) {
      const all = this.#variants.filter((name) => name === own || variants.includes(name));
      return text.change(others, { variants: all.length === this.#variants.length ? null : all });
    }
    text.insert({
      case: ids.length === 1 ? (ids[0] ?? '') : (ids as [string, ...string[]]),
      ...(own === undefined ? {} : { variants: [own] }),
      reason,
      ...(intermittent ? { intermittent } : {}),
    });
  }

  /** Takes off the list what passes, and what names no case; for this variant of the target alone. */
  mend(text: KnownFailingText): Mended[] {
    const told: Mended[] = [];
    // From the end: what is removed moves nothing that is still to be looked at.
    for (const { entry, index } of this.#own(text).toReversed()) {
      const cases = [entry.case].flat();
      const left = cases.flatMap((one) => {
        const { rest, mended } = this.#rest(one, entry);
        told.unshift(...mended);
        return rest;
      });
      if (isOnly(left, cases)) continue;
      this.#narrow(text, index, left);
    }
    return told;
  }

  /** What is left of one case or glob of an entry. */
  #rest(glob: string, entry: KnownFailingEntry): { rest: string[]; mended: Mended[] } {
    if (this.#stale.has(glob)) return { rest: [], mended: [{ case: glob }] };
    const expression = globToExpression(glob);
    const seen = [...this.#outcomes].filter(([id]) => expression.test(id));
    const mended = seen.filter(([, { passed, failed }]) => passed && !failed).map(([id]) => ({ case: id }));
    if (mended.length === 0 || entry.intermittent) return { rest: [glob], mended: [] };
    const failing = seen.filter(([, { passed, failed }]) => failed || !passed).map(([id]) => id);
    const isExact = !glob.includes('*') && seen.length === 1 && seen[0]?.[0] === glob;
    if (!isExact && !this.#records.some((record) => playedAllOf(glob, record))) {
      const stays = `${glob} may name cases that were not played`;
      return { rest: [glob], mended: mended.map((one) => ({ ...one, stays })) };
    }
    const still = shortest(failing.filter((id) => this.#outcomes.get(id)?.failed));
    const blocking = still.find((id) => this.#passingBelow(id).length > 0);
    if (blocking !== undefined) {
      const stays = `${blocking} fails, and an entry for it names this one, too`;
      return { rest: [glob], mended: mended.map((one) => ({ ...one, stays })) };
    }
    return { rest: still, mended };
  }

  /** Other variants of the target keep what the entry says of them. */
  #narrow(text: KnownFailingText, index: number, left: string[]): void {
    const entry = text.entries[index];
    const concerned = entry?.variants ?? this.#variants;
    const others = concerned.filter((name) => name !== this.#variant);
    if (!entry || this.#variant === undefined || others.length === 0)
      return text.change(index, { cases: left });
    const { case: cases, ...more } = entry;
    const gone = [cases].flat().filter((one) => !left.includes(one));
    const kept = [cases].flat().filter((one) => left.includes(one));
    text.change(index, kept.length > 0 ? { cases: kept } : { variants: others });
    if (kept.length > 0)
      text.insert({ ...more, case: gone as [string, ...string[]], variants: others as [string] });
    const further = left.filter((one) => !kept.includes(one));
    if (further.length > 0)
      text.insert({ ...more, case: further as [string, ...string[]], variants: [this.#variant] });
  }

  /** The entries that concern this variant of the target. */
  #own(text: KnownFailingText): { entry: KnownFailingEntry; index: number }[] {
    return text.entries
      .map((entry, index) => ({ entry, index }))
      .filter(({ entry: { variants } }) => !variants || variants.includes(this.#variant ?? ''));
  }
}

/** Whether every case that the glob can name was chosen and played, as far as the target has it. */
function playedAllOf(glob: string, { selection = {}, shard, pending, interrupted }: RunRecord): boolean {
  if (shard || pending || interrupted) return false;
  const { only = [], ...others } = selection;
  if (Object.keys(others).some((key) => key !== 'heavy')) return false;
  // What another glob names of this one with its stars left in it, it names of all that they stand for.
  const stands = [glob.replaceAll('**', '*'), glob.replaceAll('**', '*/*')];
  return only.length === 0 || stands.every((one) => matchesAny(one, only));
}

/** In order, without those that another of them names as well: `a/b` names `a/b/websocket`. */
function shortest(ids: readonly string[]): string[] {
  return [...ids].sort().filter((id) => !ids.some((other) => id.startsWith(`${other}/`)));
}

function merged(there: readonly string[], ids: readonly string[]): string[] {
  return [...there, ...ids.filter((id) => !matchesAny(id, there))];
}

function plain(text: string): string {
  return text.trim().replace(/\s+/g, ' ');
}

/** Whether both hold the same, in whatever order. */
function isOnly(some: readonly string[] | undefined, others: readonly string[]): boolean {
  return some?.length === others.length && some.every((one) => others.includes(one));
}
