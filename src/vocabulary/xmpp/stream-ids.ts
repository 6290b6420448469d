/**
 * How ids that a server made one after another can be foretold (RFC 6120 section 4.7.3): one comes twice, they grow or
 * shrink from each to the next in some reading of them, or they all lie at the same distance. Ids at random do none of
 * that but for a chance of one in many millions, from a dozen of them on.
 */
export function foretold(ids: readonly string[]): string | undefined {
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) return `${twice} came twice`;
  for (const { name, read } of readings) {
    const numbers = ids.map(read);
    if (!numbers.every((number) => number !== undefined)) continue;
    if (isMonotonic(numbers)) return `read as ${name}, each lies on the same side of the one before it`;
  }
  return undefined;
}

const readings: readonly { name: string; read: (id: string) => bigint | undefined }[] = [
  { name: 'text', read: (id) => number(`0x${Buffer.from(id).toString('hex')}`) },
  { name: 'the first number in them', read: (id) => number(/\d+/.exec(id)?.[0]) },
  { name: 'the last number in them', read: (id) => number(/\d+(?=\D*$)/.exec(id)?.[0]) },
  {
    name: 'hexadecimal',
    read: (id) => number(/^[0-9a-f-]+$/i.test(id) ? `0x${id.replace(/-/g, '')}` : undefined),
  },
  {
    name: 'base64',
    read: (id) =>
      number(/^[\w+/-]{4,}=*$/.test(id) ? `0x${Buffer.from(id, 'base64').toString('hex')}` : undefined),
  },
];

function number(digits: string | undefined): bigint | undefined {
  return digits === undefined || digits === '0x' || digits === '0x-' ? undefined : BigInt(digits);
}

function isMonotonic(numbers: readonly bigint[]): boolean {
  const signs = new Set<number>();
  for (const [index, one] of numbers.entries()) {
    const before = numbers[index - 1];
    if (before !== undefined) signs.add(one > before ? 1 : one < before ? -1 : 0);
  }
  // A part that stays the same tells nothing: what makes the ids differ stands elsewhere in them.
  return signs.size === 1 && !signs.has(0);
}
