/** A value as JSON has it. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const wholeName = /^\{([a-z][a-z0-9]*)\}$/;
const wholeCapture = /^\{([a-z][a-z0-9]*)=\*\}$/;

/** The shape with every `{name}` filled in; a text that is nothing but `{name}` becomes the value itself. */
export function fillShape(shape: unknown, values: ReadonlyMap<string, Json>): Json {
  if (typeof shape === 'string') {
    const name = wholeName.exec(shape)?.[1];
    if (name !== undefined && values.has(name)) return values.get(name) ?? null;
    return shape.replace(/\{([a-z][a-z0-9]*)\}/g, (braces, key: string) =>
      values.has(key) ? String(values.get(key)) : braces,
    );
  }
  if (Array.isArray(shape)) return shape.map((item) => fillShape(item, values));
  if (shape === null || typeof shape !== 'object') return shape as Json;
  return Object.fromEntries(
    Object.entries(shape).flatMap(([key, value]) => {
      const optional = typeof value === 'string' ? wholeName.exec(value)?.[1] : undefined;
      // What is not known is left out rather than sent as a name in braces.
      if (optional !== undefined && !values.has(optional)) return [];
      return [[key, fillShape(value, values)] as const];
    }),
  );
}

/** What the captures hold when a value has the shape; undefined when it has not. More keys may be there. */
export function matchShape(
  shape: unknown,
  actual: unknown,
  known: ReadonlyMap<string, Json> = new Map(),
): Map<string, Json> | undefined {
  const captured = new Map<string, Json>();
  return fits(shape, actual, known, captured) ? captured : undefined;
}

function fits(
  shape: unknown,
  actual: unknown,
  known: ReadonlyMap<string, Json>,
  captured: Map<string, Json>,
): boolean {
  if (typeof shape === 'string') {
    const capture = wholeCapture.exec(shape)?.[1];
    if (capture !== undefined) {
      if (actual === undefined) return false;
      captured.set(capture, actual as Json);
      return true;
    }
    return fillShape(shape, known) === actual;
  }
  if (Array.isArray(shape))
    return (
      Array.isArray(actual) &&
      shape.length === actual.length &&
      shape.every((item, index) => fits(item, actual[index], known, captured))
    );
  if (shape === null || typeof shape !== 'object') return shape === actual;
  if (actual === null || typeof actual !== 'object' || Array.isArray(actual)) return false;
  return Object.entries(shape).every(
    ([key, value]) =>
      Object.hasOwn(actual, key) && fits(value, (actual as Record<string, unknown>)[key], known, captured),
  );
}

/** Whether no value lies inside more than so many arrays and objects. */
export function nestsAtMost(value: unknown, depth: number): boolean {
  if (value === null || typeof value !== 'object') return true;
  return depth > 0 && Object.values(value).every((inner) => nestsAtMost(inner, depth - 1));
}
