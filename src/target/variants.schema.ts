import { capabilityNames } from './capabilities.ts';

/** The schema of `variants`, as far as its type goes: what a variant holds is checked once it is put into the file. */
export interface VariantsSchema {
  readonly type: 'object';
  readonly additionalProperties: { readonly type: 'object' };
}

const claims = { type: 'array', uniqueItems: true, minItems: 1, items: { enum: capabilityNames } } as const;

/** The schema of `variants`: each may say again what the file says of its server, in the same shape. */
export function variantsSchema(own: object, name: object): VariantsSchema {
  const { target: _name, title, accounts, claims: _claims, ...others } = own as Record<string, unknown>;
  const schema = {
    type: 'object',
    description:
      'Other versions or configurations of the server, by name (in quotes where it looks like a number). Each says what is different',
    minProperties: 1,
    propertyNames: { ...name, description: 'the name of the variant, as in --target my-server@1.0' },
    additionalProperties: {
      type: 'object',
      description:
        'What is different: maps are merged, anything else takes the place of what the file says, and null takes it away',
      required: ['title'],
      additionalProperties: false,
      properties: {
        title,
        ...(loosened(others) as object),
        accounts,
        claims: {
          type: 'object',
          description: 'How its claims differ',
          additionalProperties: false,
          minProperties: 1,
          properties: {
            also: { ...claims, description: 'What this variant claims beside what the file claims' },
            not: { ...claims, description: 'What the file claims and this variant does not' },
          },
        },
      },
    },
  } as const;
  return schema;
}

const demands: ReadonlySet<string> = new Set(['required', 'minProperties', 'dependentRequired']);

/** The schema without what asks for company: a part of what it describes will do, and so will null. */
function loosened(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const kept = Object.entries(schema).filter(([key, value]) => !demands.has(key) && !isChoiceOfKeys(value));
  const parts = kept.map(([key, value]) => {
    if (key === 'type' && typeof value === 'string') return [key, [value, 'null']];
    // Of what has several shapes one is taken as it is.
    return [key, key === 'oneOf' || key === 'propertyNames' ? value : loosened(value)];
  });
  return Object.fromEntries(parts);
}

/** `oneOf` that only says which keys exclude each other. */
function isChoiceOfKeys(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.every((branch) => Object.keys(Object(branch)).join() === 'required')
  );
}
