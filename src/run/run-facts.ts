import { existsSync } from 'node:fs';
import { arch, availableParallelism, platform } from 'node:os';
import { isAbsolute, relative } from 'node:path';
import type { RunFacts } from '../record/record-builder.ts';
import { coverageOf } from '../suite/coverage.ts';
import { ownSuites, type Suites } from '../suite/load-suites.ts';
import type { Selection } from '../suite/select.ts';
import type { Capabilities } from '../target/capabilities.ts';
import { kindOf, loadTarget, type TargetDefinition } from '../target/load-target.ts';
import type { RunningTarget } from '../target/running-target.ts';
import { shownPath } from './case-result.ts';
import type { PlannedCase } from './plan.ts';

type TargetFacts = RunFacts['target'];

/** What the record says of a target that did not get as far as being probed. */
export function factsOfDefinition(definition: TargetDefinition): TargetFacts {
  const { settings } = definition;
  const { version } = settings.product;
  return {
    name: settings.target,
    title: settings.title,
    ...fileOf(definition),
    kind: kindOf(settings),
    product: { name: settings.product.name, ...(typeof version === 'string' ? { version } : {}) },
    capabilities: { claimed: [...(settings.claims ?? [])], offered: [], findings: [] },
  };
}

/** Where the target's file is, unless its name says it: so that a report can say how to play a case again. */
function fileOf({ file, variant, settings }: TargetDefinition): Pick<TargetFacts, 'file'> {
  if (file === undefined || !existsSync(file) || leadsTo(settings.target, file)) return {};
  const named = fromHere(file);
  return { file: variant === undefined ? named : `${named}@${variant}` };
}

/** The path as a command would name it that is run where this one was. */
function fromHere(path: string): string {
  const from = relative(process.cwd(), path);
  return from.startsWith('.') || isAbsolute(from) ? from : `./${from}`;
}

function leadsTo(name: string, file: string): boolean {
  try {
    return loadTarget(name).file === file;
  } catch {
    return false;
  }
}

/** What the record says of a target that was probed; `known` is what it said before. */
export function factsOfTarget(
  target: RunningTarget,
  capabilities: Capabilities,
  known: TargetFacts,
): TargetFacts {
  const endpoints = Object.values(target.endpoints).map(
    (one) => [one.kind, `${one.host}:${one.port}${one.path ?? ''}`] as const,
  );
  return {
    name: target.name,
    title: target.title,
    ...(known.file === undefined ? {} : { file: known.file }),
    kind: target.kind,
    product: { ...target.product },
    ...(target.image ? { image: { ...target.image } } : {}),
    domain: target.domain,
    endpoints: Object.fromEntries(endpoints),
    capabilities: {
      // Sorted: they are noticed side by side, and two records of the same server say the same.
      claimed: [...capabilities.claimed].sort(),
      offered: [...capabilities.offered].sort(),
      findings: capabilities.findings.map((finding) => finding.text),
    },
  };
}

/** What the record says of this machine. */
export function factsOfMachine(): RunFacts['environment'] {
  return {
    node: process.version,
    platform: platform(),
    architecture: arch(),
    cpus: availableParallelism(),
  };
}

/** What the record says of the suites that cases were chosen from. */
export function factsOfSuites({ digest, catalogues, folders }: Suites): RunFacts['suites'] {
  const specifications = coverageOf(catalogues, []).map(({ catalogue, testable }) => ({
    name: catalogue.specification,
    testable,
  }));
  const isOwn = folders.length === 1 && folders[0] === ownSuites;
  const paths = isOwn ? {} : { paths: folders.map(fromHere) };
  return { digest, ...paths, specifications: specifications.filter(({ testable }) => testable > 0) };
}

/** The selection without what chooses nothing; nothing at all where every case was chosen. */
export function factsOfSelection(
  selection: Selection & { changed?: readonly string[] | undefined },
): Pick<RunFacts, 'selection'> {
  const chosen = Object.entries(selection).filter(([, values]) => values !== undefined && values.length > 0);
  return chosen.length > 0 ? { selection: Object.fromEntries(chosen) } : {};
}

/** The chosen cases as the suite files have them, each once however many rows and variants are played of it. */
export function definitionsOf(planned: readonly PlannedCase[]): NonNullable<RunFacts['definitions']> {
  const seen = new Map<string, NonNullable<RunFacts['definitions']>[number]>();
  for (const { case: one } of planned) {
    const { file, line } = one.position;
    const key = `${file}:${line}`;
    if (!seen.has(key)) seen.set(key, { file: shownPath(file), line, text: one.definition });
  }
  return [...seen.values()];
}
