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
const wholeToken = new RegExp(`^${token}$`);
const parameter = new RegExp(`^(${token})(?:\\s*=\\s*(?:(${token})|"((?:[^"\\\\]|\\\\.)*)"))?$`);

/** The extensions of a header field; undefined where it is malformed. */
export function parseExtensions(field: string): Extension[] | undefined {
  const extensions: Extension[] = [];
  for (const text of splitOutsideQuotes(field, ',')) {
    const [name = '', ...rest] = splitOutsideQuotes(text, ';').map((part) => part.trim());
    if (name === '' && rest.length === 0) continue;
    if (!wholeToken.test(name)) return undefined;
    const parameters: Extension['parameters'] = [];
    for (const part of rest) {
      const found = parameter.exec(part);
      // What is quoted must be a token once it is without its backslashes (section 9.1).
      const quoted = found?.[3]?.replace(/\\(.)/g, '$1');
      if (!found || (quoted !== undefined && !wholeToken.test(quoted))) return undefined;
      parameters.push([found[1] ?? '', found[2] ?? quoted]);
    }
    extensions.push({ name, parameters });
  }
  return extensions;
}

function splitOutsideQuotes(text: string, separator: string): string[] {
  const parts = [''];
  let quoted = false;
  let escaped = false;
  for (const character of text) {
    if (character === '"' && !escaped) quoted = !quoted;
    escaped = quoted && character === '\\' && !escaped;
    if (character === separator && !quoted) parts.push('');
    else parts[parts.length - 1] += character;
  }
  return parts;
}

/** What a server agrees to: the parameters, and the field that says so. Undefined where it declines the offer. */
export function acceptOffer(
  extension: Extension,
): { parameters: DeflateParameters; field: string } | undefined {
  const offered = readOffer(extension);
  if (!offered) return undefined;
  const { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits } = offered;
  const words = ['permessage-deflate'];
  if (serverNoContextTakeover) words.push('server_no_context_takeover');
  if (clientNoContextTakeover) words.push('client_no_context_takeover');
  if (extension.parameters.some(([name]) => name === 'server_max_window_bits'))
    words.push(`server_max_window_bits=${serverMaxWindowBits}`);
  return { parameters: { ...offered, clientMaxWindowBits: 15 }, field: words.join('; ') };
}

/** What a client reads from the server's answer; undefined where the answer is not legal. */
export function readAgreement(extension: Extension): DeflateParameters | undefined {
  return extension.name === 'permessage-deflate' ? readParameters(extension.parameters, false) : undefined;
}

/** What a server reads from a client's offer; undefined where it must be declined. */
export function readOffer(extension: Extension): DeflateParameters | undefined {
  return extension.name === 'permessage-deflate' ? readParameters(extension.parameters, true) : undefined;
}

function readParameters(
  parameters: Extension['parameters'],
  isOffer: boolean,
): DeflateParameters | undefined {
  if (parameterFault(parameters, isOffer) !== undefined) return undefined;
  const values = new Map(parameters);
  return {
    serverNoContextTakeover: values.has('server_no_context_takeover'),
    clientNoContextTakeover: values.has('client_no_context_takeover'),
    serverMaxWindowBits: Number(values.get('server_max_window_bits') ?? 15),
    clientMaxWindowBits: Number(values.get('client_max_window_bits') ?? 15),
  };
}

/** What is wrong with the parameters of an offer or an answer, whatever the other side said (RFC 7692 section 7.1). */
export function parameterFault(parameters: Extension['parameters'], isOffer: boolean): string | undefined {
  const seen = new Set<string>();
  for (const [name, value] of parameters) {
    if (seen.has(name)) return `the parameter ${name} stands twice`;
    seen.add(name);
    const isLegal = legal.get(name);
    if (!isLegal) return `the parameter ${name} is unknown`;
    if (!isLegal(value, isOffer))
      return value === undefined
        ? `the parameter ${name} has no value`
        : `the parameter ${name} must not have the value ${value}`;
  }
  return undefined;
}

const isAbsent = (value: string | undefined) => value === undefined;
/** From 8 to 15, without leading zeros. */
const isWindow = (value: string | undefined) => value !== undefined && /^([89]|1[0-5])$/.test(value);

/** The parameters there are, and whether a value is legal for them. */
const legal = new Map<string, (value: string | undefined, isOffer: boolean) => boolean>([
  ['server_no_context_takeover', isAbsent],
  ['client_no_context_takeover', isAbsent],
  ['server_max_window_bits', isWindow],
  // Only an offer may name this one without a value (section 7.1.2.2).
  ['client_max_window_bits', (value, isOffer) => isWindow(value) || (isOffer && isAbsent(value))],
]);
