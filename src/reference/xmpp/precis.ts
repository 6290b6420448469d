import type { Fault, FaultSwitch } from '../fault.ts';
import { keepsDirection } from './bidi.ts';
import { fitsItsContext, needsContext } from './context-rules.ts';

export const faults: Fault[] = [
  {
    name: 'localpart-case-is-kept',
    breaks: ['rfc7622/3.3-case-mapped', 'rfc7622/3.5*'],
    summary: 'Takes localparts that differ in case for different ones',
  },
  {
    name: 'localpart-width-is-kept',
    breaks: ['rfc7622/3.3-width-mapped'],
    summary: 'Takes fullwidth and halfwidth characters of localparts as they are',
  },
  {
    name: 'localpart-is-not-normalized',
    breaks: ['rfc7622/3.3-normalized'],
    summary: 'Takes composed and decomposed characters of localparts for different ones',
  },
  {
    name: 'localpart-direction-is-ignored',
    breaks: ['rfc7622/3.3-direction'],
    summary: 'Accepts localparts that mix both directions of writing',
  },
  {
    name: 'localpart-holds-any-character',
    breaks: ['rfc7622/3.3-identifier-class', 'rfc7622/3.5*'],
    summary: 'Accepts every character in localparts',
  },
  {
    name: 'localpart-is-ascii-only',
    breaks: ['rfc7622/3.3-letters-and-digits', 'rfc7622/3.3-context', 'rfc7622/3.5*'],
    summary: 'Refuses localparts beyond ASCII',
  },
  {
    name: 'resource-case-is-mapped',
    breaks: ['rfc7622/3.4-case-kept'],
    summary: 'Takes resources that differ in case for the same',
  },
  {
    name: 'resource-is-not-normalized',
    breaks: ['rfc7622/3.4-normalized', 'rfc7622/3.4-length-after-mapping'],
    summary: 'Takes composed and decomposed characters of resources for different ones',
  },
  {
    name: 'resource-holds-any-character',
    breaks: ['rfc7622/3.4-freeform-class'],
    summary: 'Accepts every character in resources',
  },
  {
    name: 'resource-is-ascii-only',
    breaks: ['rfc7622/3.4-any-script-and-symbol', 'rfc7622/3.5*'],
    summary: 'Refuses resources beyond ASCII',
  },
  {
    name: 'unusual-characters-are-replaced',
    breaks: [
      'rfc7622/3.3-context',
      'rfc7622/3.3-identifier-class',
      'rfc7622/3.3-mapping-of-profile',
      'rfc7622/3.4-context',
      'rfc7622/3.4-freeform-class',
      'rfc7622/3.4-spaces-mapped',
      'rfc7622/3.4-mapping-of-profile',
    ],
    summary: 'Puts question marks where a localpart or resource is beyond ASCII',
  },
];

/** RFC 5892 section 2.6, which RFC 8264 section 9.6 takes over: letters although something else speaks against it. */
const letterAllTheSame = /[\u00DF\u03C2\u06FD\u06FE\u0F0B\u3007]/u;
/** The same table: forbidden although they are letters. */
const forbiddenAllTheSame = /[\u0640\u07FA\u302E\u302F\u3031-\u3035\u303B]/u;
/** RFC 8264 section 9: in no string, in this order of the classes I, M and L; private use and the like fit nowhere. */
const inNoString =
  /[\u1100-\u11FF\uA960-\uA97C\uD7B0-\uD7C6\uD7CB-\uD7FB]|\p{Default_Ignorable_Code_Point}|\p{Noncharacter_Code_Point}|[\p{Cc}\p{Cn}\p{Co}\p{Cs}\p{Cf}\p{Zl}\p{Zp}]/u;
const ascii7 = /[!-~]/;
/** RFC 8264 section 9.1. */
const letterOrDigit = /[\p{Ll}\p{Lu}\p{Lo}\p{Nd}\p{Lm}\p{Mn}\p{Mc}]/u;
/** RFC 8264 sections 9.14 to 9.17 (and 9.18): what the FreeformClass has beyond the IdentifierClass. */
const freeformOnly = /[\p{Lt}\p{Nl}\p{No}\p{Me}\p{Zs}\p{S}\p{P}]/u;
const nonAsciiSpace = /(?! )\p{Zs}/gu;

/** The `UsernameCaseMapped` profile (RFC 8265 section 3.3); `undefined` where the string does not conform. */
export function usernameCaseMapped(text: string, faults?: FaultSwitch): string | undefined {
  const narrowed = faults?.active('localpart-width-is-kept') ? text : widthMapped(text);
  if (faults?.active('localpart-is-ascii-only') && /[^\0-\x7F]/.test(narrowed)) return undefined;
  const given = replaced(narrowed, faults);
  const conforms = conformsTo(given, isIdentifierCharacter);
  if (!conforms && !faults?.active('localpart-holds-any-character')) return undefined;
  // One by one: PRECIS does not know the final sigma, which the lower case of a whole word has (RFC 7622 section 3.5).
  const lower = faults?.active('localpart-case-is-kept')
    ? given
    : [...given].map((character) => character.toLowerCase()).join('');
  const prepared = faults?.active('localpart-is-not-normalized') ? lower : lower.normalize('NFC');
  if (!keepsDirection(prepared) && !faults?.active('localpart-direction-is-ignored')) return undefined;
  return prepared;
}

/** The `OpaqueString` profile (RFC 8265 section 4.2); `undefined` where the string does not conform. */
export function opaqueString(text: string, faults?: FaultSwitch): string | undefined {
  if (faults?.active('resource-is-ascii-only') && /[^\0-\x7F]/.test(text)) return undefined;
  const given = replaced(text, faults);
  const conforms = conformsTo(given, isFreeformCharacter);
  if (!conforms && !faults?.active('resource-holds-any-character')) return undefined;
  const spaced = given.replace(nonAsciiSpace, ' ');
  const prepared = faults?.active('resource-is-not-normalized') ? spaced : spaced.normalize('NFC');
  return faults?.active('resource-case-is-mapped') ? prepared.toLowerCase() : prepared;
}

/** Fullwidth and halfwidth characters as what they are variants of (UAX 11). */
export function widthMapped(text: string): string {
  // The fullwidth macron is decomposed further by NFKC than by its own mapping.
  return text.replace(/[\u3000\uFF01-\uFFEE]/g, (one) =>
    one === '\uFFE3' ? '\u00AF' : one.normalize('NFKC'),
  );
}

function conformsTo(text: string, isOfClass: (character: string) => boolean): boolean {
  return [...text].every((character, at, all) =>
    needsContext(character) ? fitsItsContext(all, at) : isOfClass(character),
  );
}

function isIdentifierCharacter(character: string): boolean {
  if (letterAllTheSame.test(character)) return true;
  if (forbiddenAllTheSame.test(character)) return false;
  if (ascii7.test(character)) return true;
  if (inNoString.test(character) || hasCompatibleForm(character)) return false;
  return letterOrDigit.test(character);
}

function isFreeformCharacter(character: string): boolean {
  if (letterAllTheSame.test(character)) return true;
  if (forbiddenAllTheSame.test(character)) return false;
  if (character === ' ' || ascii7.test(character)) return true;
  if (inNoString.test(character)) return false;
  return hasCompatibleForm(character) || letterOrDigit.test(character) || freeformOnly.test(character);
}

/** RFC 8264 section 9.17: NFKC makes something else of it. */
function hasCompatibleForm(character: string): boolean {
  return character.normalize('NFKC') !== character;
}

function replaced(text: string, faults: FaultSwitch | undefined): string {
  if (!faults?.active('unusual-characters-are-replaced')) return text;
  return text.replace(/[^\0-\x7F]/gu, '?');
}
