import {
  type DocumentPath,
  nearest,
  SchemaCheck,
  suggest,
  type YamlDocument,
} from '../target/yaml-document.ts';
import { parseDuration } from '../vocabulary/quantity.ts';
import { type SentenceMistake, understand } from '../vocabulary/sentence.ts';
import { parseTemplate, placeholdersIn, type Segment, TemplateError } from '../vocabulary/template.ts';
import { StepMistake, type Verb, type Vocabulary } from '../vocabulary/vocabulary.ts';
import type { OneOfStep, Outcome, Step, VerbStep } from './case.ts';
import { type PreparedStep, preparedOnce } from './prepared-steps.ts';

/** What a step can refer to where it stands. */
export interface Scope {
  document: YamlDocument<unknown>;
  actors: readonly string[];
  vocabulary: Vocabulary;
  verbs: readonly Verb[];
  /** Captures and counters that are bound up to here. */
  bound: Set<string>;
  report(
    path: DocumentPath,
    text: string,
    options?: { hint?: string | undefined; part?: 'key' | 'value'; near?: string },
  ): void;
}

const controls = ['repeat', 'together', 'one of'] as const;
const modifiers = ['within', 'tolerated', 'observed'] as const;

/** Compiles a list of steps; what is wrong is reported, and the steps that are left are returned. */
export function compileSteps(raw: unknown, path: DocumentPath, scope: Scope): Step[] {
  if (!Array.isArray(raw) || raw.length === 0) {
    scope.report(path, 'expected a list of steps');
    return [];
  }
  return raw.flatMap((item, index) => compileStep(item, [...path, index], scope) ?? []);
}

function compileStep(raw: unknown, path: DocumentPath, scope: Scope): Step | undefined {
  if (typeof raw === 'string') return compileVerb(raw, undefined, false, {}, path, scope);
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) {
    scope.report(path, 'a step is a sentence, or a sentence with a colon and what follows it');
    return undefined;
  }
  const entries = Object.entries(raw);
  const sentences = entries.filter(([key]) => !(modifiers as readonly string[]).includes(key));
  const [first, second] = sentences;
  if (first === undefined || second !== undefined) {
    const text = first ? 'a step is one sentence, this one holds two' : 'this step has no sentence';
    scope.report(second ? [...path, second[0]] : path, text, {
      hint: `each step begins with its own hyphen; beside a sentence only ${modifiers.join(', ')} may stand`,
      part: 'key',
    });
    return undefined;
  }
  const [sentence, value] = first;
  const beside = Object.fromEntries(entries.filter(([key]) => key !== sentence));
  if (sentence === 'repeat') return compileRepeat(value, [...path, sentence], scope);
  if (sentence === 'together') return compileTogether(value, [...path, sentence], scope);
  if (sentence === 'one of') return compileOneOf(value, [...path, sentence], scope);
  return compileVerb(sentence, value, true, beside, path, scope);
}

function compileVerb(
  sentence: string,
  value: unknown,
  colon: boolean,
  beside: Record<string, unknown>,
  path: DocumentPath,
  scope: Scope,
): VerbStep | undefined {
  const understood = understand(sentence, scope.verbs, scope.actors);
  const at = colon ? [...path, sentence] : path;
  if ('kind' in understood) {
    reportSentence(understood, sentence, at, colon, scope);
    return undefined;
  }
  const { subject, verb, slots } = understood;
  let accepted = true;
  const step = preparedOnce(verb, slots, value, () => {
    accepted = checkValue(verb, value, colon, at, scope);
    return accepted ? prepare(verb, slots, value, at, scope) : undefined;
  });
  if (!accepted) return undefined;
  const own = colon ? (verb.binds?.(value) ?? []) : [];
  checkPlaceholders(
    value,
    verb,
    at,
    own.length === 0 ? scope : { ...scope, bound: new Set([...scope.bound, ...own]) },
  );
  const withinMs = withinOf(beside, verb, path, scope);
  if (!step) return undefined;
  const position = { file: scope.document.file, ...scope.document.positionOf(path, 'key') };
  const written = colon && typeof value === 'string' ? `${sentence}: ${value}` : sentence;
  return {
    kind: 'verb',
    sentence: written.length > 300 ? `${written.slice(0, 297)}...` : written,
    position,
    subject,
    verb,
    slots,
    value,
    prepared: step.prepared,
    ...(withinMs === undefined ? {} : { withinMs }),
  };
}

function prepare(
  verb: Verb,
  slots: Record<string, string>,
  value: unknown,
  path: DocumentPath,
  scope: Scope,
): PreparedStep | undefined {
  try {
    return { prepared: verb.prepare?.({ slots, value }) };
  } catch (error) {
    if (!(error instanceof StepMistake)) throw error;
    scope.report(path, error.message, { hint: error.hint });
    return undefined;
  }
}

function reportSentence(
  mistake: SentenceMistake,
  sentence: string,
  path: DocumentPath,
  colon: boolean,
  scope: Scope,
): void {
  const part = colon ? 'key' : 'value';
  if (mistake.kind === 'subject') {
    const hint = suggest(mistake.word, [...mistake.known, ...controls]);
    scope.report(path, `\`${mistake.word}\` is no actor of this case`, { hint, part });
  } else if (mistake.kind === 'slot') {
    const text = `\`${mistake.word}\` cannot stand for {${mistake.slot}}`;
    scope.report(path, text, { hint: suggest(mistake.word, mistake.known), part, near: mistake.word });
  } else {
    const subject = sentence.split(' ')[0] ?? '';
    const text = `\`${mistake.words}\` is nothing that ${subject} can do`;
    scope.report(path, text, { hint: suggest(mistake.words, mistake.known), part, near: mistake.words });
  }
}

const checks = new WeakMap<Verb, SchemaCheck<unknown>>();

function checkValue(verb: Verb, value: unknown, colon: boolean, path: DocumentPath, scope: Scope): boolean {
  const given = colon && value !== null && value !== undefined;
  if (verb.takes === undefined) {
    if (given) scope.report(path, 'nothing may follow this verb', { hint: `as in: ${verb.example}` });
    return !given;
  }
  if (!given) {
    if (!verb.optional)
      scope.report(path, 'something must follow this verb', { hint: `as in: ${verb.example}`, part: 'key' });
    return verb.optional === true;
  }
  let check = checks.get(verb);
  if (!check) {
    check = new SchemaCheck(verb.takes as object);
    checks.set(verb, check);
  }
  const problems = check.problems(value);
  for (const problem of problems)
    scope.report([...path, ...problem.path], problem.text, { hint: problem.hint, part: problem.part });
  return problems.length === 0;
}

function withinOf(
  beside: Record<string, unknown>,
  verb: Verb,
  path: DocumentPath,
  scope: Scope,
): number | undefined {
  for (const mark of ['tolerated', 'observed'])
    if (mark in beside)
      scope.report([...path, mark], `\`${mark}\` stands at an outcome of \`one of\``, { part: 'key' });
  if (!('within' in beside)) return undefined;
  const duration = typeof beside.within === 'string' ? parseDuration(beside.within) : undefined;
  if (duration === undefined) {
    scope.report([...path, 'within'], 'expected a duration such as 500ms or 2s');
    return undefined;
  }
  if (!verb.expect)
    scope.report([...path, 'within'], 'this verb waits for nothing, so it has no `within`', { part: 'key' });
  return duration;
}

/** Placeholders must be known where they stand; captures in the value are bound from here on. */
function checkPlaceholders(value: unknown, verb: Verb, path: DocumentPath, scope: Scope): void {
  for (const { at, text } of textsIn(value, path)) {
    let segments: Segment[];
    try {
      segments = parseTemplate(text);
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error;
      scope.report(at, error.message, { near: text.slice(error.offset, error.offset + 12) });
      continue;
    }
    for (const segment of segments) checkSegment(segment, verb, at, scope);
  }
  for (const segment of safePlaceholders(value))
    if (segment.kind === 'capture') scope.bound.add(segment.name);
}

function checkSegment(segment: Segment, verb: Verb, path: DocumentPath, scope: Scope): void {
  const near = segment.source;
  if (segment.kind === 'fact') {
    const facts = (scope.vocabulary.actors?.facts ?? []).map((fact) => fact.name);
    if (!scope.actors.includes(segment.actor))
      scope.report(path, `${near}: \`${segment.actor}\` is no actor of this case`, {
        hint: suggest(segment.actor, scope.actors),
        near,
      });
    else if (!facts.includes(segment.fact))
      scope.report(path, `${near}: an actor has no \`${segment.fact}\``, {
        hint: suggest(segment.fact, facts),
        near,
      });
  } else if (segment.kind === 'name' || segment.kind === 'other') {
    if (!scope.bound.has(segment.name))
      scope.report(path, `${near} is not known here`, {
        hint: suggestBound(segment.name, scope.bound),
        near,
      });
  } else if (segment.kind === 'capture') scope.bound.add(segment.name);
  const matching = ['any', 'absent', 'capture', 'expression', 'other', 'strictness', 'words'].includes(
    segment.kind,
  );
  if (matching && !verb.expect)
    scope.report(path, `${near} can be matched, not sent`, {
      hint: 'it belongs to a verb that receives',
      near,
    });
}

function suggestBound(name: string, bound: ReadonlySet<string>): string {
  const meant = nearest(name, bound);
  return meant === undefined ? 'a name is bound by an earlier {name=*}' : `did you mean \`${meant}\`?`;
}

function* textsIn(value: unknown, path: DocumentPath): Generator<{ at: DocumentPath; text: string }> {
  if (typeof value === 'string') yield { at: path, text: value };
  else if (Array.isArray(value))
    for (const [index, item] of value.entries()) yield* textsIn(item, [...path, index]);
  else if (value !== null && typeof value === 'object')
    for (const [key, item] of Object.entries(value)) yield* textsIn(item, [...path, key]);
}

/** The placeholders in a value; none where its braces are wrong, which is said elsewhere. */
export function safePlaceholders(value: unknown): Segment[] {
  try {
    return placeholdersIn(value);
  } catch {
    return [];
  }
}

function compileRepeat(raw: unknown, path: DocumentPath, scope: Scope): Step | undefined {
  const { times, as, steps, ...others } = mapOf(raw);
  unknownKeys(others, ['times', 'as', 'steps'], path, scope);
  const count = Number(times);
  if (!Number.isInteger(count) || count < 1 || count > 100_000) {
    scope.report([...path, 'times'], 'expected how often: a whole number from 1 to 100000');
    return undefined;
  }
  const inner: Scope = { ...scope, bound: new Set(scope.bound) };
  if (typeof as === 'string') inner.bound.add(as);
  return {
    kind: 'repeat',
    sentence: `repeat ${count} times`,
    position: { file: scope.document.file, ...scope.document.positionOf(path, 'key') },
    times: count,
    ...(typeof as === 'string' ? { as } : {}),
    steps: compileSteps(steps, [...path, 'steps'], inner),
  };
}

function compileTogether(raw: unknown, path: DocumentPath, scope: Scope): Step | undefined {
  if (!Array.isArray(raw) || raw.length < 2) {
    scope.report(path, '`together` takes two or more branches', {
      hint: 'a branch is a step or a list of steps',
    });
    return undefined;
  }
  const before = new Set(scope.bound);
  const branches = raw.map((branch: unknown, index) => {
    const inner: Scope = { ...scope, bound: new Set(before) };
    const at = [...path, index];
    const steps = Array.isArray(branch)
      ? compileSteps(branch, at, inner)
      : [compileStep(branch, at, inner)].filter((step) => step !== undefined);
    for (const name of inner.bound) scope.bound.add(name);
    return steps;
  });
  const position = { file: scope.document.file, ...scope.document.positionOf(path, 'key') };
  return { kind: 'together', sentence: 'together', position, branches };
}

function compileOneOf(raw: unknown, path: DocumentPath, scope: Scope): OneOfStep | undefined {
  if (!Array.isArray(raw) || raw.length < 2) {
    scope.report(path, '`one of` takes two or more outcomes');
    return undefined;
  }
  const outcomes: Outcome[] = [];
  let common: Set<string> | undefined;
  for (const [index, item] of raw.entries()) {
    const inner: Scope = { ...scope, bound: new Set(scope.bound) };
    const outcome = compileOutcome(item, [...path, index], inner);
    if (outcome) outcomes.push(outcome);
    common = common === undefined ? inner.bound : both(common, inner.bound);
  }
  for (const name of common ?? []) scope.bound.add(name);
  const position = { file: scope.document.file, ...scope.document.positionOf(path, 'key') };
  return { kind: 'one of', sentence: 'one of', position, outcomes };
}

function both(left: Set<string>, right: Set<string>): Set<string> {
  return new Set([...left].filter((name) => right.has(name)));
}

/** An outcome is a step, a list of steps, or either with `tolerated: why` or `observed: what` beside it. */
function compileOutcome(raw: unknown, path: DocumentPath, scope: Scope): Outcome | undefined {
  const { tolerated, observed, outcome, ...rest } = mapOf(raw);
  const listed = outcome ?? (Array.isArray(raw) ? raw : undefined);
  const at = outcome === undefined ? path : [...path, 'outcome'];
  const alone = typeof raw === 'string' ? raw : rest;
  const steps = Array.isArray(listed)
    ? compileSteps(listed, at, scope)
    : [compileStep(alone, path, scope)].filter((step) => step !== undefined);
  const [first, ...others] = steps;
  if (first === undefined) return undefined;
  if (first.kind !== 'verb' || !first.verb.expect) {
    scope.report(at, 'an outcome begins with a verb that waits for the server', { hint: 'such as receives' });
    return undefined;
  }
  return {
    steps: [first, ...others],
    ...(typeof tolerated === 'string' ? { tolerated } : {}),
    ...(typeof observed === 'string' ? { observed } : {}),
  };
}

function unknownKeys(others: object, known: string[], path: DocumentPath, scope: Scope): void {
  for (const key of Object.keys(others))
    scope.report([...path, key], `unknown key \`${key}\``, { hint: suggest(key, known), part: 'key' });
}

function mapOf(raw: unknown): Record<string, unknown> {
  return raw !== null && typeof raw === 'object' && !Array.isArray(raw)
    ? (raw as Record<string, unknown>)
    : {};
}
