import type { CpuTime } from './cpu-time.ts';
import type { Measurement } from './measurement.ts';

/** A figure of a measurement, its unit, and what it means. */
interface Figure {
  /** `undefined` where this machine cannot tell. */
  of(measurement: Measurement): number | undefined;
  unit: string;
  meaning: string;
}

const figuresOfRun: readonly Figure[] = [
  { of: ({ run }) => run.plays, unit: 'cases', meaning: 'played' },
  { of: ({ run }) => run.playsPerSecond, unit: 'a second', meaning: 'while cases are played' },
  { of: ({ run }) => run.wholeMs, unit: 'ms', meaning: 'for the whole run' },
  { of: ({ run }) => run.loadMs, unit: 'ms', meaning: '  suites are read' },
  { of: ({ run }) => run.phases.startMs, unit: 'ms', meaning: '  the target starts' },
  { of: ({ run }) => run.phases.probeMs, unit: 'ms', meaning: '  its capabilities are probed' },
  { of: ({ run }) => run.phases.playMs, unit: 'ms', meaning: '  cases are played' },
  { of: ({ run }) => run.phases.stopMs, unit: 'ms', meaning: '  the target is stopped' },
  {
    of: ({ run }) => run.phases.provisionMs,
    unit: 'ms',
    meaning: 'provisioning: what cases waited for accounts, summed over all played side by side',
  },
  { of: ({ run }) => run.peakMemoryMiB, unit: 'MiB', meaning: 'memory at its highest (RSS of the process)' },
  {
    of: ({ run }) => run.cpuMsPerPlay,
    unit: 'ms',
    meaning: "CPU time for a case: the client's, and the server's where that is the embedded one",
  },
  {
    of: ({ run, login }) => run.cpuMsPerPlay / login.handshake.totalMs,
    unit: 'times',
    meaning: 'the CPU time of a bare TLS handshake',
  },
];

/** All threads, the main thread, and how that compares. */
function figuresOfCost(cost: (measurement: Measurement) => CpuTime, meaning: string): Figure[] {
  return [
    { of: (one) => cost(one).totalMs, unit: 'ms', meaning },
    { of: (one) => cost(one).mainThreadMs, unit: 'ms', meaning: '  of that on the main thread' },
    {
      of: (one) => cost(one).totalMs / one.login.handshake.totalMs,
      unit: 'times',
      meaning: '  a bare TLS handshake',
    },
  ];
}

const figuresOfLogin: readonly Figure[] = [
  { of: ({ login }) => login.logins, unit: 'each', meaning: 'of what follows, one after another' },
  ...figuresOfCost(({ login }) => login.handshake, 'a bare TCP and TLS handshake by Node.js').slice(0, 2),
  ...figuresOfCost(({ login }) => login.secured, 'a stream with STARTTLS'),
  ...figuresOfCost(({ login }) => login.plain, 'a login: STARTTLS, PLAIN and resource binding'),
  ...figuresOfCost(({ login }) => login.scram, 'a login: STARTTLS, SCRAM-SHA-512 and resource binding'),
];

/** The figures of measurements of one target, as lines: the median of several with the lowest and the highest. */
export function shown(measurements: readonly Measurement[]): string {
  const [first] = measurements;
  if (!first) return '';
  const several = measurements.length > 1;
  const how = several ? `: medians of ${measurements.length} runs (and their range)` : '';
  return [
    `${first.target}${how}; ${verdictsOf(first)}`,
    ...figuresOfRun.map((figure) => line(figure, measurements)),
    '',
    "The client's CPU time in a process after that run, on an embedded server in another process",
    ...figuresOfLogin.map((figure) => line(figure, measurements)),
    '',
    '',
  ].join('\n');
}

function line({ of, unit, meaning }: Figure, measurements: readonly Measurement[]): string {
  const values = measurements.map(of).filter((value) => value !== undefined);
  const { low, median, high } = spread(values);
  const range = high > low ? ` (${number(low)} to ${number(high)})` : '';
  return `${(values.length === 0 ? '?' : number(median)).padStart(10)} ${unit.padEnd(8)} ${meaning}${range}`;
}

/** The middle of the sorted values, or between the two in the middle. */
export function spread(values: readonly number[]): { low: number; median: number; high: number } {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (position: number) => sorted[position] ?? Number.NaN;
  const last = sorted.length - 1;
  return { low: at(0), median: (at(Math.floor(last / 2)) + at(Math.ceil(last / 2))) / 2, high: at(last) };
}

function verdictsOf({ run: { summary } }: Measurement): string {
  return Object.entries(summary)
    .filter(([, count]) => count > 0)
    .map(([verdict, count]) => `${count} ${verdict}`)
    .join(', ');
}

function number(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
