import type { CapabilityName } from '../target/capabilities.ts';
import type { GivenActor, Verb, Vocabulary } from '../vocabulary/vocabulary.ts';
import type { Requirement } from './catalogue.ts';

/** The smallest thing with a verdict: a state that is given, then steps. `each` is already filled in. */
export interface Case {
  /** `rfc6121/message-routing/chat-to-bare-address`: the suite's name, then the case's. */
  id: string;
  suite: Suite;
  title: string;
  covers: Requirement[];
  /** Cases of other suites than which this one is at least as strong: `autobahn/6.4.1`. */
  equals: string[];
  /** The strongest level among the requirements: what is broken when the case fails. */
  level: 'MUST' | 'SHOULD' | 'MAY';
  /** Capabilities without which the case is `unsupported`. */
  needs: CapabilityName[];
  given: Map<string, GivenActor>;
  /** The transports that it is played over, where its vocabulary knows several. */
  over: readonly string[];
  steps: Step[];
  /** The longest time that the case may take, in milliseconds. */
  budgetMs: number;
  /** The case disturbs the server (restart, pause, kill), so it gets a server of its own. */
  alone: boolean;
  position: Place;
  /** The case as it stands in the file, from the line of `position` on: one text for all rows of `each`. */
  definition: string;
}

/** Where something stands in a suite file; lines and columns count from 1. */
export interface Place {
  file: string;
  line: number;
  column: number;
}

export interface Suite {
  /** `rfc6121/message-routing` */
  name: string;
  title: string;
  specification: string;
  vocabulary: Vocabulary;
  file: string;
  /** What its cases cost, where they are played on request alone. */
  heavy?: string;
}

export type Step = VerbStep | RepeatStep | TogetherStep | OneOfStep;

interface Placed {
  /** The step as it stands in the file, for people. */
  sentence: string;
  position: Place;
}

export interface VerbStep extends Placed {
  kind: 'verb';
  subject: string;
  verb: Verb;
  slots: Record<string, string>;
  value: unknown;
  prepared: unknown;
  withinMs?: number;
}

export interface RepeatStep extends Placed {
  kind: 'repeat';
  times: number;
  /** The name of the counter, which runs from 1 to `times`. */
  as?: string;
  steps: Step[];
}

export interface TogetherStep extends Placed {
  kind: 'together';
  branches: Step[][];
}

export interface OneOfStep extends Placed {
  kind: 'one of';
  outcomes: Outcome[];
}

export interface Outcome {
  /** The first step waits for what tells this outcome from the others. */
  steps: [VerbStep, ...Step[]];
  /** Why the specification tolerates this outcome although it does not prefer it: gives `warn`. */
  tolerated?: string;
  /** What the implementer would like to know about this outcome, which is as good as the others. */
  observed?: string;
}

/** Every step that does or waits for something, wherever it stands: in repetitions, branches and outcomes too. */
export function verbSteps(steps: readonly Step[]): VerbStep[] {
  return steps.flatMap((step) => {
    if (step.kind === 'verb') return [step];
    if (step.kind === 'repeat') return verbSteps(step.steps);
    if (step.kind === 'together') return verbSteps(step.branches.flat());
    return verbSteps(step.outcomes.flatMap((outcome) => outcome.steps));
  });
}
