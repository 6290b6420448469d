import type { Fault, FaultSwitch } from '../fault.ts';

export const faults: Fault[] = [
  {
    name: 'scram-first-message-is-read-loosely',
    breaks: [
      'rfc5802/5-first-letter',
      'rfc5802/5.1-attribute-order',
      'rfc5802/5.1-attribute-names-case-sensitive',
      'rfc5802/5.1-username-bad-escape',
      'rfc5802/7-syntax-violations-fail',
    ],
    summary: 'Looks for name and nonce wherever they stand in a first message, and for nothing else',
  },
  {
    name: 'scram-absent-attributes-are-not-checked',
    breaks: ['rfc5802/5.1-channel-binding-required', 'rfc5802/7-syntax-violations-fail'],
    summary: 'Checks what a final message holds, and passes over what it lacks',
  },
  {
    name: 'scram-proof-that-is-no-base64-is-not-checked',
    breaks: ['rfc5802/5.1-proof-base64'],
    summary: 'Takes a proof of no octets for one that holds',
  },
  {
    name: 'scram-nonce-of-no-length-is-accepted',
    breaks: ['rfc5802/7-syntax-violations-fail'],
    summary: 'Goes on with a client that has no nonce',
  },
  {
    name: 'scram-names-end-at-nul',
    breaks: ['rfc5802/7-nul-refused'],
    summary: 'Passes over what stands behind a NUL in a user name',
  },
  {
    name: 'scram-escapes-are-not-read',
    breaks: ['rfc5802/5.1-username-escapes'],
    summary: 'Takes =2C and =3D in a user name for what they look like',
  },
  {
    name: 'scram-optional-extensions-are-refused',
    breaks: ['rfc5802/5.1-optional-extensions-ignored'],
    summary: 'Fails a login that has attributes which it does not know',
  },
];

/** What the client asks for in its first message (RFC 5802 section 7). */
export interface ClientFirst {
  /** The header that says what of the channel is bound, as it came: it returns in the final message. */
  readonly gs2Header: string;
  /** `n`: none, `y`: the client would if the server could, or `p=` and the type of the binding. */
  readonly binding: string;
  readonly identity: string;
  readonly bare: string;
  readonly extension: boolean;
  readonly username: string;
  readonly nonce: string;
}

/** What the client says at last. Only a fault reads a message that lacks any of it. */
export interface ClientFinal {
  readonly withoutProof: string;
  /** Base64. */
  readonly binding: string | undefined;
  readonly nonce: string | undefined;
  /** Base64. */
  readonly proof: string | undefined;
}

const clientFirst =
  /^((n|y|p=[A-Za-z0-9.-]+),(?:a=([^,]+))?,)((m=[^,]*,)?n=([^,]+),r=([\x21-\x2B\x2D-\x7E]*)((?:,[A-Za-z]=[^,]+)*))$/;
const clientFinal =
  /^(c=([A-Za-z0-9+/=]+),r=([\x21-\x2B\x2D-\x7E]+)((?:,[A-Za-oq-z]=[^,]+)*)),p=([A-Za-z0-9+/=]+)$/;

/** Reads a client-first-message; `undefined` where it breaks the syntax. */
export function readClientFirst(text: string, faults: FaultSwitch): ClientFirst | undefined {
  const match = clientFirst.exec(text);
  if (!match) return faults.active('scram-first-message-is-read-loosely') ? readLoosely(text) : undefined;
  const [, gs2Header = '', binding = '', identity = '', bare = '', extension, name = '', nonce = ''] = match;
  const username = readName(name, faults);
  const authorized = readName(identity, faults);
  if (username === undefined || authorized === undefined)
    return faults.active('scram-first-message-is-read-loosely') ? readLoosely(text) : undefined;
  if (nonce === '' && !faults.active('scram-nonce-of-no-length-is-accepted')) return undefined;
  if (match[8] && faults.active('scram-optional-extensions-are-refused')) return undefined;
  return {
    gs2Header,
    binding,
    identity: authorized,
    bare,
    extension: extension !== undefined,
    username,
    nonce,
  };
}

/** Section 5.1: `=2C` and `=3D` stand for comma and equals sign, which can't stand for themselves. */
function readName(written: string, faults: FaultSwitch): string | undefined {
  if (faults.active('scram-escapes-are-not-read')) return written;
  if (/=(?!2C|3D)/.test(written)) return undefined;
  const name = written.replaceAll('=2C', ',').replaceAll('=3D', '=');
  return faults.active('scram-names-end-at-nul') ? name.split('\0', 1)[0] : name;
}

/** What a fault makes of a message that is none: name and nonce, as if they had come as they should. */
function readLoosely(text: string): ClientFirst {
  const username = /(?:^|,)n=([^,]+?)=?(?:,|$)/i.exec(text)?.[1] ?? '';
  const nonce = /(?:^|,)r=([^,]+)/i.exec(text)?.[1] ?? '';
  const bare = `n=${username},r=${nonce}`;
  return { gs2Header: 'n,,', binding: 'n', identity: '', bare, extension: false, username, nonce };
}

/** Reads a client-final-message; `undefined` where it breaks the syntax. */
export function readClientFinal(text: string, faults: FaultSwitch): ClientFinal | undefined {
  if (faults.active('scram-absent-attributes-are-not-checked')) return readWhatIsThere(text);
  if (faults.active('scram-proof-that-is-no-base64-is-not-checked') && !readStrictly(text)) {
    const final = readWhatIsThere(text);
    return Buffer.from(final.proof ?? '', 'base64').length === 0 ? { ...final, proof: undefined } : undefined;
  }
  const final = readStrictly(text);
  return final?.extensions && faults.active('scram-optional-extensions-are-refused') ? undefined : final;
}

function readStrictly(text: string): (ClientFinal & { extensions: string }) | undefined {
  const match = clientFinal.exec(text);
  if (!match) return undefined;
  const [, withoutProof = '', binding = '', nonce = '', extensions = '', proof = ''] = match;
  return { withoutProof, binding, nonce, proof, extensions };
}

function readWhatIsThere(text: string): ClientFinal {
  const attribute = (name: string) => new RegExp(`(?:^|,)${name}=([^,]*)`).exec(text)?.[1];
  return {
    withoutProof: text.replace(/,p=[^,]*$/, ''),
    binding: attribute('c'),
    nonce: attribute('r'),
    proof: attribute('p'),
  };
}
