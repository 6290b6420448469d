import { reasonOf } from '../../tls/tls.ts';

/** What came of looking at one thing that a run needs. */
export interface Finding {
  /** `warn`: what is looked at works, or is not needed for everything; `fail`: it is needed, and does not work. */
  state: 'ok' | 'warn' | 'fail';
  /** What was looked at: `container engine`. */
  what: string;
  /** What was seen. */
  saw: string;
  /** What to do about it. */
  advice?: string;
}

export function ok(what: string, saw: string): Finding {
  return { state: 'ok', what, saw };
}

export function warn(what: string, saw: string, advice: string): Finding {
  return { state: 'warn', what, saw, advice };
}

export function fail(what: string, saw: string, advice: string): Finding {
  return { state: 'fail', what, saw, advice };
}

export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '')
    return error.errors.map((one) => messageOf(one)).join(', ');
  return error instanceof Error ? reasonOf(error) : String(error);
}

/** The code of an error of the system, TLS or DNS, also where it is the cause of another. */
export function codeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string' && error.code !== '') return error.code;
  return codeOf(error.cause);
}
