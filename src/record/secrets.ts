/** Octets from `start` up to `end`. */
export interface Range {
  start: number;
  end: number;
}

/** Shorter strings would take half of a transcript with them. */
const shortestSecret = 4;
/** A shorter piece of one tells too little to look for it. */
const shortestPiece = 3;
/** A WebSocket client's masking key is so long (RFC 6455 section 5.3). */
const maskingKey = 4;

interface Spelling {
  /** One character per octet, like all text that is searched here. */
  octets: string;
  /** The octets before and after it in base64 carry the rest of the secret. */
  base64: boolean;
}

/**
 * Finds secrets in octets, whichever way they are spelled: as they are, in JSON, escaped for XML, percent-encoded, in
 * hexadecimal, in base64 (whatever stands around them), and masked as WebSocket clients mask. What is searched is
 * a string of one character per octet (latin1).
 */
export class Secrets {
  readonly #spellings: Spelling[];
  readonly #masked: { trace: string; length: number }[];

  constructor(secrets: Iterable<string>) {
    const long = [...new Set(secrets)].filter((secret) => secret.length >= shortestSecret);
    this.#spellings = long.flatMap(spellingsOf);
    this.#masked = this.#spellings
      .filter(({ octets }) => octets.length >= 2 * maskingKey)
      .map(({ octets }) => ({ trace: traceOf(octets), length: octets.length }));
  }

  /** Where in the octets they stand; ranges can overlap. */
  find(octets: string): Range[] {
    return this.#spellings.flatMap((spelling) => {
      const found: Range[] = [];
      for (const start of occurrences(octets, spelling.octets)) {
        // What is within the last range is found already; to widen it again could take quadratic time.
        if (start < (found.at(-1)?.end ?? 0)) continue;
        found.push(widened(octets, { start, end: start + spelling.octets.length }, spelling));
      }
      return found;
    });
  }

  /** Where they stand masked with any key of four octets. */
  findMasked(octets: string): Range[] {
    if (this.#masked.length === 0) return [];
    const trace = traceOf(octets);
    return this.#masked.flatMap(({ trace: wanted, length }) =>
      occurrences(trace, wanted).map((start) => ({ start, end: start + length })),
    );
  }

  /** The pieces of secrets that the octets end with, where they were cut off. */
  atEnd(octets: string): Range[] {
    return this.#spellings.flatMap((spelling) => {
      for (let length = spelling.octets.length - 1; length >= shortestPiece; length--)
        if (octets.endsWith(spelling.octets.slice(0, length)))
          return widened(octets, { start: octets.length - length, end: octets.length }, spelling);
      return [];
    });
  }

  /** The pieces of secrets that the octets begin with, where something was cut off before them. */
  atStart(octets: string): Range[] {
    return this.#spellings.flatMap((spelling) => {
      for (let length = spelling.octets.length - 1; length >= shortestPiece; length--)
        if (octets.startsWith(spelling.octets.slice(-length)))
          return widened(octets, { start: 0, end: length }, spelling);
      return [];
    });
  }
}

function occurrences(octets: string, wanted: string): number[] {
  const starts: number[] = [];
  for (let at = octets.indexOf(wanted); at >= 0; at = octets.indexOf(wanted, at + wanted.length))
    starts.push(at);
  return starts;
}

function spellingsOf(secret: string): Spelling[] {
  const octets = Buffer.from(secret);
  const percent = encodeURIComponent(octets.toString());
  const plain = [
    secret,
    JSON.stringify(secret).slice(1, -1),
    ...xmlEscapes.map((escaped) =>
      secret.replace(/[&<>'"]/g, (character) => escaped[character] ?? character),
    ),
    percent,
    percent.replace(/%../g, (code) => code.toLowerCase()),
    percent.replaceAll('%20', '+'),
    octets.toString('hex'),
    octets.toString('hex').toUpperCase(),
  ];
  const encoded = [0, 1, 2].flatMap((offset) => base64At(octets, offset));
  return [
    ...[...new Set(plain)].map((text) => ({ octets: Buffer.from(text).toString('latin1'), base64: false })),
    ...[...new Set(encoded)].map((text) => ({ octets: text, base64: true })),
  ];
}

/** Writers differ in how much they escape. */
const xmlEscapes: Record<string, string>[] = [
  { '&': '&amp;', '<': '&lt;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&apos;', '"': '&quot;' },
  { '&': '&amp;', '<': '&lt;', "'": '&apos;', '"': '&quot;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' },
  { '&': '&amp;', '<': '&lt;', '>': '&gt;', "'": '&#39;', '"': '&#34;' },
];

/**
 * The digits of base64 that depend on these octets alone, wherever what holds them has them (`offset`: their place in
 * it modulo 3). Both alphabets of RFC 4648.
 */
function base64At(octets: Buffer, offset: number): string[] {
  const digits = Buffer.concat([Buffer.alloc(offset), octets, Buffer.alloc(2)]).toString('base64');
  const own = digits.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + octets.length) * 8) / 6));
  return [own, own.replaceAll('+', '-').replaceAll('/', '_')];
}

/** In base64 the first and the last octets of a secret share digits with their neighbours, so the neighbours go too. */
function widened(octets: string, { start, end }: Range, { base64 }: Spelling): Range {
  if (!base64) return { start, end };
  const digit = /[A-Za-z0-9+/_-]/;
  while (start > 0 && digit.test(octets.charAt(start - 1))) start--;
  while (end < octets.length && digit.test(octets.charAt(end))) end++;
  while (octets.charAt(end) === '=') end++;
  return { start, end };
}

/** What octets four apart differ in: a mask of four octets leaves it as it is. */
function traceOf(octets: string): string {
  const bytes = Buffer.from(octets, 'latin1');
  const trace = Buffer.alloc(Math.max(0, bytes.length - maskingKey));
  for (let at = 0; at < trace.length; at++) trace[at] = (bytes[at] ?? 0) ^ (bytes[at + maskingKey] ?? 0);
  return trace.toString('latin1');
}
