import type { Fault } from '../reference/fault.ts';
import { faults, operators } from '../reference/faults.ts';
import { globToExpression } from '../suite/glob.ts';
import type { PlannedCase } from './plan.ts';

const broken = faults.map((fault) => ({ fault, expressions: fault.breaks.map(globToExpression) }));
const byRequirement = new Map<string, readonly Fault[]>();

/** The named faults that break something which the case covers, in the service that it is played on. */
export function faultsFor(one: PlannedCase): Fault[] {
  const breaking = new Set(one.case.covers.flatMap((requirement) => faultsBreaking(requirement.id)));
  return [...breaking].filter((fault) => concerns(fault, one));
}

/** The operators at the output of the service that the case is played on. */
export function operatorsFor(one: PlannedCase): Fault[] {
  return operators.filter((operator) => concerns(operator, one));
}

/** What can fail the case when only one fault or operator is asked for: that, or nothing. */
export function onlyFor(one: PlannedCase, name: string): Fault[] {
  return [...faultsFor(one), ...operatorsFor(one)].filter((fault) => fault.name === name);
}

function concerns({ service }: Fault, one: PlannedCase): boolean {
  return service === undefined || servicesOf(one).includes(service);
}

/** An endpoint is called as its service, with the way to reach it behind: `xmpp-websocket`; a binding, too. */
function servicesOf({ case: { suite, given }, variant }: PlannedCase): string[] {
  const endpoints = suite.vocabulary.actors?.needs(given) ?? [];
  if (endpoints.length === 0 && variant !== undefined) return [variant];
  return endpoints.map((endpoint) => endpoint.replace(/^xmpp-.*/, 'xmpp'));
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
