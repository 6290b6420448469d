/**
 * What can be made out of a WebSocket frame of which only the beginning came: the fault that delivers cut payloads
 * reads it. Text frames of clients only, masked as RFC 6455 section 5.3 says.
 */
export function unfinishedText(octets: Buffer): Record<string, unknown> {
  const form = (octets[1] ?? 0) & 0x7f;
  const at = form === 127 ? 10 : form === 126 ? 4 : 2;
  const mask = octets.subarray(at, at + 4);
  const text = octets
    .subarray(at + 4)
    .map((octet, index) => octet ^ (mask[index % 4] ?? 0))
    .toString();
  const part = (name: string) => new RegExp(`"${name}":"([^"]*)`).exec(text)?.[1] ?? '';
  return { op: 'message', to: part('to'), text: part('text') };
}
