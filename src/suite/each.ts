import type { CaseText } from './suite.schema.ts';

export type Row = Readonly<Record<string, unknown>>;

/**
 * The rows of `each`: a list of maps as it stands, a map of lists as every combination of their values, and a list
 * of lists of maps as every combination of their rows.
 */
export function rowsOf(each: NonNullable<CaseText['each']>): Row[] {
  if (Array.isArray(each)) {
    if (!Array.isArray(each[0])) return each as Row[];
    return (each as Row[][]).reduce((left, right) =>
      left.flatMap((one) => right.map((other) => ({ ...one, ...other }))),
    );
  }
  let rows: Row[] = [{}];
  for (const [key, values] of Object.entries(each)) {
    rows = rows.flatMap((row) => (values as unknown[]).map((value) => ({ ...row, [key]: value })));
  }
  return rows;
}

/** The value with the row's names filled in. A text that is nothing but `{name}` becomes the value itself. */
export function fillRow<T>(value: T, row: Row): T {
  return fill(value, row) as T;
}

function fill(value: unknown, row: Row): unknown {
  if (typeof value === 'string') return fillText(value, row);
  if (Array.isArray(value)) return value.map((item) => fill(item, row));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [fillKey(key, row), fill(item, row)]));
}

function fillKey(key: string, row: Row): string {
  return String(fillText(key, row));
}

function fillText(text: string, row: Row): unknown {
  if (!text.includes('{')) return text;
  for (const [key, value] of Object.entries(row)) if (text === `{${key}}`) return value;
  return text.replace(/(?<!\{)\{([A-Za-z][\w-]*)\}(?!\})/g, (braces, key: string) =>
    Object.hasOwn(row, key) ? String(row[key]) : braces,
  );
}
