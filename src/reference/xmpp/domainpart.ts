import { isIPv4, isIPv6 } from 'node:net';
import { domainToASCII, domainToUnicode } from 'node:url';
import type { Fault, FaultSwitch } from '../fault.ts';
import { keepsDirection } from './bidi.ts';
import { fitsItsContext, needsContext } from './context-rules.ts';
import { widthMapped } from './precis.ts';

export const faults: Fault[] = [
  {
    name: 'trailing-dot-is-kept',
    breaks: ['rfc7622/3.2-trailing-dot'],
    summary: 'Takes a domain with a dot behind it for another one',
  },
  {
    name: 'domain-case-is-kept',
    breaks: ['rfc7622/3.2.2-case'],
    summary: 'Takes domains that differ in case for different ones',
  },
  {
    name: 'domain-width-is-kept',
    breaks: ['rfc7622/3.2.2-width'],
    summary: 'Takes fullwidth characters of domains as they are',
  },
  {
    name: 'domain-is-not-normalized',
    breaks: ['rfc7622/3.2.2-normalization'],
    summary: 'Takes composed and decomposed characters of domains for different ones',
  },
  {
    name: 'labels-hold-any-character',
    breaks: ['rfc7622/3.2.1-code-points'],
    summary: 'Accepts every character in domains',
  },
  {
    name: 'labels-may-be-empty',
    breaks: ['rfc7622/3.2-dns-lengths'],
    summary: 'Accepts domains with nothing between two dots',
  },
  {
    name: 'labels-are-never-too-long',
    breaks: ['rfc7622/3.2-dns-lengths'],
    summary: 'Accepts labels of more than 63 octets',
  },
  {
    name: 'domain-is-ascii-only',
    breaks: ['rfc7622/3.2.1-u-labels', 'rfc7622/3.2.1-utf-8'],
    summary: 'Refuses domains beyond ASCII',
  },
  {
    name: 'addresses-of-hosts-are-no-domains',
    breaks: ['rfc7622/3.2-kinds-of-domain'],
    summary: 'Refuses domains that are IP addresses or have a single label',
  },
  {
    name: 'unusual-labels-are-replaced',
    breaks: ['rfc7622/3.2.1-code-points', 'rfc7622/3.2.1-a-labels', 'rfc7622/3.2.1-mapping-of-idna'],
    summary: 'Puts another domain in place of one whose labels are no plain ASCII',
  },
];

/** RFC 1034 section 3.1: octets of a label. */
const longestLabel = 63;
/** The same section: octets of a name, without the length octets of its first label and of the root. */
const longestName = 253;
/** A U-label of IDNA2008 (RFC 5892): letters, digits and marks, in lower case and composed. */
const letterOrDigit = /[\p{Ll}\p{Lo}\p{Lm}\p{Mn}\p{Mc}\p{Nd}\u06FD\u06FE\u0F0B\u3007]/u;
const never =
  /[\u0640\u07FA\u302E\u302F\u3031-\u3035\u303B\u1100-\u11FF\uA960-\uA97C\uD7B0-\uD7C6\uD7CB-\uD7FB]|\p{Default_Ignorable_Code_Point}|\p{Noncharacter_Code_Point}/u;

/** The comparable form of a domainpart (RFC 7622 section 3.2); `undefined` where it is none. */
export function preparedDomain(text: string, faults?: FaultSwitch): string | undefined {
  const stripped = faults?.active('trailing-dot-is-kept') ? text : text.replace(/\.$/, '');
  const literal = ipLiteral(stripped);
  if (literal !== undefined || isIPv4(stripped)) {
    return faults?.active('addresses-of-hosts-are-no-domains') ? undefined : (literal ?? stripped);
  }
  const name = mapped(stripped, faults);
  if (faults?.active('domain-is-ascii-only') && /[^\0-\x7F]/.test(name)) return undefined;
  if (faults?.active('unusual-labels-are-replaced') && /[^\0-\x7F]|xn--/.test(text))
    return 'replaced.example';
  const labels = name.split('.').map((label) => preparedLabel(label, faults));
  if (labels.some((label) => label === undefined)) return undefined;
  if (labels.length === 1 && faults?.active('addresses-of-hosts-are-no-domains')) return undefined;
  const prepared = labels.join('.');
  const tooLong = octetsInDns(prepared) > longestName && !faults?.active('address-parts-are-never-too-long');
  return tooLong ? undefined : prepared;
}

/** Case, width and normalization, which RFC 5895 section 2 wants in this order; and the ideographic full stop. */
function mapped(text: string, faults: FaultSwitch | undefined): string {
  let name = faults?.active('domain-case-is-kept') ? text : text.toLowerCase();
  if (!faults?.active('domain-width-is-kept')) name = widthMapped(name);
  if (!faults?.active('domain-is-not-normalized')) name = name.normalize('NFC');
  return name.replaceAll('\u3002', '.');
}

/** An address in brackets, of which only the zone may have letters of its own (RFC 6874 section 2). */
function ipLiteral(text: string): string | undefined {
  const [, address = '', zone] = /^\[([\dA-Fa-f:.]+)(%25[\w.~%-]+)?\]$/.exec(text) ?? [];
  return isIPv6(address) ? `[${address.toLowerCase()}${zone ?? ''}]` : undefined;
}

function preparedLabel(label: string, faults: FaultSwitch | undefined): string | undefined {
  if (label === '') return faults?.active('labels-may-be-empty') ? label : undefined;
  if (Buffer.byteLength(octetsOf(label)) > longestLabel && !faults?.active('labels-are-never-too-long')) {
    return undefined;
  }
  if (faults?.active('labels-hold-any-character')) return label;
  if (label.startsWith('xn--')) return uLabel(label);
  return isLabel(label) ? label : undefined;
}

/** RFC 7622 section 3.2.1: A-labels become U-labels, and must be exactly those of their U-labels. */
function uLabel(label: string): string | undefined {
  const unicode = domainToUnicode(label);
  const same = unicode !== label && domainToASCII(unicode) === label;
  return same && isLabel(unicode) ? unicode : undefined;
}

/** An NR-LDH label or a U-label (RFC 5890 section 2.3). */
function isLabel(label: string): boolean {
  const misplaced = /^-|-$|^..--|^\p{M}/u.test(label);
  if (misplaced || label.normalize('NFC') !== label || !keepsDirection(label)) return false;
  return [...label].every((character, at, all) => {
    if (/[\0-\x7F]/.test(character)) return /[A-Za-z0-9-]/.test(character);
    if (needsContext(character)) return fitsItsContext(all, at);
    return isUnicodeLetter(character);
  });
}

/** Characters that case folding or NFKC would turn into others are unstable, and in no U-label (RFC 5892 section 2.2). */
function isUnicodeLetter(character: string): boolean {
  if (/[\u00DF\u03C2]/.test(character)) return true;
  if (never.test(character) || !letterOrDigit.test(character)) return false;
  return character.normalize('NFKC').toLowerCase().normalize('NFKC') === character;
}

/** A label as the DNS would have it. */
function octetsOf(label: string): string {
  return /[^\0-\x7F]/.test(label) ? domainToASCII(label) || label : label;
}

function octetsInDns(name: string): number {
  return name.split('.').map(octetsOf).join('.').length;
}
