import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import { nearest } from './mistake.ts';

/** Where a value stands in a document: keys and list positions from the top. */
export type DocumentPath = readonly (string | number)[];

/** One way in which a value breaks its schema, in words for the person who wrote the value. */
export interface Problem {
  path: DocumentPath;
  /** Whether the key at that path is to blame, or what it holds. */
  part: 'key' | 'value';
  text: string;
  hint?: string;
}

const settings = {
  allErrors: true,
  verbose: true,
  strict: true,
  // The schemas are Touchstone's own and checked by its tests: doing it at every start takes a second.
  meta: false,
  validateSchema: false,
  strictRequired: false,
  strictTypes: false,
  // To shorten the code that ajv makes takes longer than it saves.
  code: { optimize: false },
} as const;

/** For all schemas that stand alone: making one costs as much as compiling many a schema. */
const common = new Ajv2020(settings);

/**
 * A JSON Schema (2020-12) that explains itself: of the branches of `anyOf` and `oneOf` it answers for the one
 * that the value was most likely meant for. Schemas that `$ref` names by `$id` are handed over as `references`.
 * Throws an `Error` when the schema itself is wrong.
 */
export class SchemaCheck<Value> {
  readonly #ajv: Ajv2020;
  readonly #definitions: unknown;
  readonly #validate: ValidateFunction<Value>;
  readonly #branches = new Map<unknown, ValidateFunction>();

  constructor(schema: object, references: readonly object[] = []) {
    this.#ajv = references.length === 0 ? common : new Ajv2020(settings);
    for (const reference of references) this.#ajv.addSchema(reference);
    this.#definitions = '$defs' in schema ? schema.$defs : undefined;
    this.#validate = this.#ajv.compile<Value>(schema);
  }

  /** Whether the value keeps the schema. */
  accepts(value: unknown): value is Value {
    return this.#validate(value);
  }

  /** Everything about the value that breaks the schema; empty when nothing does. */
  problems(value: unknown): Problem[] {
    if (this.#validate(value)) return [];
    return withoutRepeats(this.#explain(this.#validate.errors ?? [], []));
  }

  #explain(errors: readonly ErrorObject[], above: DocumentPath): Problem[] {
    const choices = errors.filter((error) => error.keyword === 'anyOf' || error.keyword === 'oneOf');
    const outermost = choices.filter(
      (choice) => !choices.some((other) => other !== choice && isWithin(choice, other)),
    );
    const plain = errors.filter(
      (error) => !choices.includes(error) && !outermost.some((choice) => isWithin(error, choice)),
    );
    return [
      ...plain.flatMap((error) => describe(error, above)),
      ...outermost.flatMap((choice) => this.#explainChoice(choice, above)),
    ];
  }

  #explainChoice(choice: ErrorObject, above: DocumentPath): Problem[] {
    const path = [...above, ...pathOf(choice)];
    if (!Array.isArray(choice.schema)) return [];
    const attempts = choice.schema.map((branch: unknown) => {
      const validate = this.#branch(branch);
      validate(choice.data);
      return validate.errors ?? [];
    });
    const required = choice.schema.map(requiredKey);
    if (attempts.some((errors) => errors.length === 0)) {
      const rivals = required.filter(
        (key, index): key is string => key !== undefined && attempts[index]?.length === 0,
      );
      const text =
        rivals.length > 1 ? `only ${oneOf(rivals)} may be there` : 'it can be read in more than one way';
      return [{ path, part: 'value', text }];
    }
    if (required.every((key) => key !== undefined)) {
      return [{ path, part: 'key', text: `${oneOf(required)} is missing` }];
    }
    const ofRightType = attempts.filter((errors) => !errors.some(isWrongKind));
    if (ofRightType.length === 0) return [severalKinds(attempts, choice, path)];
    const explained = ofRightType.map((errors) => this.#explain(errors, path));
    return explained.reduce((best, next) => (cost(next, path) < cost(best, path) ? next : best));
  }

  #branch(branch: unknown): ValidateFunction {
    let validate = this.#branches.get(branch);
    if (validate === undefined) {
      validate = this.#ajv.compile({
        allOf: [branch],
        ...(this.#definitions ? { $defs: this.#definitions } : {}),
      });
      this.#branches.set(branch, validate);
    }
    return validate;
  }
}

/** The key of a branch that asks for nothing but one key. */
function requiredKey(branch: unknown): string | undefined {
  if (typeof branch !== 'object' || branch === null || Object.keys(branch).join() !== 'required')
    return undefined;
  const keys: unknown = Reflect.get(branch, 'required');
  return Array.isArray(keys) && keys.length === 1 ? String(keys[0]) : undefined;
}

/** Whether the error was met inside a branch of that choice. */
function isWithin(error: ErrorObject, choice: ErrorObject): boolean {
  if (error.parentSchema === choice.parentSchema) return false;
  const inside =
    error.instancePath === choice.instancePath || error.instancePath.startsWith(`${choice.instancePath}/`);
  if (!inside) return false;
  const owner = choice.schemaPath.slice(0, choice.schemaPath.lastIndexOf('/'));
  // A sibling keyword of the choice lies under the same schema, but not under the choice; what `$ref` led to
  // lies elsewhere and is taken for part of the choice.
  const beside =
    error.schemaPath.startsWith(`${owner}/`) && !error.schemaPath.startsWith(`${choice.schemaPath}/`);
  return !beside;
}

/** Whether the branch wants another kind of value altogether, at its very top. */
function isWrongKind(error: ErrorObject): boolean {
  return error.instancePath === '' && ['type', 'const', 'enum'].includes(error.keyword);
}

/** How far a branch is from the value: mistakes at its top weigh more than those deep inside. */
function cost(problems: readonly Problem[], path: DocumentPath): number {
  return problems.reduce((sum, problem) => sum + (problem.path.length <= path.length + 1 ? 10 : 1), 0);
}

function severalKinds(
  attempts: readonly (readonly ErrorObject[])[],
  choice: ErrorObject,
  path: DocumentPath,
): Problem {
  const top = attempts.flat().filter(isWrongKind);
  const words = [...new Set(top.flatMap((error) => allowedWords(error)))];
  const kinds = [
    ...new Set(top.filter((error) => error.keyword === 'type').flatMap((error) => kindsOf(error))),
  ];
  const expected = [...(words.length > 0 ? [oneOf(words)] : []), ...kinds];
  const text = `expected ${expected.join(' or ')}, found ${show(choice.data)}`;
  return { path, part: 'value', text, ...suggestion(choice.data, words) };
}

type Describe = (error: ErrorObject, path: DocumentPath) => Problem | undefined;

const descriptions: Record<string, Describe> = {
  additionalProperties: (error, path) => unknownKey(error, path, error.params.additionalProperty),
  unevaluatedProperties: (error, path) => unknownKey(error, path, error.params.unevaluatedProperty),
  required: (error, path) => missingKey(path, error.params.missingProperty),
  dependentRequired: (error, path) => ({
    ...missingKey(path, error.params.missingProperty),
    hint: `\`${error.params.property}\` needs it`,
  }),
  enum: wrongWord,
  const: wrongWord,
  type: (error, path) => ({
    path,
    part: 'value',
    text: `expected ${kindsOf(error).join(' or ')}, found ${show(error.data)}`,
  }),
  pattern: (error, path) => ({
    path,
    part: 'value',
    text: `${show(error.data)} is not in the right form`,
    hint: purpose(error) ?? `expected the form ${error.params.pattern}`,
  }),
  minItems: (_error, path) => ({ path, part: 'value', text: 'this list has too few items' }),
  maxItems: (_error, path) => ({ path, part: 'value', text: 'this list has too many items' }),
  minProperties: (error, path) => ({
    path,
    part: 'value',
    text: 'this map has too few keys',
    ...allowedHere(keysOf(error)),
  }),
  maxProperties: (error, path) => ({
    path,
    part: 'value',
    text: `this map may have only ${error.params.limit} of its keys`,
    hint: `it has ${oneOf(Object.keys(Object(error.data)))}`,
  }),
  minLength: (_error, path) => ({ path, part: 'value', text: 'this text is too short' }),
  uniqueItems: (error, path) => ({
    path: [...path, error.params.i],
    part: 'value',
    text: 'this item is there twice',
  }),
  // The error inside `propertyNames` says more than the keyword itself.
  propertyNames: () => undefined,
  if: () => undefined,
};

function describe(error: ErrorObject, above: DocumentPath): Problem[] {
  const path = [...above, ...pathOf(error)];
  if (error.propertyName !== undefined) {
    const hint = purpose(error);
    const key = `\`${error.propertyName}\` is not a possible key here`;
    return [{ path: [...path, error.propertyName], part: 'key', text: key, ...(hint ? { hint } : {}) }];
  }
  const known = descriptions[error.keyword];
  const problem: Problem | undefined = known
    ? known(error, path)
    : { path, part: 'value', text: `${show(error.data)} ${error.message ?? 'is not allowed'}` };
  return problem ? [problem] : [];
}

function unknownKey(error: ErrorObject, path: DocumentPath, key: string): Problem {
  const keys = keysOf(error);
  const meant = nearest(key, keys);
  const hint = meant === undefined ? allowedHere(keys) : { hint: `did you mean \`${meant}\`?` };
  return { path: [...path, key], part: 'key', text: `unknown key \`${key}\``, ...hint };
}

function missingKey(path: DocumentPath, key: string): Problem {
  return { path, part: 'key', text: `\`${key}\` is missing` };
}

function wrongWord(error: ErrorObject, path: DocumentPath): Problem {
  const words = allowedWords(error);
  const text = `expected ${oneOf(words)}, found ${show(error.data)}`;
  return { path, part: 'value', text, ...suggestion(error.data, words) };
}

function suggestion(value: unknown, words: readonly string[]): { hint?: string } {
  const meant = typeof value === 'string' ? nearest(value, words) : undefined;
  return meant === undefined ? {} : { hint: `did you mean \`${meant}\`?` };
}

function allowedHere(keys: readonly string[]): { hint?: string } {
  return keys.length === 0 ? {} : { hint: `allowed here: ${keys.join(', ')}` };
}

function keysOf(error: ErrorObject): string[] {
  const properties: unknown = error.parentSchema?.properties;
  return typeof properties === 'object' && properties !== null ? Object.keys(properties) : [];
}

function allowedWords(error: ErrorObject): string[] {
  if (error.keyword === 'const') return [String(error.params.allowedValue)];
  if (error.keyword === 'enum') return error.params.allowedValues.map(String);
  return [];
}

function purpose(error: ErrorObject): string | undefined {
  const description: unknown = error.parentSchema?.description;
  return typeof description === 'string' ? description : undefined;
}

const kindWords: Record<string, string> = {
  array: 'a list',
  object: 'a map',
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  null: 'nothing',
};

function kindsOf(error: ErrorObject): string[] {
  return [error.params.type].flat().map((type) => kindWords[String(type)] ?? String(type));
}

function oneOf(words: readonly string[]): string {
  const quoted = words.map((word) => `\`${word}\``);
  return quoted.length === 1 ? (quoted[0] ?? '') : `one of ${quoted.join(', ')}`;
}

function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a map';
  const text = String(value);
  return `\`${text.length > 60 ? `${text.slice(0, 57)}...` : text}\``;
}

function pathOf(error: ErrorObject): DocumentPath {
  if (error.instancePath === '') return [];
  const steps = error.instancePath.slice(1).split('/');
  return steps.map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function withoutRepeats(problems: readonly Problem[]): Problem[] {
  const seen = new Map<string, Problem>();
  for (const problem of problems) {
    const key = JSON.stringify([problem.path, problem.text]);
    if (!seen.has(key)) seen.set(key, problem);
  }
  return [...seen.values()];
}
