import type { Case } from './case.ts';
import type { Catalogue, Requirement } from './catalogue.ts';

/** How much of a specification the cases cover. */
export interface Coverage {
  catalogue: Catalogue;
  covered: number;
  /** Requirements that a black-box test can see. */
  testable: number;
  all: number;
  uncovered: Requirement[];
}

export function coverageOf(catalogues: readonly Catalogue[], cases: readonly Case[]): Coverage[] {
  const covered = new Set(cases.flatMap((one) => one.covers.map((requirement) => requirement.id)));
  return catalogues.map((catalogue) => {
    const testable = catalogue.requirements.filter((one) => one.untestable === undefined);
    const uncovered = testable.filter((one) => !covered.has(one.id));
    return {
      catalogue,
      covered: testable.length - uncovered.length,
      testable: testable.length,
      all: catalogue.requirements.length,
      uncovered,
    };
  });
}
