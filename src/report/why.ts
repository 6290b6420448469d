import type { CaseResult } from '../record/record.schema.ts';

/** Why a case did not pass, or why its pass is none, in a sentence as it came: each report makes it safe itself. */
export function whyOf({ unexpectedPass, reason, failure, verdict }: CaseResult): string {
  if (unexpectedPass) return 'it is listed in known-failing.yaml, and passes';
  return reason ?? failure?.message ?? verdict;
}
