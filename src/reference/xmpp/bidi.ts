/**
 * The rule of RFC 5893 section 2 for text that has letters written from right to left. Which direction a character
 * has is told by its script and category, since JavaScript knows nothing of Bidi_Class.
 */

/** Classes of UAX 9, as far as the rule tells them apart. */
type Direction = 'L' | 'R' | 'AL' | 'AN' | 'EN' | 'NSM' | 'neutral';

const tests: readonly [Direction, RegExp][] = [
  ['AN', /[\u0600-\u0605\u0660-\u0669\u066B\u066C\u06DD\u0890\u0891\u08E2]/u],
  ['EN', /[0-9\u00B2\u00B3\u00B9\u06F0-\u06F9\u2070\u2074-\u2079\u2080-\u2089\uFF10-\uFF19]/u],
  ['NSM', /[\p{Mn}\p{Me}]/u],
  ['AL', /(?=[\p{L}\p{Nd}\p{P}])[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}]/u],
  ['R', /[\u0590-\u05FF\u07C0-\u085F\uFB1D-\uFB4F\u200F\u{10800}-\u{10FFF}\u{1E800}-\u{1EFFF}]/u],
  ['L', /[\p{L}\p{Mc}\p{Nd}\p{Nl}]/u],
];

function directionOf(character: string): Direction {
  return tests.find(([, expression]) => expression.test(character))?.[0] ?? 'neutral';
}

/** Whether a string with a letter from right to left keeps the rule; one without has none to keep. */
export function keepsDirection(text: string): boolean {
  const directions = [...text].map(directionOf);
  if (!directions.some((one) => one === 'R' || one === 'AL' || one === 'AN')) return true;
  return directions[0] === 'L' ? keepsToTheRight(directions) : keepsToTheLeft(directions);
}

/** Conditions 5 and 6, for text that begins from left to right. */
function keepsToTheRight(directions: readonly Direction[]): boolean {
  const last = lastOf(directions);
  if (last !== 'L' && last !== 'EN') return false;
  return directions.every((one) => one === 'L' || one === 'EN' || one === 'NSM' || one === 'neutral');
}

/** Conditions 1 to 4, for text that begins from right to left. */
function keepsToTheLeft(directions: readonly Direction[]): boolean {
  const [first] = directions;
  const last = lastOf(directions);
  if (first !== 'R' && first !== 'AL') return false;
  if (last === 'neutral' || directions.includes('L')) return false;
  return !(directions.includes('EN') && directions.includes('AN'));
}

function lastOf(directions: readonly Direction[]): Direction | undefined {
  return directions.findLast((one) => one !== 'NSM');
}
