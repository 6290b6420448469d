import type { CaseResult, Evidence, TranscriptEntry } from './record.schema.ts';

const mask = '[redacted]';
/** Shorter strings would take half of a transcript with them. */
const shortestSecret = 4;

/**
 * Takes secrets out of what a run saw, before it enters the record: whatever report is made of the record, it
 * cannot show them. Secrets are found as they are, in base64 (whatever stands before them), in hexadecimal and
 * percent-encoded; the payloads of SASL elements and of headers that authenticate go altogether.
 */
export class Redaction {
  readonly #spellings: string[];

  constructor(secrets: Iterable<string>) {
    const long = [...new Set(secrets)].filter((secret) => secret.length >= shortestSecret);
    this.#spellings = [...new Set(long.flatMap(spellingsOf))].sort((a, b) => b.length - a.length);
  }

  text(text: string): string {
    let clean = text;
    for (const [pattern, replacement] of authenticating) clean = clean.replace(pattern, replacement);
    for (const spelling of this.#spellings) clean = clean.replaceAll(spelling, mask);
    return clean;
  }

  result(result: CaseResult): CaseResult {
    const { evidence, ...others } = result;
    const clean = this.#deep(others) as Omit<CaseResult, 'evidence'>;
    return evidence ? { ...clean, evidence: this.evidence(evidence) } : clean;
  }

  evidence(evidence: Evidence): Evidence {
    const { serverLog, transcript, ...others } = evidence;
    return {
      ...others,
      transcript: this.#transcript(transcript),
      ...(serverLog ? { serverLog: serverLog.map((line) => this.text(line)) } : {}),
    };
  }

  #deep(value: unknown): unknown {
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.#deep(item));
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, this.#deep(item)]));
  }

  /** A secret can be cut over several chunks, so each direction of each actor is read as one text. */
  #transcript(entries: readonly TranscriptEntry[]): TranscriptEntry[] {
    const lanes = new Map<string, number[]>();
    for (const [index, { actor, direction }] of entries.entries()) {
      const lane = `${actor} ${direction}`;
      lanes.set(lane, [...(lanes.get(lane) ?? []), index]);
    }
    const clean = [...entries];
    for (const indexes of lanes.values()) {
      const joined = indexes.map((index) => entries[index]?.text ?? '').join('');
      const whole = this.text(joined) === joined;
      for (const index of indexes) {
        const entry = entries[index];
        if (entry) clean[index] = this.#entry(entry, whole);
      }
    }
    return clean;
  }

  /** `whole`: nothing in its lane needs to go, so neither does anything in it. */
  #entry(entry: TranscriptEntry, whole: boolean): TranscriptEntry {
    if (entry.hex !== undefined) {
      const octets = Buffer.from(entry.hex, 'hex').toString('latin1');
      const clean = this.text(octets) === octets && this.text(entry.hex) === entry.hex;
      return clean ? { ...entry } : { ...without(entry), text: mask };
    }
    if (entry.text === undefined || whole) return { ...entry };
    const text = this.text(entry.text);
    // A piece too small to show that it belongs to a secret goes with the rest of its lane.
    const piece =
      text === entry.text && entry.text.length < 64 && entry.direction !== 'step' && !/[<>]/.test(text);
    return { ...entry, text: piece && entry.direction !== 'event' ? mask : text };
  }
}

function without(entry: TranscriptEntry): TranscriptEntry {
  const { at, actor, direction, bytes } = entry;
  return { at, actor, direction, bytes };
}

const authenticating: [RegExp, string][] = [
  [/(<(?:auth|response|challenge|success)\b[^>]*>)[^<]+/g, `$1${mask}`],
  [/^((?:Proxy-)?Authorization|Cookie|Set-Cookie)(:[ \t]*)[^\r\n]+/gim, `$1$2${mask}`],
];

function spellingsOf(secret: string): string[] {
  const octets = Buffer.from(secret);
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    octets.toString('hex'),
    octets.toString('hex').toUpperCase(),
    ...[0, 1, 2].flatMap((offset) => base64At(octets, offset)),
  ];
}

/** The part of the base64 of something that holds the octets at that offset (modulo 3) which depends on them alone. */
function base64At(octets: Buffer, offset: number): string[] {
  const padded = Buffer.concat([Buffer.alloc(offset), octets]);
  const from = offset === 0 ? 0 : 4;
  const to = Math.floor(padded.length / 3) * 4;
  const stable = padded.toString('base64').slice(from, to);
  return stable.length >= shortestSecret ? [stable, stable.replaceAll('+', '-').replaceAll('/', '_')] : [];
}
