import type { Fault } from '../reference/fault.ts';
import { faults } from '../reference/faults.ts';
import { globToExpression } from '../suite/glob.ts';
import type { PlannedCase } from './plan.ts';

const broken = faults.map((fault) => ({ fault, expressions: fault.breaks.map(globToExpression) }));
const byRequirement = new Map<string, readonly Fault[]>();

/** The named faults that break something which the case covers. */
export function faultsFor(one: PlannedCase): Fault[] {
  return [...new Set(one.case.covers.flatMap((requirement) => faultsBreaking(requirement.id)))];
}

function faultsBreaking(requirement: string): readonly Fault[] {
  const known = byRequirement.get(requirement);
  if (known) return known;
  const found = broken
    .filter(({ expressions }) => expressions.some((expression) => expression.test(requirement)))
    .map(({ fault }) => fault);
  byRequirement.set(requirement, found);
  return found;
}

/** How many of the requirements looked at so far the fault breaks; an operator breaks them all. */
export function breadth(fault: Fault): number {
  if (!faults.includes(fault)) return Number.POSITIVE_INFINITY;
  let count = 0;
  for (const found of byRequirement.values()) if (found.includes(fault)) count++;
  return count;
}
