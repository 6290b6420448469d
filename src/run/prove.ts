import type { Fault } from '../reference/fault.ts';
import { faults as namedFaults, operators } from '../reference/faults.ts';
import { globToExpression } from '../suite/glob.ts';
import type { Suites } from '../suite/load-suites.ts';
import { type Selection, select } from '../suite/select.ts';
import { loadTarget } from '../target/load-target.ts';
import { startTarget } from '../target/start-target.ts';
import { idsOf, type PlannedCase, plan } from './plan.ts';
import { playCase } from './play-case.ts';
import { inParallel } from './pool.ts';

export interface ProveOptions {
  suites: Suites;
  selection: Selection;
  signal: AbortSignal;
  /** Only this fault, played against every case that can notice it. */
  fault?: string;
  /** Play every case under every fault that it can notice, instead of up to the first that fails it. */
  exhaustive?: boolean;
  jobs?: number;
  onProgress?(done: number, total: number): void;
}

/** How one case answers to the faults. */
export interface CaseProof {
  id: string;
  /** What it came to on the server that keeps every promise; anything but `pass` proves nothing. */
  healthy: string;
  /** Why it did not pass there. */
  reason?: string;
  /** The faults that fail it. */
  failedBy: string[];
}

export interface Proof {
  cases: CaseProof[];
  /** Cases that nothing fails, or that do not pass on the healthy server. */
  unproven: CaseProof[];
  /** Named faults that fail none of the cases that cover what they break. */
  unnoticed: Fault[];
  plays: number;
  durationMs: number;
}

/** Nobody waits here for a server that is slow: the embedded server says when it has no more to say. */
const patienceMs = 2_000;

/**
 * Shows that each case can fail: plays it on the embedded server as it is, then under the named faults that break
 * what it covers, then, where none of them failed it, under the operators at the server's output. A case that ends
 * because nothing came in time counts only where silence is what the fault does.
 */
export async function prove(options: ProveOptions): Promise<Proof> {
  const began = performance.now();
  const prover = new Prover(options);
  const cases = await prover.prove();
  const unproven = cases.filter((one) => one.healthy !== 'pass' || one.failedBy.length === 0);
  const noticed = new Set(cases.flatMap((one) => one.failedBy));
  const unnoticed = prover.playedFaults.filter((fault) => prover.concerns(fault) && !noticed.has(fault.name));
  return {
    cases,
    unproven,
    unnoticed,
    plays: prover.plays,
    durationMs: Math.round(performance.now() - began),
  };
}

class Prover {
  readonly playedFaults: Fault[];
  plays = 0;
  #chosen: readonly PlannedCase[] = [];
  readonly #noticed = new Set<string>();
  readonly #options: ProveOptions;

  constructor(options: ProveOptions) {
    this.#options = options;
    this.playedFaults = namedFaults.filter(
      (fault) => options.fault === undefined || fault.name === options.fault,
    );
  }

  /** Whether the fault can be noticed by what was chosen; in a whole run every fault has to be. */
  concerns(fault: Fault): boolean {
    const whole = Object.values(this.#options.selection).every((values) => !values?.length);
    return (whole && this.#options.suites.whole) || this.#chosen.some((one) => canNotice(one, fault));
  }

  async prove(): Promise<CaseProof[]> {
    const { suites, selection, signal, onProgress } = this.#options;
    const jobs = this.#options.jobs ?? 8;
    const planned = await this.#plan();
    const wanted = new Set(select(suites.cases, selection, idsOf));
    const chosen = planned.filter((one) => wanted.has(one.case));
    this.#chosen = chosen;
    const proofs: CaseProof[] = [];
    let done = 0;
    await inParallel(chosen, jobs, async (one) => {
      signal.throwIfAborted();
      proofs.push(await this.#proveCase(one));
      onProgress?.(++done, chosen.length);
    });
    if (!this.#exhaustive) await this.#lookForUnnoticed(chosen, proofs, jobs);
    const order = new Map(chosen.map((one, index) => [one.id, index]));
    return proofs.sort((a, b) => (order.get(a.id) ?? 0) - (order.get(b.id) ?? 0));
  }

  async #plan(): Promise<PlannedCase[]> {
    const target = await startTarget(loadTarget('embedded'), { signal: this.#options.signal });
    try {
      return plan(this.#options.suites.cases, target, await target.capabilities(this.#options.signal));
    } finally {
      await target.stop();
    }
  }

  async #proveCase(one: PlannedCase): Promise<CaseProof> {
    if (one.missing.length > 0)
      return { id: one.id, healthy: 'unsupported', reason: `needs ${one.missing.join(', ')}`, failedBy: [] };
    const healthy = await this.#play(one, undefined);
    if (healthy.verdict !== 'pass')
      return { id: one.id, healthy: healthy.verdict, reason: healthy.message, failedBy: [] };
    const proof: CaseProof = { id: one.id, healthy: 'pass', failedBy: [] };
    await this.#tryFaults(one, proof);
    // What a case is given can hold the promise already: stream features, the rules of a session.
    if (proof.failedBy.length === 0) await this.#tryFaults(one, proof, true);
    if (proof.failedBy.length === 0 && this.#options.fault === undefined)
      for (const operator of operators)
        if (await this.#fails(one, operator)) {
          proof.failedBy.push(operator.name);
          break;
        }
    return proof;
  }

  /** Faults that no case has failed on yet come first, so that one round notices as many as it can. */
  async #tryFaults(one: PlannedCase, proof: CaseProof, armEarly = false): Promise<void> {
    const candidates = this.playedFaults.filter((fault) => canNotice(one, fault));
    const order = candidates.toSorted(
      (a, b) => Number(this.#noticed.has(a.name)) - Number(this.#noticed.has(b.name)),
    );
    for (const fault of order) {
      if (proof.failedBy.length > 0 && !this.#exhaustive) return;
      if (!(await this.#fails(one, fault, armEarly))) continue;
      proof.failedBy.push(fault.name);
      this.#noticed.add(fault.name);
    }
  }

  /** Gives every fault that was passed over its chance with the cases that proved themselves without it. */
  async #lookForUnnoticed(
    chosen: readonly PlannedCase[],
    proofs: readonly CaseProof[],
    jobs: number,
  ): Promise<void> {
    const byId = new Map(proofs.map((proof) => [proof.id, proof]));
    const left = this.playedFaults.filter((fault) => !this.#noticed.has(fault.name));
    await inParallel(left, jobs, async (fault) => {
      for (const one of chosen) {
        this.#options.signal.throwIfAborted();
        const proof = byId.get(one.id);
        if (proof?.healthy !== 'pass' || !canNotice(one, fault)) continue;
        if (!(await this.#fails(one, fault)) && !(await this.#fails(one, fault, true))) continue;
        proof.failedBy.push(fault.name);
        this.#noticed.add(fault.name);
        return;
      }
    });
  }

  get #exhaustive(): boolean {
    return this.#options.exhaustive === true || this.#options.fault !== undefined;
  }

  async #fails(one: PlannedCase, fault: Fault, armEarly = false): Promise<boolean> {
    const { verdict, kind } = await this.#play(one, fault.name, armEarly);
    if (verdict !== 'fail' && verdict !== 'warn') return false;
    return kind !== 'silence' || fault.silent === true;
  }

  /** Each play has a server of its own: the fault acts from the first step on, and on nobody else. */
  async #play(one: PlannedCase, fault: string | undefined, armEarly = false) {
    this.plays++;
    const { signal } = this.#options;
    const target = await startTarget(loadTarget('embedded'), {
      signal,
      faults: fault === undefined ? [] : [fault],
    });
    try {
      const { result } = await playCase(one.case, target, {
        patienceMs,
        signal,
        impatient: true,
        armEarly,
        ...(one.variant === undefined ? {} : { variant: one.variant }),
      });
      const message = result.failure?.message ?? result.reason ?? '';
      return { verdict: result.verdict, kind: result.failure?.kind, message };
    } finally {
      await target.stop();
    }
  }
}

/** Whether a case covers something that the fault breaks. */
function canNotice(one: PlannedCase, fault: Fault): boolean {
  const broken = fault.breaks.map(globToExpression);
  return one.case.covers.some((requirement) => broken.some((expression) => expression.test(requirement.id)));
}
