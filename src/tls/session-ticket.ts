/**
 * A TLS session, as OpenSSL writes it (a DER SEQUENCE), that no server can take for one of its own: one octet is changed
 * in the midst of its ticket, the context-specific element [10], and in its session id, the fourth element.
 */
export function withAlteredTicket(session: Buffer): Buffer {
  const altered = Buffer.from(session);
  const change = ({ start, end }: { start: number; end: number }) => {
    const middle = (start + end) >> 1;
    if (middle < end) altered[middle] = (altered[middle] ?? 0) ^ 0x55;
  };
  let at = elementAt(session, 0).start;
  for (let n = 1; at < session.length; n++) {
    const element = elementAt(session, at);
    if (n === 4) change(element);
    if (element.tag === 0xaa) change(elementAt(session, element.start));
    at = element.end;
  }
  return altered;
}

function elementAt(octets: Buffer, at: number): { tag: number; start: number; end: number } {
  const first = octets[at + 1] ?? 0;
  const more = first < 0x80 ? 0 : first & 0x7f;
  const length = more === 0 ? first : octets.readUIntBE(at + 2, more);
  const start = at + 2 + more;
  return { tag: octets[at] ?? 0, start, end: start + length };
}
