const rowName = '\\{[A-Za-z][\\w-]*\\}';

/** JSON Schema of a value of `each` that stands in or for what is expected: `{length}`, `TLSv{version}`. */
export const rowValue = { type: 'string', pattern: rowName } as const;

/** Of a sentence with a value of `each` in it, only the row knows the verb. */
export const rowSentence = `^[^{]*${rowName}|^\\{`;

type Schema = Record<string, unknown>;

/**
 * The schema as it holds before the rows of `each` are filled in: wherever it asks for more than a text, a name in
 * braces may stand too, and such a name may be in a key. `reference` leads to `rowValue`.
 */
export function withRowValues(schema: unknown, reference: string): unknown {
  if (!isSchema(schema) || isAnyText(schema)) return schema;
  const { description, ...rest } = withinOf(schema, reference);
  return {
    ...(description === undefined ? {} : { description }),
    anyOf: [
      { $ref: reference },
      ...(Object.keys(rest).join() === 'anyOf' ? (rest.anyOf as object[]) : [rest]),
    ],
  };
}

/** The same inside the schema, without the choice at its top. */
function withinOf(schema: Schema, reference: string): Schema {
  const inner = (value: unknown) => withRowValues(value, reference);
  const changed = Object.fromEntries(
    Object.entries(schema).map(([keyword, value]) => {
      if (maps.has(keyword) && isSchema(value))
        return [keyword, Object.fromEntries(Object.entries(value).map(([key, one]) => [key, inner(one)]))];
      if (choices.has(keyword) && Array.isArray(value)) {
        const branches = value.map((one: unknown) => (isSchema(one) ? withinOf(one, reference) : one));
        // Two branches can be open as long as a name in braces stands for what tells them apart.
        return [keyword === 'oneOf' ? 'anyOf' : keyword, branches];
      }
      if (keyword === 'prefixItems' && Array.isArray(value)) return [keyword, value.map(inner)];
      return [keyword, schemas.has(keyword) ? inner(value) : value];
    }),
  );
  if (schema.type === 'object' && schema.additionalProperties === false)
    changed.patternProperties = { ...Object(changed.patternProperties), [`^${rowName}$`]: {} };
  return changed;
}

const maps = new Set(['properties', 'patternProperties']);
const choices = new Set(['anyOf', 'oneOf', 'allOf']);
const schemas = new Set(['items', 'additionalProperties']);

function isSchema(value: unknown): value is Schema {
  return value !== null && typeof value === 'object' && !Array.isArray(value);
}

/** Whether every text keeps the schema, so that names in braces do already. */
function isAnyText(schema: Schema): boolean {
  const keywords = Object.keys(schema).filter((keyword) => keyword !== 'description');
  return keywords.length === 0 || (keywords.join() === 'type' && schema.type === 'string');
}
