import { joinJid, splitJid } from '../../xmpp/jid.ts';

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

/** Characters that RFC 7622 section 3.3.1 forbids in a localpart, beside spaces and controls. */
const notInLocalpart = /["&'/:<>@\s\p{Cc}]/u;
const notInDomainpart = /[@/\s\p{Cc}"&'<>]/u;
const controls = /\p{Cc}/u;
const longestPart = 1023;

/** Reads an address; `undefined` where it is malformed. */
export function readAddress(text: string): Address | undefined {
  const parts = splitJid(text);
  const resource = parts.resource === undefined ? undefined : preparedResource(parts.resource);
  const local = parts.local === undefined ? undefined : preparedLocalpart(parts.local);
  if (parts.resource !== undefined && resource === undefined) return undefined;
  if (parts.local !== undefined && local === undefined) return undefined;
  const domain = parts.domain.normalize('NFC').toLowerCase();
  if (!isPart(domain) || notInDomainpart.test(domain)) return undefined;
  const bare = joinJid({ local, domain });
  return { local, domain, resource, bare, full: joinJid({ local, domain, resource }) };
}

/** The comparable form of a localpart; `undefined` where it is none. */
export function preparedLocalpart(text: string): string | undefined {
  const prepared = text.normalize('NFC').toLowerCase();
  return isPart(prepared) && !notInLocalpart.test(prepared) ? prepared : undefined;
}

/** The comparable form of a resourcepart; `undefined` where it is none. */
export function preparedResource(text: string): string | undefined {
  const prepared = text.normalize('NFC');
  return isPart(prepared) && !controls.test(prepared) ? prepared : undefined;
}

function isPart(text: string): boolean {
  return text !== '' && Buffer.byteLength(text) <= longestPart;
}
