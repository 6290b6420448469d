import type { CertificateAuthority } from '../network/certificate-authority.ts';

/** What starting a target needs to know beside the target. */
export interface StartOptions {
  /** Aborted when the run is stopped; the start is undone then. */
  signal: AbortSignal;
  /** What is going on, for people. */
  onProgress: (text: string) => void;
  /** A container stays up after `stop`, and one that is up already is taken; `fresh`: not that one. */
  keep?: { fresh: boolean };
  /** Signs the server's certificate; without it, an authority is made for this target. */
  authority?: CertificateAuthority;
}

export interface Deadline {
  readonly signal: AbortSignal;
  readonly text: string;
  clear(): void;
}

/** A signal that aborts after a time as target files write it (`60s`), or with the other signal. */
export function deadline(within: string | undefined, signal: AbortSignal): Deadline {
  const text = within ?? '60s';
  const over = new AbortController();
  const timer = setTimeout(() => over.abort(), milliseconds(text));
  return { signal: AbortSignal.any([signal, over.signal]), text, clear: () => clearTimeout(timer) };
}

function milliseconds(duration: string): number {
  const [, count, unit] = /^(\d+)(ms|s|min)$/.exec(duration) ?? [];
  const factor = { ms: 1, s: 1000, min: 60_000 }[unit ?? ''] ?? Number.NaN;
  return Number(count) * factor;
}
