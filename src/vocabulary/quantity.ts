const milliseconds: Record<string, number> = { ms: 1, s: 1_000, min: 60_000 };
const octets: Record<string, number> = { B: 1, kB: 1_000, KiB: 1_024, MB: 1_000_000, MiB: 1_048_576 };

export const durationPattern = '^\\d+(\\.\\d+)?(ms|s|min)$';
export const sizePattern = '^\\d+(\\.\\d+)?(B|kB|KiB|MB|MiB)$';

/** JSON Schema of a number of octets. */
export const sizeSchema = {
  anyOf: [
    { type: 'integer', minimum: 0 },
    { type: 'string', pattern: sizePattern },
    { type: 'string', pattern: '^\\d+$' },
  ],
} as const;

/** `250ms`, `2s`, `1min` in milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  return parse(text, milliseconds);
}

/** A number of octets: `65536`, `64KiB`, `1MiB`; undefined for anything else. */
export function parseSize(size: number | string): number | undefined {
  if (typeof size === 'number') return size;
  return /^\d+$/.test(size) ? Number(size) : parse(size, octets);
}

function parse(text: string, units: Record<string, number>): number | undefined {
  const [, digits, unit] = /^(\d+(?:\.\d+)?)([A-Za-z]+)$/.exec(text) ?? [];
  const factor = unit === undefined ? undefined : units[unit];
  return digits === undefined || factor === undefined ? undefined : Math.round(Number(digits) * factor);
}
