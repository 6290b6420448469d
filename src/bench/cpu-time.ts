import { readFileSync } from 'node:fs';

/** CPU time so far, user and system together, in milliseconds. */
export interface CpuTime {
  /** All threads of this process: what the thread pool computes, such as PBKDF2, is part of it. */
  totalMs: number;
  /** The thread that JavaScript runs on; `undefined` where neither Node.js nor the system tells. */
  mainThreadMs: number | undefined;
}

type ThreadCpuUsage = () => NodeJS.CpuUsage;

/** Node.js has it from 23.9 on. */
const threadCpuUsage = (process as { threadCpuUsage?: ThreadCpuUsage }).threadCpuUsage?.bind(process);

/** To be called on the main thread. */
export function cpuTime(): CpuTime {
  return { totalMs: milliseconds(process.cpuUsage()), mainThreadMs: mainThreadMs() };
}

/** What has been spent since. */
export function cpuTimeSince(before: CpuTime): CpuTime {
  const now = cpuTime();
  return combined(now, before, (one, other) => one - other);
}

/** The one and the other by `how`; what is not known of both stays unknown. */
export function combined(one: CpuTime, other: CpuTime, how: (one: number, other: number) => number): CpuTime {
  const [oneMain, otherMain] = [one.mainThreadMs, other.mainThreadMs];
  const known = oneMain !== undefined && otherMain !== undefined;
  return {
    totalMs: how(one.totalMs, other.totalMs),
    mainThreadMs: known ? how(oneMain, otherMain) : undefined,
  };
}

function mainThreadMs(): number | undefined {
  if (threadCpuUsage) return milliseconds(threadCpuUsage());
  try {
    // Linux: nanoseconds on a processor, nanoseconds of waiting for one, times it was given one.
    const [nanoseconds] = readFileSync(`/proc/self/task/${process.pid}/schedstat`, 'utf8').split(' ');
    return Number(nanoseconds) / 1_000_000;
  } catch {
    return undefined;
  }
}

function milliseconds({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1_000;
}
