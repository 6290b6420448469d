/** Characters that SASLprep maps to nothing: RFC 3454 table B.1. */
const toNothing = /\u034F|\u200D|[\u180B-\u180D]|[\uFE00-\uFE0F]|[\u00AD\u1806\u200B\u200C\u2060\uFEFF]/gu;

/** Spaces other than the ASCII one: RFC 3454 table C.1.2. (U+200B is also in B.1, and SASLprep maps it first to a space.) */
const toSpace = /[\u00A0\u1680\u2000-\u200B\u202F\u205F\u3000]/gu;

/** What RFC 4013 section 2.3 prohibits: RFC 3454 tables C.1.2, C.2.1, C.2.2 and C.3 to C.9. */
const prohibited =
  /\u0340|\u0341|[\u0000-\u001F\u007F-\u00A0\u06DD\u070F\u1680\u180E\u2000-\u200F\u2028-\u202F\u205F-\u2063\u206A-\u206F\u2FF0-\u2FFB\u3000\u{E001}\u{E0020}-\u{E007F}\u{1D173}-\u{1D17A}\uFEFF\uFFF9-\uFFFD\p{Co}\p{Cs}\p{Noncharacter_Code_Point}]/u;

/** Characters written from right to left: RFC 3454 table D.1. */
const rightToLeft =
  /[\u05BE\u05C0\u05C3\u05D0-\u05EA\u05F0-\u05F4\u061B\u061F\u0621-\u063A\u0640-\u064A\u066D-\u066F\u0671-\u06D5\u06DD\u06E5\u06E6\u06FA-\u06FE\u0700-\u070D\u0710\u0712-\u072C\u0780-\u07A5\u07B1\u200F\uFB1D\uFB1F-\uFB28\uFB2A-\uFB36\uFB38-\uFB3C\uFB3E\uFB40\uFB41\uFB43\uFB44\uFB46-\uFBB1\uFBD3-\uFD3D\uFD50-\uFD8F\uFD92-\uFDC7\uFDF0-\uFDFC\uFE70-\uFE74\uFE76-\uFEFC]/u;

export class SaslprepError extends Error {
  override readonly name = 'SaslprepError';
}

/**
 * Prepares a username or password (RFC 4013), as a query: code points that Unicode 3.2 did not assign are let
 * through. Throws SaslprepError for what it prohibits.
 *
 * Two things are approximate: NFKC is of the Unicode version that Node brings, not of 3.2; and letters written
 * from left to right (table D.2) are taken to be all letters that are not in table D.1.
 */
export function saslprep(text: string): string {
  const prepared = text.replace(toSpace, ' ').replace(toNothing, '').normalize('NFKC');
  const forbidden = prohibited.exec(prepared)?.[0];
  if (forbidden !== undefined) {
    const code = forbidden.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
    throw new SaslprepError(`SASLprep prohibits the character U+${code}`);
  }
  if (rightToLeft.test(prepared)) checkDirection([...prepared]);
  return prepared;
}

/** RFC 3454 section 6: text from right to left has nothing from left to right, and begins and ends with its own. */
function checkDirection(characters: string[]): void {
  const isLeftToRight = (character: string) => /\p{L}/u.test(character) && !rightToLeft.test(character);
  if (characters.some(isLeftToRight)) {
    throw new SaslprepError('SASLprep prohibits letters of both directions in one text');
  }
  if (rightToLeft.test(characters[0] ?? '') && rightToLeft.test(characters.at(-1) ?? '')) return;
  throw new SaslprepError('SASLprep wants text from right to left to begin and end with such a letter');
}
