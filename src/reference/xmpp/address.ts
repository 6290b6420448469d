import { type JidParts, joinJid, splitJid } from '../../xmpp/jid.ts';
import type { Fault, FaultSwitch } from '../fault.ts';
import { preparedDomain } from './domainpart.ts';
import { opaqueString, usernameCaseMapped } from './precis.ts';

export const faults: Fault[] = [
  {
    name: 'separators-are-sought-after-mapping',
    breaks: ['rfc7622/3.2-parsing-order'],
    summary: 'Cuts addresses where a character that looks like @ or / was mapped to it',
  },
  {
    name: 'address-is-cut-at-its-last-at-sign',
    breaks: ['rfc7622/3.2-parsing-order', 'rfc7622/3.4-opaque', 'rfc7622/3.5*'],
    summary: 'Looks for the domain behind the last @, also where that is in the resource',
  },
  {
    name: 'resource-ends-at-its-slash',
    breaks: ['rfc7622/3.4-opaque'],
    summary: 'Takes what follows a slash in a resource for something below it',
    silent: true,
  },
  {
    name: 'address-parts-are-never-too-long',
    breaks: ['rfc7622/3.2-length', 'rfc7622/3.3-length*', 'rfc7622/3.4-length*'],
    summary: 'Accepts parts of addresses of any length',
  },
  {
    name: 'address-parts-are-measured-in-characters',
    breaks: ['rfc7622/3.1-octets'],
    summary: 'Counts characters where octets are limited',
  },
  {
    name: 'address-parts-are-short',
    breaks: ['rfc7622/3.2-length', 'rfc7622/3.3-length*', 'rfc7622/3.4-length*'],
    summary: 'Refuses parts of addresses of more than 200 octets',
  },
  {
    name: 'address-parts-may-be-empty',
    breaks: ['rfc7622/3.2-domain-required', 'rfc7622/3.3-not-empty', 'rfc7622/3.4-not-empty', 'rfc7622/3.5*'],
    summary: 'Accepts addresses with an empty part',
  },
  {
    name: 'excluded-characters-are-accepted',
    breaks: ['rfc7622/3.3.1*', 'rfc7622/3.5*'],
    summary: 'Accepts what XMPP excludes from localparts',
  },
];

/** An XMPP address (RFC 7622) that has been read: `localpart@domainpart/resourcepart`, in its comparable form. */
export interface Address {
  readonly local: string | undefined;
  readonly domain: string;
  readonly resource: string | undefined;
  /** Without the resourcepart. */
  readonly bare: string;
  /** The whole address. */
  readonly full: string;
}

/** Characters that RFC 7622 section 3.3.1 forbids in a localpart. */
const excluded = /["&'/:<>@]/u;
const longestPart = 1023;

const known = new Map<string, Address | undefined>();
const mostKnown = 5_000;
const longestKnown = 200;

/**
 * Reads an address; `undefined` where it is malformed. Where a client wrote it, `faults` may spoil the reading; where
 * none is there to do it, an address that was read before is not prepared anew, as each stanza holds some.
 */
export function readAddress(text: string, faults?: FaultSwitch): Address | undefined {
  if (text.length > longestKnown || faults?.none === false) return addressIn(text, faults);
  const before = known.get(text);
  if (before || known.has(text)) return before;
  const address = addressIn(text, undefined);
  if (known.size >= mostKnown) known.clear();
  known.set(text, address);
  return address;
}

function addressIn(text: string, faults: FaultSwitch | undefined): Address | undefined {
  const parts = cut(text, faults);
  const resource = parts.resource === undefined ? undefined : resourceInAddress(parts.resource, faults);
  const local = parts.local === undefined ? undefined : preparedLocalpart(parts.local, faults);
  if (parts.resource !== undefined && resource === undefined) return undefined;
  if (parts.local !== undefined && local === undefined) return undefined;
  const empty = parts.domain === '' && faults?.active('address-parts-may-be-empty');
  const domain = empty ? '' : preparedDomain(parts.domain, faults);
  if (domain === undefined || !isPart(domain, faults)) return undefined;
  const bare = joinJid({ local, domain });
  return { local, domain, resource, bare, full: joinJid({ local, domain, resource }) };
}

function cut(text: string, faults: FaultSwitch | undefined): JidParts {
  if (faults?.active('separators-are-sought-after-mapping')) return splitJid(text.normalize('NFKC'));
  const parts = splitJid(text);
  const at = text.lastIndexOf('@');
  if (faults?.active('address-is-cut-at-its-last-at-sign') && at >= 0)
    return { ...splitJid(text.slice(at + 1)), local: text.slice(0, at) };
  if (faults?.active('resource-ends-at-its-slash') && parts.resource !== undefined)
    return { ...parts, resource: parts.resource.replace(/(?<=.)\/.*/s, '') };
  return parts;
}

/** The comparable form of a localpart; `undefined` where it is none. */
export function preparedLocalpart(text: string, faults?: FaultSwitch): string | undefined {
  const prepared = usernameCaseMapped(text, faults);
  if (prepared === undefined || !isPart(prepared, faults)) return undefined;
  return excluded.test(prepared) && !faults?.active('excluded-characters-are-accepted')
    ? undefined
    : prepared;
}

/** The comparable form of a resourcepart; `undefined` where it is none. */
export function preparedResource(text: string, faults?: FaultSwitch): string | undefined {
  const prepared = opaqueString(text, faults);
  return prepared !== undefined && isPart(prepared, faults) ? prepared : undefined;
}

/** In table 2 of RFC 7622 section 3.5 a space at the beginning of a resourcepart makes the address none. */
function resourceInAddress(text: string, faults: FaultSwitch | undefined): string | undefined {
  const prepared = preparedResource(text, faults);
  return prepared?.startsWith(' ') ? undefined : prepared;
}

/** RFC 7622 section 3.1: 1 to 1023 octets, counted when the part is prepared. */
function isPart(text: string, faults: FaultSwitch | undefined): boolean {
  if (text === '') return faults?.active('address-parts-may-be-empty') ?? false;
  const characters = faults?.active('address-parts-are-measured-in-characters');
  const length = characters ? text.length : Buffer.byteLength(text);
  if (faults?.active('address-parts-are-short')) return length <= 200;
  return length <= longestPart || (faults?.active('address-parts-are-never-too-long') ?? false);
}
