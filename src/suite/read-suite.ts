import { relative } from 'node:path';
import { type CapabilityName, capabilityNames } from '../target/capabilities.ts';
import { serviceNames } from '../target/running-target.ts';
import {
  type DocumentPath,
  type Mistake,
  readYaml,
  SchemaCheck,
  suggest,
  type YamlDocument,
} from '../target/yaml-document.ts';
import { parseDuration } from '../vocabulary/quantity.ts';
import { verbsFor, vocabularies, vocabularyNamed } from '../vocabulary/vocabularies.ts';
import type { GivenActor, Vocabulary } from '../vocabulary/vocabulary.ts';
import { type Case, type Step, type Suite, verbSteps } from './case.ts';
import type { Catalogue, Requirement } from './catalogue.ts';
import { compileSteps, type Scope, safePlaceholders } from './compile-steps.ts';
import { fillRow, type Row, rowsOf } from './each.ts';
import { type CaseText, type SuiteText, suiteOutline } from './suite.schema.ts';

/** A case is over after this long unless it says otherwise, in milliseconds. */
export const defaultBudgetMs = 30_000;

interface Shelf {
  catalogues: readonly Catalogue[];
  requirements: ReadonlyMap<string, Requirement>;
  /** Every case of the suites that ours are held against: `autobahn/6.4.1`. */
  peerCases: ReadonlySet<string>;
  mistakes: Mistake[];
  /** Case ids that are in use already, and where each stands: `file:line`. */
  taken: Map<string, string>;
}

const outline = new SchemaCheck<SuiteText>(suiteOutline);

/** The text of a suite, with gaps for cases that cannot be read. */
type SoundText = Omit<SuiteText, 'cases'> & { cases: (CaseText | undefined)[] };

/** Reads one suite file into its cases, one per row of `each`; what is wrong goes to `shelf.mistakes`. */
export function readSuite(file: string, shelf: Shelf): Case[] {
  const document = readYaml(file, outline);
  shelf.mistakes.push(...document.mistakes);
  const text = document.value ?? soundPart(document.raw);
  if (!text) return [];
  const reader = new SuiteReader(document, text, shelf);
  return text.cases.flatMap((one, index) => (one ? reader.readCase(one, index) : []));
}

/**
 * What can be read of a file whose outline is wrong, so that the mistakes further inside are said along with those
 * of the outline: without unknown keys, and with a gap for each case that is wrong itself.
 */
function soundPart(raw: unknown): SoundText | undefined {
  const { properties } = suiteOutline;
  const { cases, ...head } = knownOf(raw, properties);
  if (!Array.isArray(cases)) return undefined;
  const oneCase = new SchemaCheck<CaseText>(properties.cases.items);
  const sound = cases.map((one: unknown) => {
    const known = knownOf(one, properties.cases.items.properties);
    return oneCase.accepts(known) ? known : undefined;
  });
  const some = { ...head, cases: sound.filter((one) => one !== undefined) };
  return outline.accepts(some) ? { ...some, cases: sound } : undefined;
}

function knownOf(raw: unknown, properties: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(Object(raw)).filter(([key]) => Object.hasOwn(properties, key)));
}

class SuiteReader {
  readonly #document: YamlDocument<SuiteText>;
  readonly #text: SoundText;
  readonly #shelf: Shelf;
  readonly #suite: Suite | undefined;
  /** Mistakes said already: a case with `each` is compiled once per row. */
  readonly #said = new Set<string>();

  constructor(document: YamlDocument<SuiteText>, text: SoundText, shelf: Shelf) {
    this.#document = document;
    this.#text = text;
    this.#shelf = shelf;
    this.#suite = this.#readHead();
  }

  #report: Scope['report'] = (path, text, options = {}) => {
    const { hint, ...others } = options;
    const mistake = this.#document.mistake(path, text, {
      ...others,
      ...(hint === undefined ? {} : { hint }),
    });
    const key = `${mistake.line}:${mistake.column}:${text}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#shelf.mistakes.push(mistake);
  };

  #readHead(): Suite | undefined {
    const { suite: name, title, spec, uses, heavy } = this.#text;
    const usable = vocabularies.filter((one) => one.actors).map((one) => one.name);
    const vocabulary = vocabularyNamed(uses);
    if (!vocabulary?.actors) {
      this.#report(['uses'], `\`${uses}\` is no vocabulary of actors`, { hint: suggest(uses, usable) });
      return undefined;
    }
    const known = this.#shelf.catalogues.map((catalogue) => catalogue.specification);
    if (!known.includes(spec))
      this.#report(['spec'], `no catalogue is called \`${spec}\``, { hint: suggest(spec, known) });
    this.#checkNeeds(this.#text.needs, ['needs']);
    this.#checkOver(this.#text.over, ['over'], vocabulary);
    const suite = { name, title, specification: spec, vocabulary, file: this.#document.file };
    return heavy === undefined ? suite : { ...suite, heavy };
  }

  readCase(text: CaseText, index: number): Case[] {
    const suite = this.#suite;
    if (!suite) return [];
    const path: DocumentPath = ['cases', index];
    const definition = this.#document.linesOf(path);
    return this.#rows(text, path).flatMap((row) => {
      const filled = fillRow(
        {
          id: text.id,
          title: text.title,
          covers: text.covers,
          equals: text.equals,
          needs: text.needs,
          given: text.given,
          steps: text.steps,
        },
        row,
      );
      const covers = this.#covers(filled.covers, path);
      this.#checkNeeds(filled.needs, [...path, 'needs']);
      this.#checkOver(text.over, [...path, 'over'], suite.vocabulary);
      const id = `${suite.name}/${filled.id}`;
      this.#checkId(id, String(filled.id), path);
      const given = this.#given(filled.given, suite.vocabulary, path);
      const scope: Scope = {
        document: this.#document,
        actors: [...given.keys()],
        vocabulary: suite.vocabulary,
        verbs: verbsFor(suite.vocabulary),
        bound: new Set(['domain', ...serviceNames]),
        report: this.#report,
      };
      const steps = compileSteps(filled.steps, [...path, 'steps'], scope);
      const disturbing = serverVerbs(steps);
      const needs = [
        ...(suite.vocabulary.actors?.needs(given) ?? []),
        ...(this.#text.needs ?? []),
        ...(filled.needs ?? []),
        ...servicesNamed(steps),
        ...disturbing.map((verb) => controlNeeded[verb] ?? 'restart'),
      ].filter(isCapability);
      return {
        id,
        suite,
        title: String(filled.title),
        covers,
        equals: this.#equals(filled.equals, path),
        level: strongest(covers),
        needs: [...new Set(needs)],
        given,
        over: text.over ?? this.#text.over ?? suite.vocabulary.actors?.transports?.slice(0, 1) ?? [],
        steps,
        budgetMs: (text.budget && parseDuration(text.budget)) || defaultBudgetMs,
        alone: disturbing.length > 0 || this.#text.alone !== undefined,
        position: { file: this.#document.file, ...this.#document.positionOf(path) },
        definition,
      };
    });
  }

  #rows(text: CaseText, path: DocumentPath): Row[] {
    if (text.each === undefined) return [{}];
    const empty = Array.isArray(text.each)
      ? text.each.length === 0 && [...path, 'each']
      : Object.entries(text.each).flatMap(([key, values]) =>
          Array.isArray(values) && values.length === 0 ? [[...path, 'each', key]] : [],
        )[0];
    if (empty) {
      this.#report(empty, '`each` with an empty list makes no case', {
        hint: 'list the values, or leave it out',
      });
      return [];
    }
    return rowsOf(text.each);
  }

  #covers(ids: CaseText['covers'], path: DocumentPath): Requirement[] {
    return ids.flatMap((id, index) => {
      const requirement = this.#shelf.requirements.get(id);
      if (!requirement) {
        const hint = suggest(
          id,
          [...this.#shelf.requirements.keys()].filter((one) => nearby(one, id)),
        );
        this.#report([...path, 'covers', index], `no catalogue holds the requirement \`${id}\``, { hint });
        return [];
      }
      if (requirement.untestable !== undefined)
        this.#report([...path, 'covers', index], `\`${id}\` is listed as untestable`, {
          hint: `its catalogue says: ${requirement.untestable}`,
        });
      return [requirement];
    });
  }

  #equals(named: CaseText['equals'], path: DocumentPath): string[] {
    const ids = named === undefined ? [] : [named].flat().map(String);
    for (const id of ids)
      if (!this.#shelf.peerCases.has(id))
        this.#report([...path, 'equals'], `no suite that ours are held against has the case \`${id}\``, {
          hint: suggest(id, [...this.#shelf.peerCases]),
        });
    return ids;
  }

  #checkId(id: string, ownId: string, path: DocumentPath): void {
    if (!/^[a-z0-9]+([.-]+[a-z0-9]+)*$/i.test(ownId))
      this.#report([...path, 'id'], `\`${ownId}\` is no case id`, {
        hint: 'letters, digits, hyphens and dots; values of `each` in braces',
      });
    const other = this.#shelf.taken.get(id);
    if (other !== undefined)
      this.#report([...path, 'id'], `the case id \`${id}\` is there twice`, {
        hint: `the other one stands at ${other}; with \`each\`, name its values in the id`,
      });
    const { file } = this.#document;
    this.#shelf.taken.set(id, `${relative(process.cwd(), file)}:${this.#document.positionOf(path).line}`);
  }

  #checkNeeds(needs: readonly string[] | undefined, path: DocumentPath): void {
    for (const [index, capability] of (needs ?? []).entries())
      if (!isCapability(capability))
        this.#report([...path, index], `\`${capability}\` is no known capability`, {
          hint: suggest(capability, capabilityNames),
        });
  }

  #checkOver(over: readonly string[] | undefined, path: DocumentPath, { name, actors }: Vocabulary): void {
    const transports = actors?.transports ?? [];
    for (const [index, transport] of (over ?? []).entries())
      if (!transports.includes(transport))
        this.#report([...path, index], `\`${transport}\` is no transport of the vocabulary \`${name}\``, {
          hint: suggest(transport, transports),
        });
  }

  #given(raw: unknown, vocabulary: Vocabulary, path: DocumentPath): Map<string, GivenActor> {
    const given = new Map<string, GivenActor>();
    const kind = vocabulary.actors;
    if (!kind || raw === undefined) return given;
    const states = kind.states.map((state) => state.name);
    const check = givenCheck(vocabulary);
    for (const [name, value] of Object.entries(raw as Record<string, unknown>)) {
      const at = [...path, 'given', name];
      for (const problem of check.problems(value))
        this.#report([...at, ...problem.path], problem.text, { hint: problem.hint, part: problem.part });
      if (name === 'server' || name === 'network')
        this.#report(at, `\`${name}\` cannot be an actor's name`, { part: 'key' });
      const { state = states.at(-1), ...options } = (
        typeof value === 'string' ? { state: value } : (value ?? {})
      ) as Record<string, unknown>;
      given.set(name, { name, state: String(state), options });
    }
    return given;
  }
}

const givenChecks = new Map<string, SchemaCheck<unknown>>();

function givenCheck(vocabulary: Vocabulary): SchemaCheck<unknown> {
  let check = givenChecks.get(vocabulary.name);
  if (!check) {
    check = new SchemaCheck(givenSchema(vocabulary));
    givenChecks.set(vocabulary.name, check);
  }
  return check;
}

/** JSON Schema of what `given` may say of one actor: a state, or a map of state and options. */
export function givenSchema(vocabulary: Vocabulary): object {
  const state = { enum: vocabulary.actors?.states.map((one) => one.name) ?? [] };
  const properties = { state, ...vocabulary.actors?.options };
  return { anyOf: [state, { type: 'object', properties, additionalProperties: false }] };
}

const controlNeeded: Record<string, string> = {
  restarts: 'restart',
  pauses: 'pause',
  resumes: 'pause',
  'is killed': 'kill',
};

function isCapability(name: string): name is CapabilityName {
  return (capabilityNames as readonly string[]).includes(name);
}

/** The phrases of the steps that disturb the server as a whole. */
function serverVerbs(steps: readonly Step[]): string[] {
  return verbSteps(steps).flatMap(({ subject, verb }) => (subject === 'server' ? [verb.phrase] : []));
}

/** The services whose addresses the steps name. */
function servicesNamed(steps: readonly Step[]): string[] {
  const named = verbSteps(steps).flatMap(({ value }) => safePlaceholders(value));
  return serviceNames.filter((name) => named.some((one) => one.kind === 'name' && one.name === name));
}

function strongest(covers: readonly Requirement[]): Case['level'] {
  const levels = covers.map((requirement) => requirement.level);
  return levels.includes('MUST') ? 'MUST' : levels.includes('SHOULD') ? 'SHOULD' : 'MAY';
}

/** Of the same catalogue: what a misspelt requirement id can have meant. */
function nearby(candidate: string, written: string): boolean {
  return candidate.split('/')[0] === written.split('/')[0] || !written.includes('/');
}
