import type { Failure } from '../record/record.schema.ts';

/** What a failing step has to say; the run adds where the step stands. */
export type Finding = Pick<Failure, 'kind' | 'expected' | 'message'> &
  Partial<Pick<Failure, 'nearest' | 'differences' | 'localPort'>>;

/** A step did not hold: the case fails (or is inconclusive, while `given` is set up). */
export class StepFailure extends Error {
  readonly finding: Finding;
  constructor(finding: Finding) {
    super(finding.message);
    this.name = 'StepFailure';
    this.finding = finding;
  }
}

export type Look =
  | { state: 'waiting' }
  /** It came; `take` removes it from what has arrived and binds captures. */
  | { state: 'met'; take(): void }
  /** It can no longer come. */
  | { state: 'broken'; finding: Finding };

/** Something that the server is expected to do. Looked at anew whenever something arrives. */
export interface Expectation {
  look(): Look;
  /** Calls `listener` at every arrival until the returned function is called. */
  onArrival(listener: () => void): () => void;
  /** What to say when the time is over. */
  late(withinMs: number): Finding;
  /**
   * Asks the server for a sign of life after it was quiet, so that a server that ignores its input is told
   * from one that is slow. Called at most once, and only when nothing has come for a while.
   */
  nudge?(): void;
  /** Called when the server is known to have nothing more to say: what waits for silence need wait no longer. */
  settled?(): void;
}

export interface Patience {
  withinMs: number;
  signal: AbortSignal;
  /** Resolves when the server has nothing more to say (embedded server only). */
  settled?: (() => Promise<void>) | undefined;
}

/** After this long without any arrival a server is asked for a sign of life, in milliseconds. */
const quietBeforeNudge = 1_000;

/**
 * Waits until one of the expectations is met, takes it, and returns its index. Throws `StepFailure` when all
 * of them are broken, or when the time is over.
 */
export async function meet(expectations: readonly Expectation[], patience: Patience): Promise<number> {
  const deadline = performance.now() + patience.withinMs;
  const nudged = new Set<Expectation>();
  for (;;) {
    const found = lookAtAll(expectations);
    if (found !== undefined) return found;
    const now = performance.now();
    const restless = expectations.filter((one) => one.nudge && !nudged.has(one));
    const until = restless.length > 0 ? Math.min(deadline, now + quietBeforeNudge) : deadline;
    const woke = await nextArrival(expectations, until - now, patience);
    if (woke === 'arrival') continue;
    if (patience.signal.aborted) throw patience.signal.reason;
    const last = lookAtAll(expectations);
    if (last !== undefined) return last;
    if (restless.length > 0 && performance.now() < deadline) {
      for (const one of restless) {
        nudged.add(one);
        one.nudge?.();
      }
      continue;
    }
    throw new StepFailure(join(expectations.map((one) => findingAtTheEnd(one, patience.withinMs))));
  }
}

/** Of several outcomes some can have shown themselves impossible while the others were still waited for. */
function findingAtTheEnd(expectation: Expectation, withinMs: number): Finding {
  const look = expectation.look();
  return look.state === 'broken' ? look.finding : expectation.late(withinMs);
}

function lookAtAll(expectations: readonly Expectation[]): number | undefined {
  const broken: Finding[] = [];
  for (const [index, expectation] of expectations.entries()) {
    const look = expectation.look();
    if (look.state === 'met') {
      look.take();
      return index;
    }
    if (look.state === 'broken') broken.push(look.finding);
  }
  if (broken.length === expectations.length) throw new StepFailure(join(broken));
  return undefined;
}

/** Several outcomes were allowed and none came: says all of them, and the one that came nearest. */
function join(findings: Finding[]): Finding {
  const [first] = findings;
  if (first === undefined) throw new Error('a step without expectations cannot be met');
  if (findings.length === 1) return first;
  const nearest =
    findings.find((finding) => finding.kind === 'mismatch') ??
    findings.find((finding) => finding.kind !== 'silence') ??
    first;
  return {
    ...nearest,
    expected: findings.map((finding) => finding.expected).join('\nor '),
    message: `none of the ${findings.length} allowed outcomes came: ${nearest.message}`,
  };
}

function nextArrival(
  expectations: readonly Expectation[],
  waitMs: number,
  patience: Patience,
): Promise<'arrival' | 'quiet'> {
  return new Promise((resolve) => {
    const stops: (() => void)[] = [];
    let done = false;
    const finish = (woke: 'arrival' | 'quiet') => {
      if (done) return;
      done = true;
      for (const stop of stops) stop();
      resolve(woke);
    };
    for (const expectation of expectations) stops.push(expectation.onArrival(() => finish('arrival')));
    const timer = setTimeout(() => finish('quiet'), Math.max(0, waitMs));
    stops.push(() => clearTimeout(timer));
    const onAbort = () => finish('quiet');
    patience.signal.addEventListener('abort', onAbort, { once: true });
    stops.push(() => patience.signal.removeEventListener('abort', onAbort));
    if (patience.signal.aborted) finish('quiet');
    patience.settled?.().then(
      () => {
        for (const one of expectations) one.settled?.();
        finish('quiet');
      },
      () => undefined,
    );
  });
}
