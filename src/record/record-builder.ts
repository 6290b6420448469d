import type { CaseResult, RunRecord } from './record.schema.ts';
import { Redaction } from './redaction.ts';
import { exitCodeFor, summarize } from './summary.ts';

/** What is known of a run before its cases are played. */
export type RunFacts = Pick<
  RunRecord,
  | 'touchstone'
  | 'suites'
  | 'target'
  | 'environment'
  | 'selection'
  | 'shuffle'
  | 'round'
  | 'shard'
  | 'started'
  | 'definitions'
>;

/** What is known of it when it is over. */
export type RunEnd = Pick<RunRecord, 'durationMs' | 'phases' | 'interrupted' | 'staleKnownFailing'>;

/**
 * Collects the results of a run, and makes the record of them. Whatever enters is redacted here, so that no way leads
 * from what a case saw to a report but past `Redaction`.
 */
export class RecordBuilder {
  readonly #facts: RunFacts;
  readonly #cases = new Map<string, CaseResult>();

  constructor(facts: RunFacts) {
    this.#facts = facts;
  }

  /** Takes a result without the case's secrets, and returns it as the record holds it. Throws for an id twice. */
  add(result: CaseResult, secrets: Iterable<string> = []): CaseResult {
    if (this.#cases.has(result.id)) throw new Error(`two results for the case ${result.id}`);
    const clean = new Redaction(secrets).result(result);
    this.#cases.set(clean.id, clean);
    return clean;
  }

  /** As `recordOf`, of the results so far. */
  finish(end: RunEnd, ids: readonly string[] = []): RunRecord {
    return recordOf(this.#facts, this.#cases, end, ids);
  }
}

/**
 * The record with its summary, of results that are without secrets already. Cases stand in the order of `ids`, those
 * that it does not name before them in the order in which they ended; ids without a result are pending.
 */
export function recordOf(
  { definitions, ...facts }: RunFacts,
  results: ReadonlyMap<string, CaseResult>,
  end: RunEnd,
  ids: readonly string[],
): RunRecord {
  const place = new Map(ids.map((id, index) => [id, index]));
  const cases = [...results.values()].sort(
    (one, other) => (place.get(one.id) ?? -1) - (place.get(other.id) ?? -1),
  );
  const pending = ids.filter((id) => !results.has(id));
  const record: RunRecord = {
    format: 1,
    ...facts,
    ...end,
    ...(pending.length > 0 ? { pending } : {}),
    summary: summarize(cases),
    conformant: false,
    cases,
    ...(definitions ? { definitions } : {}),
  };
  record.conformant = exitCodeFor(record) === 0;
  return record;
}
