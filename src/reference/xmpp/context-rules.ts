/**
 * The contextual rules of RFC 5892 appendix A: characters that only make sense, and are only allowed, beside certain
 * others.
 */

/** Viramas: what a consonant is joined to its neighbour by (canonical combining class 9). */
const virama =
  /[\u094D\u09CD\u0A4D\u0ACD\u0B4D\u0BCD\u0C4D\u0CCD\u0D3B\u0D3C\u0D4D\u0DCA\u0E3A\u0EBA\u0F84\u1039\u103A\u1714\u1734\u17D2\u1A60\u1B44\u1BAA\u1BAB\u1BF2\u1BF3\u2D7F\uA806\uA8C4\uA953\uA9C0\uAAF6\uABED]/u;

/** Letters that join to the one before them only: most of those of the Arabic script that do not join on. */
const joinsBackOnly =
  /[\u0622-\u0625\u0627\u0629\u062F-\u0632\u0648\u0671-\u0673\u0675-\u0677\u0688-\u0699\u06C0\u06C3-\u06CB\u06CD\u06CF\u06D2\u06D3\u06D5\u06EE\u06EF]/u;
const joins = /(?=\p{L})[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}]/u;
const isTransparent = (character: string | undefined) => /^\p{Mn}$/u.test(character ?? '');

type Rule = (all: readonly string[], at: number) => boolean;

const arabicDigits: Rule = (all) => !all.some((one) => /[\u06F0-\u06F9]/.test(one));
const extendedArabicDigits: Rule = (all) => !all.some((one) => /[\u0660-\u0669]/.test(one));
const afterHebrew: Rule = (all, at) => /^\p{Script=Hebrew}$/u.test(all[at - 1] ?? '');
const afterVirama: Rule = (all, at) => virama.test(all[at - 1] ?? '');

const rules: readonly [RegExp, Rule][] = [
  [/\u200C/, (all, at) => afterVirama(all, at) || betweenJoiningLetters(all, at)],
  [/\u200D/, afterVirama],
  [/\u00B7/, (all, at) => all[at - 1] === 'l' && all[at + 1] === 'l'],
  [/\u0375/, (all, at) => /^\p{Script=Greek}$/u.test(all[at + 1] ?? '')],
  [/[\u05F3\u05F4]/, afterHebrew],
  [/\u30FB/, (all) => all.some((one) => /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u.test(one))],
  [/[\u0660-\u0669]/, arabicDigits],
  [/[\u06F0-\u06F9]/, extendedArabicDigits],
];

function betweenJoiningLetters(all: readonly string[], at: number): boolean {
  const before = all.slice(0, at).findLast((one) => !isTransparent(one));
  const after = all.slice(at + 1).find((one) => !isTransparent(one));
  return joins.test(before ?? '') && !joinsBackOnly.test(before ?? '') && joins.test(after ?? '');
}

/** Whether the character is allowed in a context alone. */
export function needsContext(character: string): boolean {
  return rules.some(([characters]) => characters.test(character));
}

/** Whether the character at that place has the context that it needs. */
export function fitsItsContext(all: readonly string[], at: number): boolean {
  const rule = rules.find(([characters]) => characters.test(all[at] ?? ''))?.[1];
  return rule === undefined || rule(all, at);
}
