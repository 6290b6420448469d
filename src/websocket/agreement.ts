import { type Extension, parameterFault, parseExtensions, readOffer } from './deflate-offer.ts';
import { listOf, valuesOf } from './http-head.ts';
import type { Violation } from './violation.ts';

type Fields = readonly (readonly [name: string, value: string])[];

/** A header field of the answer is shown up to so many characters. */
const mostShown = 200;

/**
 * What a server's answer 101 agrees to although the client's request did not offer it, or in a form that RFC 6455
 * sections 4.1 and 9.1 and RFC 7692 sections 5 and 7 forbid: a client must fail the connection for each. Takes the
 * header fields of both.
 */
export function agreementViolations(offer: Fields, answer: Fields): Violation[] {
  return [...subprotocolViolations(offer, answer), ...extensionViolations(offer, answer)];
}

function subprotocolViolations(offer: Fields, answer: Fields): Violation[] {
  const name = 'Sec-WebSocket-Protocol';
  const offered = listOf(offer, name);
  const fields = valuesOf(answer, name);
  const violations = fields
    .filter((field) => !offered.includes(field))
    .map((field) => ({ section: '4.1', text: `a subprotocol that was not offered: ${shown(name, field)}` }));
  if (fields.length > 1) violations.push(repeated('11.3.4', name, fields));
  return violations;
}

function extensionViolations(offer: Fields, answer: Fields): Violation[] {
  const name = 'Sec-WebSocket-Extensions';
  const fields = valuesOf(answer, name);
  const offered = valuesOf(offer, name).flatMap((field) => parseExtensions(field) ?? []);
  const violations: Violation[] = fields.length > 1 ? [repeated('11.3.2', name, fields)] : [];
  const accepted: Extension[] = [];
  for (const field of fields) {
    const extensions = parseExtensions(field) ?? [];
    accepted.push(...extensions);
    // The grammar wants one extension at least.
    if (extensions.length === 0)
      violations.push({ section: '9.1', text: `a malformed header field: ${shown(name, field)}` });
  }
  const problem = (section: string, text: string) =>
    violations.push({ section, text: `${text}: ${shown(name, fields.join(', '))}` });
  const foreign = accepted.find((one) => !offered.some((other) => other.name === one.name));
  if (foreign) problem('4.1', 'an extension that was not offered');
  const deflate = accepted.filter((one) => one.name === 'permessage-deflate');
  // Both would use the bit RSV1.
  if (deflate.length > 1) problem('RFC 7692 5', 'permessage-deflate was accepted twice');
  for (const one of deflate) {
    const broken = deflateViolation(one, offered);
    if (broken) problem(broken.section, broken.text);
  }
  return violations;
}

/** What is wrong with permessage-deflate as it was accepted; that it was not offered at all, others say. */
function deflateViolation(accepted: Extension, offered: readonly Extension[]): Violation | undefined {
  const malformed = parameterFault(accepted.parameters, false);
  if (malformed !== undefined) return { section: 'RFC 7692 7', text: malformed };
  const byName = offered.filter((one) => one.name === accepted.name);
  // A server declines an offer that is not legal, so that only the others can have been accepted.
  const offers = byName.filter((one) => readOffer(one) !== undefined);
  if (byName.length > 0 && offers.length === 0)
    return { section: 'RFC 7692 7', text: 'an offer that must be declined was accepted' };
  const faults = offers.map((offer) => mismatch(accepted, offer));
  return faults.includes(undefined) ? undefined : faults[0];
}

/** Why the answer does not accept this offer (RFC 7692 section 7.1). */
function mismatch(accepted: Extension, offer: Extension): Violation | undefined {
  const [offered, agreed] = [new Map(offer.parameters), new Map(accepted.parameters)];
  if (offered.has('server_no_context_takeover') && !agreed.has('server_no_context_takeover'))
    return {
      section: 'RFC 7692 7.1.1.1',
      text: 'server_no_context_takeover was asked for and is not in the answer',
    };
  const [most, window] = [offered.get('server_max_window_bits'), agreed.get('server_max_window_bits')];
  if (most !== undefined && !(Number(window) <= Number(most)))
    return {
      section: 'RFC 7692 7.1.2.1',
      text: `server_max_window_bits=${most} was asked for, and the answer has ${window === undefined ? 'none' : window}`,
    };
  if (agreed.has('client_max_window_bits') && !offered.has('client_max_window_bits'))
    return {
      section: 'RFC 7692 7.1.2.2',
      text: 'client_max_window_bits is in the answer and was not offered',
    };
  return undefined;
}

function repeated(section: string, name: string, fields: readonly string[]): Violation {
  return {
    section,
    text: `the answer has ${fields.length} header fields of one name: ${shown(name, fields.join(' | '))}`,
  };
}

function shown(name: string, value: string): string {
  return `${name}: ${value.length > mostShown ? `${value.slice(0, mostShown)}…` : value}`;
}
