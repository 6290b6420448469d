import type { Fault } from '../reference/fault.ts';
import { faults as namedFaults, operators } from '../reference/faults.ts';
import type { Suites } from '../suite/load-suites.ts';
import { loadTarget, type TargetDefinition } from '../target/load-target.ts';
import { startTarget } from '../target/start-target.ts';
import { breadth, faultsFor, onlyFor, operatorsFor } from './fault-matching.ts';
import { type PlannedCase, plan } from './plan.ts';
import { playCase } from './play-case.ts';

/** How one case answers to the faults. */
export interface CaseProof {
  id: string;
  /** What it came to on the server that keeps every promise; anything but `pass` proves nothing. */
  healthy: string;
  /** Why it did not pass there. */
  reason?: string;
  /** The faults that fail it. */
  failedBy: string[];
  /** How often it was played. */
  plays: number;
}

/** What the proofs so far have shown; it says what to try first. */
export interface Experience {
  /** Named faults that some case has failed on. */
  noticed: ReadonlySet<string>;
  /** How many cases of the same suite each fault or operator has failed. */
  helpful: ReadonlyMap<string, number>;
}

export interface CaseProverOptions {
  suites: Suites;
  signal: AbortSignal;
  /** Only this fault. */
  fault?: string | undefined;
  /** Every fault that the case can notice, instead of up to the first that fails it. */
  exhaustive: boolean;
}

/** Nobody waits here for a server that is slow: the embedded server says when it has no more to say. */
const patienceMs = 2_000;

/** Plays single cases on the embedded server as it is and under its faults. */
export class CaseProver {
  readonly #options: CaseProverOptions;
  readonly #planned: ReadonlyMap<string, PlannedCase>;
  readonly #target: TargetDefinition;

  private constructor(options: CaseProverOptions, planned: readonly PlannedCase[], target: TargetDefinition) {
    this.#options = options;
    this.#planned = new Map(planned.map((one) => [one.id, one]));
    this.#target = target;
  }

  /** Probes the embedded server once, to know how each case is played on it. */
  static async create(options: CaseProverOptions): Promise<CaseProver> {
    const definition = loadTarget('embedded');
    const target = await startTarget(definition, { signal: options.signal });
    try {
      const capabilities = await target.capabilities(options.signal);
      return new CaseProver(options, plan(options.suites.cases, target, capabilities), definition);
    } finally {
      await target.stop();
    }
  }

  /** Every case as it is played on the embedded server. */
  get planned(): readonly PlannedCase[] {
    return [...this.#planned.values()];
  }

  /** Shows what fails the case of that id: named faults and operators, up to the first, unless all are asked for. */
  async prove(id: string, experience: Experience): Promise<CaseProof> {
    const one = this.#case(id);
    const proof: CaseProof = { id, healthy: 'unsupported', failedBy: [], plays: 0 };
    if (one.missing.length > 0) return { ...proof, reason: `needs ${one.missing.join(', ')}` };
    const healthy = await this.#play(one, proof, undefined);
    proof.healthy = healthy.verdict;
    if (healthy.verdict !== 'pass') return { ...proof, reason: healthy.message };
    const { fault: only, exhaustive } = this.#options;
    const named = only === undefined ? faultsFor(one) : onlyFor(one, only);
    const further = only === undefined && !exhaustive ? operatorsFor(one) : [];
    await this.#tryFaults(one, proof, inOrder([...named, ...further], experience), false);
    // What a case is given can hold the promise already: stream features, the rules of a session.
    if (proof.failedBy.length === 0) await this.#tryFaults(one, proof, named, true);
    if (proof.failedBy.length === 0 && exhaustive && only === undefined)
      await this.#tryFaults(one, proof, operatorsFor(one), false);
    return proof;
  }

  /** Whether the fault fails the case of that id. */
  async notices(id: string, faultName: string): Promise<CaseProof> {
    const one = this.#case(id);
    const fault = namedFaults.find((candidate) => candidate.name === faultName);
    const proof: CaseProof = { id, healthy: 'pass', failedBy: [], plays: 0 };
    if (
      fault &&
      ((await this.#fails(one, proof, fault, false)) || (await this.#fails(one, proof, fault, true)))
    )
      proof.failedBy.push(fault.name);
    return proof;
  }

  #case(id: string): PlannedCase {
    const one = this.#planned.get(id);
    if (!one) throw new Error(`The embedded server is asked no case ${id}.`);
    return one;
  }

  async #tryFaults(one: PlannedCase, proof: CaseProof, faults: readonly Fault[], early: boolean) {
    for (const fault of faults) {
      if (proof.failedBy.length > 0 && !this.#options.exhaustive) return;
      if (await this.#fails(one, proof, fault, early)) proof.failedBy.push(fault.name);
    }
  }

  /** A case that ends because nothing came in time counts only where silence is what the fault does. */
  async #fails(one: PlannedCase, proof: CaseProof, fault: Fault, early: boolean): Promise<boolean> {
    const { verdict, kind } = await this.#play(one, proof, fault.name, early);
    if (verdict !== 'fail' && verdict !== 'warn') return false;
    return kind !== 'silence' || fault.silent === true;
  }

  /** Each play has a server of its own: the fault acts from the first step on, and on nobody else. */
  async #play(one: PlannedCase, proof: CaseProof, fault: string | undefined, armEarly = false) {
    proof.plays++;
    const { signal } = this.#options;
    signal.throwIfAborted();
    const target = await startTarget(this.#target, { signal, faults: fault === undefined ? [] : [fault] });
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

/**
 * Faults that nothing has noticed yet come first, so that one round over all cases notices as many as it can; then
 * what failed the case's neighbours; then what breaks little, since most likely it breaks just this.
 */
function inOrder(faults: readonly Fault[], { noticed, helpful }: Experience): Fault[] {
  const isNew = (fault: Fault) => Number(!noticed.has(fault.name) && !operators.includes(fault));
  const help = (fault: Fault) => helpful.get(fault.name) ?? 0;
  return faults.toSorted((a, b) => isNew(b) - isNew(a) || help(b) - help(a) || breadth(a) - breadth(b));
}
