import { LiveRedaction } from '../record/live-redaction.ts';
import type { CaseResult } from '../record/record.schema.ts';
import type { RecordBuilder } from '../record/record-builder.ts';
import type { Reporter } from '../report/reporter.ts';
import { verbSteps } from '../suite/case.ts';
import { TargetStartError } from '../target/errors.ts';
import type { TargetDefinition } from '../target/load-target.ts';
import type { RunningTarget } from '../target/running-target.ts';
import { startTarget } from '../target/start-target.ts';
import { acceptsNow } from './alive.ts';
import { notPlayed, resultOf } from './case-result.ts';
import { type KnownFailure, knownFailureOf } from './known-failing.ts';
import type { PlannedCase } from './plan.ts';
import { playCase } from './play-case.ts';
import { inParallel } from './pool.ts';
import { shuffled } from './shuffle.ts';

export interface PlayingOptions {
  /** Where a second server comes from, for cases that disturb theirs. */
  target: TargetDefinition;
  knownFailing: readonly KnownFailure[];
  /** Default for `within`, in milliseconds. */
  patienceMs: number;
  /** The seed that decides the order in which cases are begun, instead of what is soonest over. */
  shuffle: string | undefined;
  /** How often a case that does not pass is played again before its verdict stands. */
  retries: number;
  /** Keep the transcripts of cases that passed too. */
  transcripts: boolean;
  /** Tell the reporter of what passes as it passes. */
  live: boolean;
  /** Aborting it lets no further case begin, and ends those under way. */
  signal: AbortSignal;
  reporter: Required<Reporter>;
  /** Takes every result. */
  builder: RecordBuilder;
}

/** A case that was played once. */
interface Attempt {
  result: CaseResult;
  secrets: readonly string[];
  /** The server is no more. */
  serverGone: boolean;
}

function failsAlone({ result: { verdict } }: Attempt): boolean {
  return verdict === 'fail' || verdict === 'inconclusive';
}

/** The cases of one run, on their way to the record. */
export class Playing {
  readonly #options: PlayingOptions;
  #provisionMs = 0;
  /** Servers that went away, each with the case that noticed it first. */
  readonly #gone = new Map<RunningTarget, string>();

  constructor(options: PlayingOptions) {
    this.#options = options;
  }

  /** So long cases have waited for accounts, in milliseconds; summed over all that were played side by side. */
  get provisionMs(): number {
    return Math.round(this.#provisionMs);
  }

  /**
   * Plays the cases, `jobs` at a time. Those that disturb the server play one by one, and on no other's server; those
   * that are known to leave it unfit, each on one that is thrown away.
   */
  async playAll(planned: readonly PlannedCase[], target: RunningTarget, jobs: number): Promise<void> {
    const playable = planned.filter((one) => {
      const result = notPlayed(one);
      if (result) this.#finish(result);
      return !result;
    });
    const harmful = this.#inOrder(playable.filter((one) => this.#isHarmful(one)));
    const harmless = playable.filter((one) => !harmful.includes(one));
    const alone = this.#inOrder(harmless.filter((one) => one.case.alone));
    const others = this.#inOrder(harmless.filter((one) => !one.case.alone));
    const playOthers = inParallel(others, jobs, (one) => this.#play(one, target));
    if (target.isUnique) {
      await playOthers;
      await inParallel([...alone, ...harmful], 1, (one) => this.#play(one, target));
      return;
    }
    const playApart = async () => {
      await this.#playAlone(alone);
      for (const one of harmful) await this.#playAlone([one]);
    };
    const ends = await Promise.allSettled([playOthers, playApart()]);
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  #isHarmful({ id }: PlannedCase): boolean {
    return knownFailureOf(id, this.#options.knownFailing)?.alone === true;
  }

  #inOrder(cases: readonly PlannedCase[]): PlannedCase[] {
    const { shuffle } = this.#options;
    return shuffle === undefined ? this.#silentFirst(cases) : shuffled(cases, shuffle, (one) => one.id);
  }

  /** What is known to fail mostly waits for what never comes: it and what waits for silence, begun first, hold up nobody. */
  #silentFirst(cases: readonly PlannedCase[]): PlannedCase[] {
    const isSilent = (one: PlannedCase) =>
      knownFailureOf(one.id, this.#options.knownFailing) !== undefined ||
      verbSteps(one.case.steps).some(({ verb }) => verb.waits);
    const silent = new Set(cases.filter(isSilent));
    return [...silent, ...cases.filter((one) => !silent.has(one))];
  }

  async #playAlone(cases: readonly PlannedCase[]): Promise<void> {
    const { signal, target } = this.#options;
    if (cases.length === 0 || signal.aborted) return;
    const { onProgress } = this.#options.reporter;
    const own = await startTarget(target, { signal, onProgress }).catch((error: unknown) => {
      if (signal.aborted) return undefined;
      if (!(error instanceof TargetStartError)) throw error;
      const reason = `The case plays on a server of its own, and that one did not start: ${error.message}`;
      for (const one of cases)
        this.#finish(resultOf(one, { verdict: 'inconclusive', durationMs: 0, reason }));
      return undefined;
    });
    if (!own) return;
    try {
      await own.capabilities(signal);
      await inParallel(cases, 1, (one) => this.#play(one, own));
    } finally {
      await own.stop();
    }
  }

  async #play(one: PlannedCase, target: RunningTarget): Promise<void> {
    const { signal, reporter } = this.#options;
    if (signal.aborted || (await this.#isGone(one, target))) return;
    reporter.onCaseStart(one.id);
    const first = await this.#attempt(one, target);
    if (!first) return;
    const attempts = [first.result.verdict];
    let last = first;
    while (attempts.length <= this.#options.retries && this.#deservesAnother(last)) {
      const next = await this.#attempt(one, target);
      if (!next) return;
      attempts.push(next.result.verdict);
      // What an attempt that passes has to say is that it passed: what is to be seen is the one before it.
      last = failsAlone(next) ? next : { ...last, result: { ...last.result, verdict: 'flaky' } };
    }
    const result = attempts.length > 1 ? { ...last.result, attempts } : last.result;
    this.#finish(result, last.secrets);
  }

  /** Plays the case once; undefined where the end of the run cut it short, which says nothing about the server. */
  async #attempt(one: PlannedCase, target: RunningTarget): Promise<Attempt | undefined> {
    const { signal, patienceMs, live, reporter } = this.#options;
    const since = Date.now();
    const redaction = new LiveRedaction();
    const played = await playCase(one.case, target, {
      patienceMs,
      signal,
      ...(live
        ? { onEntry: (entry, secrets) => reporter.onEntry(one.id, redaction.entry(entry, secrets)) }
        : {}),
      ...(one.variant === undefined ? {} : { variant: one.variant }),
    });
    this.#provisionMs += played.provisionMs;
    if (signal.aborted) return undefined;
    if (played.serverGone && !this.#gone.has(target)) this.#gone.set(target, one.id);
    const result = resultOf(one, played.result);
    if (result.verdict !== 'pass' || this.#options.transcripts) {
      const log = target.logsSince(since);
      const serverLog = log.map(({ text }) => text);
      const serverLogAt = log.map(({ time }) => time - since);
      result.evidence = {
        ...played.transcript.toEvidence(),
        ...(log.length > 0 ? { serverLog, serverLogAt } : {}),
      };
    }
    return { result, secrets: played.secrets, serverGone: played.serverGone };
  }

  /** What is known to fail is not tried until it passes, and a server that is no more is not asked again. */
  #deservesAnother(attempt: Attempt): boolean {
    const isKnown = knownFailureOf(attempt.result.id, this.#options.knownFailing) !== undefined;
    return failsAlone(attempt) && !isKnown && !attempt.serverGone;
  }

  /** A server that went away is asked once for each case that follows: most do not come back, and none is waited for. */
  async #isGone(one: PlannedCase, target: RunningTarget): Promise<boolean> {
    const noticedBy = this.#gone.get(target);
    if (noticedBy === undefined) return false;
    if (await acceptsNow(target)) {
      this.#gone.delete(target);
      return false;
    }
    const reason = `The case was not played: the server went away earlier (noticed by ${noticedBy}), and accepts no connections.`;
    this.#finish(resultOf(one, { verdict: 'inconclusive', durationMs: 0, reason }));
    return true;
  }

  #finish(result: CaseResult, secrets: readonly string[] = []): void {
    const { builder, reporter } = this.#options;
    reporter.onCaseEnd(builder.add(this.#withKnownFailure(result), secrets));
  }

  #withKnownFailure(result: CaseResult): CaseResult {
    const entry = knownFailureOf(result.id, this.#options.knownFailing);
    if (!entry || result.verdict === 'unsupported') return result;
    const { reason, link, intermittent = false } = entry;
    const knownFailing = {
      reason,
      ...(link === undefined ? {} : { link }),
      ...(intermittent ? { intermittent } : {}),
    };
    const isUnexpected = result.verdict === 'pass' && !intermittent;
    return { ...result, knownFailing, ...(isUnexpected ? { unexpectedPass: true } : {}) };
  }
}
