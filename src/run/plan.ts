import type { Case } from '../suite/case.ts';
import { matchesAny } from '../suite/glob.ts';
import { EmptySelectionError, ownNames, type Selection } from '../suite/select.ts';
import { type Capabilities, type CapabilityName, has } from '../target/capabilities.ts';
import type { RunningTarget } from '../target/running-target.ts';

/** A case as it is played on one target: once, or once per variant (a binding, a transport). */
export interface PlannedCase {
  id: string;
  case: Case;
  variant?: string;
  /** Capabilities that the case needs and the target does not offer: then it is not played. */
  missing: CapabilityName[];
  /** Of these, the ones the target claims: then the case fails instead of being unsupported. */
  claimed: CapabilityName[];
}

/** Every way in which the cases are to be played on this target. */
export function plan(
  cases: readonly Case[],
  target: RunningTarget,
  capabilities: Capabilities,
): PlannedCase[] {
  return cases
    .filter((one) => fits(one, capabilities))
    .flatMap((one) => {
      const variants = one.suite.vocabulary.actors?.variants;
      if (!variants) return [planned(one, one.id, capabilities)];
      const spoken = variants.of(one.over).filter(({ name }) => variants.fits(name, target));
      return spoken.map(({ name, suffix }) => {
        const needs = variants.needs?.(name, one.given) ?? [];
        return { ...planned(one, one.id + suffix, capabilities, needs), variant: name };
      });
    });
}

/** Of the ways in which selected cases are played on the target, those that `--only` names. */
export function chosen(planned: readonly PlannedCase[], selection: Selection): PlannedCase[] {
  const { only = [] } = selection;
  const left = planned.filter(
    (one) => only.length === 0 || [one.id, ...ownNames(one.case)].some((id) => matchesAny(id, only)),
  );
  if (left.length === 0) throw new EmptySelectionError(selection);
  return left;
}

/** Whether the target speaks what the suite is about at all: an echo server is not asked about XMPP. */
function fits(one: Case, capabilities: Capabilities): boolean {
  const needs = one.suite.vocabulary.actors?.needs(one.given) ?? [];
  return needs.every((need) => has(capabilities, need));
}

/** Every id that a case can go by, whatever the target: what `--only` is matched with. */
export function idsOf(one: Case): string[] {
  const variants = one.suite.vocabulary.actors?.variants?.of(one.over) ?? [];
  return [...new Set([one.id, ...variants.map(({ suffix }) => one.id + suffix)])];
}

function planned(
  one: Case,
  id: string,
  capabilities: Capabilities,
  furtherNeeds: readonly CapabilityName[] = [],
): PlannedCase {
  const needs = [...one.needs, ...furtherNeeds];
  const missing = needs.filter((need) => !has(capabilities, need));
  const notOffered = new Set(capabilities.findings.map((finding) => finding.capability));
  const claimed = needs.filter((need) => notOffered.has(need));
  return { id, case: one, missing, claimed };
}
