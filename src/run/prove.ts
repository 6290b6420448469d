import { availableParallelism } from 'node:os';
import type { Fault } from '../reference/fault.ts';
import { faults as namedFaults } from '../reference/faults.ts';
import type { Suites } from '../suite/load-suites.ts';
import { type Selection, select } from '../suite/select.ts';
import { canHaveThreads } from '../threads/thread.ts';
import { type CaseProof, CaseProver } from './case-prover.ts';
import { faultsFor, onlyFor } from './fault-matching.ts';
import { chosen, idsOf, type PlannedCase } from './plan.ts';
import { inParallel } from './pool.ts';
import { ProverThread } from './prover-thread.ts';

export interface ProveOptions {
  suites: Suites;
  selection: Selection;
  signal: AbortSignal;
  /** Only this fault or operator, and only the cases that can notice it. */
  fault?: string;
  /** Play every case under every fault that it can notice, instead of up to the first that fails it. */
  exhaustive?: boolean;
  onProgress?(done: number, total: number): void;
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

/** What proves cases: this thread or another. */
type Prover = Pick<CaseProver, 'prove' | 'notices'>;

/** Cases under way at a time in each thread: a few, so that none waits for another's hashing. */
const width = 4;
/** Fewer cases than this are sooner proven than a further thread has read the suites. */
const worthAThread = 100;

/**
 * Shows that each case can fail: plays it on the embedded server as it is, then under the named faults that break
 * what it covers, then, where none of them failed it, under the operators at the server's output. A case that ends
 * because nothing came in time counts only where silence is what the fault does.
 */
export async function prove(options: ProveOptions): Promise<Proof> {
  const began = performance.now();
  const exhaustive = options.exhaustive === true || options.fault !== undefined;
  const own = await CaseProver.create({ ...options, exhaustive });
  const wanted = new Set(select(options.suites.cases, options.selection, idsOf));
  const { fault } = options;
  const played = own.planned.filter((one) => wanted.has(one.case));
  const provable = chosen(played, options.selection).filter(
    (one) => fault === undefined || onlyFor(one, fault).length > 0,
  );
  const threads = startThreads(options, exhaustive, provable.length);
  try {
    const provers = [own, ...threads];
    const work = new Proving(options, provable, provers);
    await work.proveAll();
    if (!exhaustive) await work.lookForUnnoticed();
    return { ...work.result(), durationMs: Math.round(performance.now() - began) };
  } finally {
    await Promise.all(threads.map((thread) => thread.end()));
  }
}

/** A thread for every core beyond this one's, where there can be threads and there is enough to do. */
function startThreads(options: ProveOptions, exhaustive: boolean, cases: number): ProverThread[] {
  const count = Math.min(availableParallelism(), Math.ceil(cases / worthAThread)) - 1;
  const { fault, selection, signal, suites } = options;
  return Array.from(
    { length: canHaveThreads ? count : 0 },
    () =>
      new ProverThread({ folders: suites.folders, only: selection.only ?? [], fault, exhaustive }, signal),
  );
}

/** One proof on its way. */
class Proving {
  readonly #options: ProveOptions;
  readonly #chosen: readonly PlannedCase[];
  readonly #provers: readonly Prover[];
  readonly #proofs = new Map<string, CaseProof>();
  readonly #noticed = new Set<string>();
  /** By suite, how many of its cases each fault has failed. */
  readonly #helpful = new Map<string, Map<string, number>>();

  constructor(options: ProveOptions, chosen: readonly PlannedCase[], provers: readonly Prover[]) {
    this.#options = options;
    this.#chosen = chosen;
    this.#provers = provers;
  }

  async proveAll(): Promise<void> {
    await this.#share(this.#chosen, async (one, prover) => {
      const helpful = this.#helpful.get(one.case.suite.name) ?? new Map<string, number>();
      this.#helpful.set(one.case.suite.name, helpful);
      const proof = await prover.prove(one.id, { noticed: this.#noticed, helpful });
      this.#proofs.set(one.id, proof);
      for (const name of proof.failedBy) {
        this.#noticed.add(name);
        helpful.set(name, (helpful.get(name) ?? 0) + 1);
      }
      this.#options.onProgress?.(this.#proofs.size, this.#chosen.length);
    });
  }

  /** Gives every fault that was passed over its chance with the cases that proved themselves without it. */
  async lookForUnnoticed(): Promise<void> {
    await this.#share(this.#unnoticed, async (fault, prover) => {
      for (const one of this.#chosen) {
        const proof = this.#proofs.get(one.id);
        if (proof?.healthy !== 'pass' || !faultsFor(one).includes(fault)) continue;
        const { failedBy, plays } = await prover.notices(one.id, fault.name);
        proof.plays += plays;
        if (failedBy.length === 0) continue;
        proof.failedBy.push(fault.name);
        this.#noticed.add(fault.name);
        return;
      }
    });
  }

  result(): Omit<Proof, 'durationMs'> {
    const cases = this.#chosen.flatMap((one) => this.#proofs.get(one.id) ?? []);
    return {
      cases,
      unproven: cases.filter((one) => one.healthy !== 'pass' || one.failedBy.length === 0),
      unnoticed: this.#unnoticed,
      plays: cases.reduce((sum, one) => sum + one.plays, 0),
    };
  }

  /** The faults that could have been noticed, and were not; in a whole proof every fault has to be. */
  get #unnoticed(): Fault[] {
    const { selection, suites, fault: only } = this.#options;
    const whole = suites.whole && Object.values(selection).every((values) => !values?.length);
    const concerned = new Set(this.#chosen.flatMap(faultsFor));
    return namedFaults.filter(
      (fault) =>
        (only ?? fault.name) === fault.name &&
        (whole || concerned.has(fault)) &&
        !this.#noticed.has(fault.name),
    );
  }

  /** Works through the items in their order, with all provers side by side. */
  async #share<T>(items: readonly T[], work: (item: T, prover: Prover) => Promise<void>): Promise<void> {
    const free = this.#provers.flatMap((prover) => Array.from({ length: width }, () => prover));
    await inParallel(items, free.length, async (item) => {
      this.#options.signal.throwIfAborted();
      const prover = free.shift();
      if (!prover) throw new Error('more is under way than there are provers');
      try {
        await work(item, prover);
      } finally {
        free.push(prover);
      }
    });
  }
}
