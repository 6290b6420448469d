// XML 1.0 (fifth edition), productions 4 and 4a.
const nameStartCharacters =
  ':A-Z_a-z\\xC0-\\xD6\\xD8-\\xF6\\xF8-\\u02FF\\u0370-\\u037D\\u037F-\\u1FFF\\u200C\\u200D\\u2070-\\u218F\\u2C00-\\u2FEF\\u3001-\\uD7FF\\uF900-\\uFDCF\\uFDF0-\\uFFFD\\u{10000}-\\u{EFFFF}';
const nameCharacters = `${nameStartCharacters}\\-.0-9\\xB7\\u0300-\\u036F\\u203F-\\u2040`;

/** Matches, at its `lastIndex`, a character that a name can begin with. */
export const nameStart = new RegExp(`[${nameStartCharacters}]`, 'uy');
/** Matches, at its `lastIndex`, as much as goes on with a name: perhaps nothing. */
export const nameRest = new RegExp(`[${nameCharacters}]*`, 'uy');
/** As `nameRest`, of a reference: `#` belongs to those to characters. */
export const referenceRest = new RegExp(`[#${nameCharacters}]*`, 'uy');

const wholeName = new RegExp(`^[${nameStartCharacters}][${nameCharacters}]*$`, 'u');

function isName(text: string): boolean {
  return wholeName.test(text);
}

/** Production 2 of XML 1.0: what is none of its characters. A surrogate alone is none. */
export const noCharacter = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/** Of a reference, between `&` and `;`. Zeros can make one to a character as long as one likes. */
export const longestReference = 64;

/** The entities of XML itself. Without a prototype, lest `&constructor;` be one of them. */
const predefinedEntities: Record<string, string | undefined> = Object.assign(Object.create(null), {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
});

/**
 * What stands for a reference, which is what is between its `&` and its `;`. Undefined where that refers to no character
 * or is no name, `undeclared` where it is the name of an entity that XML itself does not have.
 */
export function characterOf(reference: string): string | undefined {
  const digits = /^#(?:x([0-9a-fA-F]+)|([0-9]+))$/.exec(reference);
  if (!digits) return isName(reference) ? (predefinedEntities[reference] ?? 'undeclared') : undefined;
  const [, hexadecimal, decimal] = digits;
  const code = hexadecimal === undefined ? Number(decimal) : Number.parseInt(hexadecimal, 16);
  if (code > 0x10_ffff) return undefined;
  const character = String.fromCodePoint(code);
  return noCharacter.test(character) ? undefined : character;
}

/** What stands between `<?xml` and `?>`. */
export interface XmlDeclaration {
  version?: string;
  encoding?: string;
  standalone?: string;
}

const equals = '[ \\t\\n]*=[ \\t\\n]*';
const declaration = new RegExp(
  `^[ \\t\\n]+version${equals}(["'])(?<version>1\\.[0-9]+)\\1` +
    `(?:[ \\t\\n]+encoding${equals}(["'])(?<encoding>[A-Za-z][A-Za-z0-9._-]*)\\3)?` +
    `(?:[ \\t\\n]+standalone${equals}(["'])(?<standalone>yes|no)\\5)?[ \\t\\n]*\\?$`,
);

/** Reads what stands between `<?xml` and `>` (production 23 of XML 1.0); undefined where it is no declaration. */
export function declarationOf(text: string): XmlDeclaration | undefined {
  const { groups } = declaration.exec(text) ?? {};
  return groups && Object.fromEntries(Object.entries(groups).filter(([, value]) => value !== undefined));
}
