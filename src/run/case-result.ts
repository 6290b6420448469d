import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CaseResult } from '../record/record.schema.ts';
import type { Capabilities } from '../target/capabilities.ts';
import type { PlannedCase } from './plan.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A file as people name it: within Touchstone from its root, elsewhere from where they stand. */
export function shownPath(file: string): string {
  const within = relative(root, file);
  return within.startsWith('..') ? relative(process.cwd(), file) : within;
}

/** The result of a case, with what the record says of the case itself. */
export function resultOf(
  { id, case: one }: PlannedCase,
  played: Pick<CaseResult, 'verdict' | 'durationMs'> & Partial<CaseResult>,
): CaseResult {
  const { failure } = played;
  const step = failure?.step && { step: { ...failure.step, file: shownPath(failure.step.file) } };
  return {
    suite: one.suite.name,
    title: one.title,
    file: shownPath(one.position.file),
    line: one.position.line,
    covers: one.covers.map(({ id, specification, section, level, summary }) => ({
      id,
      specification,
      section,
      level,
      summary,
    })),
    level: one.level,
    ...played,
    ...(failure ? { failure: { ...failure, ...step } } : {}),
    durationMs: Math.round(played.durationMs * 10) / 10,
    id,
  };
}

/**
 * The result of a case that the target cannot play: `unsupported` where it lacks an optional capability. A target
 * that claims the capability and does not offer it fails once, for the claim; the case itself is not played.
 */
export function notPlayed(one: PlannedCase): CaseResult | undefined {
  const missing = [...new Set([...one.missing, ...one.claimed])];
  if (missing.length === 0) return undefined;
  const reason = `the target does not offer ${missing.join(', ')}`;
  return resultOf(one, { verdict: 'unsupported', durationMs: 0, reason, missing });
}

/** What a target claims and does not offer: a failure each. */
export function claimResults(capabilities: Capabilities): CaseResult[] {
  return capabilities.findings.map(({ capability, text }) => ({
    id: `claims/${capability}`,
    suite: 'claims',
    title: `The target offers ${capability}, as it claims`,
    file: 'target.yaml',
    line: 1,
    covers: [],
    level: 'MUST',
    verdict: 'fail',
    durationMs: 0,
    failure: { kind: 'mismatch', expected: `${capability} to be offered`, message: text },
  }));
}
