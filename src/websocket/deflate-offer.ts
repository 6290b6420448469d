/** Parameters of permessage-deflate as they were agreed (RFC 7692 section 7.1). */
export interface DeflateParameters {
  serverNoContextTakeover: boolean;
  clientNoContextTakeover: boolean;
  /** 8 to 15. */
  serverMaxWindowBits: number;
  clientMaxWindowBits: number;
}

/** One extension of a Sec-WebSocket-Extensions field (RFC 6455 section 9.1). */
export interface Extension {
  name: string;
  /** In order; a parameter without a value has `undefined`. */
  parameters: [name: string, value: string | undefined][];
}

const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";

/** The extensions of a header field; undefined where it is malformed. */
export function parseExtensions(field: string): Extension[] | undefined {
  const extensions: Extension[] = [];
  for (const text of splitOutsideQuotes(field, ',')) {
    const [name = '', ...rest] = splitOutsideQuotes(text, ';').map((part) => part.trim());
    if (name === '' && rest.length === 0) continue;
    if (!new RegExp(`^${token}$`).test(name)) return undefined;
    const parameters: Extension['parameters'] = [];
    for (const part of rest) {
      const found = new RegExp(`^(${token})(?:\\s*=\\s*(?:(${token})|"(${token})"))?$`).exec(part);
      if (!found) return undefined;
      parameters.push([found[1] ?? '', found[2] ?? found[3]]);
    }
    extensions.push({ name, parameters });
  }
  return extensions;
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts = [''];
  let quoted = false;
  for (const character of text) {
    if (character === '"') quoted = !quoted;
    if (character === separator && !quoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** What a server agrees to: the parameters, and the field that says so. Undefined where it declines the offer. */
export function acceptOffer(
  extension: Extension,
): { parameters: DeflateParameters; field: string } | undefined {
  if (extension.name !== 'permessage-deflate') return undefined;
  const offered = readParameters(extension.parameters, true);
  if (!offered) return undefined;
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits } = offered;
  const words = ['permessage-deflate'];
  if (serverNoContextTakeover) words.push('server_no_context_takeover');
  if (clientNoContextTakeover) words.push('client_no_context_takeover');
  // Raw zlib has no window of 256 octets: the server cannot keep to 8 bits, so it declines (section 7.1.2.1).
  if (serverMaxWindowBits === 8) return undefined;
  if (extension.parameters.some(([name]) => name === 'server_max_window_bits'))
    words.push(`server_max_window_bits=${serverMaxWindowBits}`);
  return { parameters: { ...offered, clientMaxWindowBits: 15 }, field: words.join('; ') };
}

/** What a client reads from the server's answer; undefined where the answer is not legal. */
export function readAgreement(extension: Extension): DeflateParameters | undefined {
  return extension.name === 'permessage-deflate' ? readParameters(extension.parameters, false) : undefined;
}

/** RFC 7692 section 7.1: each parameter at most once, none unknown, windows from 8 to 15 without leading zeros. */
function readParameters(
  parameters: Extension['parameters'],
  isOffer: boolean,
): DeflateParameters | undefined {
  const agreed: DeflateParameters = {
    serverNoContextTakeover: false,
    clientNoContextTakeover: false,
    serverMaxWindowBits: 15,
    clientMaxWindowBits: 15,
  };
  const names = parameters.map(([name]) => name);
  if (new Set(names).size < names.length) return undefined;
  return parameters.every((parameter) => take(parameter, agreed, isOffer)) ? agreed : undefined;
}

/** Notes one parameter; false where it is not legal. */
function take(
  [name, value]: Extension['parameters'][number],
  agreed: DeflateParameters,
  isOffer: boolean,
): boolean {
  const bits = value !== undefined && /^([89]|1[0-5])$/.test(value) ? Number(value) : undefined;
  switch (name) {
    case 'server_no_context_takeover':
      agreed.serverNoContextTakeover = true;
      return value === undefined;
    case 'client_no_context_takeover':
      agreed.clientNoContextTakeover = true;
      return value === undefined;
    case 'server_max_window_bits':
      agreed.serverMaxWindowBits = bits ?? 15;
      return bits !== undefined;
    case 'client_max_window_bits':
      agreed.clientMaxWindowBits = bits ?? 15;
      // Only an offer may name this one without a value (section 7.1.2.2).
      return bits !== undefined || (value === undefined && isOffer);
    default:
      return false;
  }
}
