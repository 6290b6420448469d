import { cutText } from './bounds.ts';
import { findCredentials, isCredentialPath } from './credentials.ts';
import type { CaseResult, Evidence, Failure, TranscriptEntry } from './record.schema.ts';
import { type Range, Secrets } from './secrets.ts';

const mask = '[redacted]';

/** A server can make any text long: the record holds so many characters of one, and so many of a list. */
const longestText = 8_192;
const longestList = 100;
/** More than this is not even searched, but cut away before. */
const longestSearched = 1_048_576;

/**
 * Takes secrets out of what a run saw, before it enters the record: whatever report is made of the record, it cannot
 * show them. Secrets are found in every spelling that `Secrets` knows; the payloads of SASL elements and of headers
 * that authenticate go altogether. Secrets of fewer than four characters are not looked for.
 */
export class Redaction {
  readonly #secrets: Secrets;

  constructor(secrets: Iterable<string>) {
    this.#secrets = new Secrets(secrets);
  }

  /** The text without secrets. */
  text(text: string): string {
    const octets = Buffer.from(text).toString('latin1');
    const ranges = merged([...this.#secrets.find(octets), ...findCredentials(octets).ranges]);
    if (ranges.length === 0) return text;
    return Buffer.from(masked(octets, 0, ranges), 'latin1').toString();
  }

  /** The result of a case without secrets, and with what a server can make long cut to a bounded length. */
  result(result: CaseResult): CaseResult {
    const { reason, failure, observations, evidence, ...itself } = result;
    return {
      ...itself,
      ...(reason === undefined ? {} : { reason: this.#short(reason) }),
      ...(failure ? { failure: this.failure(failure) } : {}),
      ...(observations
        ? { observations: observations.slice(0, longestList).map((one) => this.#short(one)) }
        : {}),
      ...(evidence ? { evidence: this.evidence(evidence) } : {}),
    };
  }

  failure(failure: Failure): Failure {
    const { step, nearest, differences, tolerated } = failure;
    return {
      ...failure,
      expected: this.#short(failure.expected),
      message: this.#short(failure.message),
      ...(step ? { step: { ...step, sentence: this.#short(step.sentence) } } : {}),
      ...(nearest === undefined ? {} : { nearest: this.#short(nearest) }),
      ...(differences ? { differences: this.#differences(differences) } : {}),
      ...(tolerated === undefined ? {} : { tolerated: this.#short(tolerated) }),
    };
  }

  evidence(evidence: Evidence): Evidence {
    const { serverLog, transcript, omitted } = evidence;
    return {
      ...evidence,
      transcript: this.#transcript(transcript, omitted?.after),
      ...(serverLog ? { serverLog: serverLog.map((line) => this.#short(line)) } : {}),
    };
  }

  #short(text: string): string {
    return cutText(this.text(text.slice(0, longestSearched)), longestText);
  }

  #differences(differences: NonNullable<Failure['differences']>): NonNullable<Failure['differences']> {
    return differences.slice(0, longestList).map(({ path, expected, actual }) => {
      const clean = (text: string) => (isCredentialPath(path) && text !== '' ? mask : this.#short(text));
      return {
        path: this.#short(path),
        expected: clean(expected),
        ...(actual === undefined ? {} : { actual: clean(actual) }),
      };
    });
  }

  /** A secret can be cut over several chunks, so each direction of each actor is read as one text. */
  #transcript(entries: readonly TranscriptEntry[], gapAt: number | undefined): TranscriptEntry[] {
    const clean = entries.map((entry) =>
      isOctets(entry) ? entry : { ...entry, text: this.text(entry.text ?? '') },
    );
    for (const lane of lanesOf(entries)) {
      let openBefore = false;
      for (const [place, stretch] of stretchesOf(lane, entries, gapAt).entries()) {
        const { pieces, octets, isCut } = stretch;
        const { ranges, open } = findCredentials(octets);
        if (openBefore) ranges.push({ start: 0, end: indexOr(octets, '<', octets.length) });
        openBefore = open;
        ranges.push(...this.#secrets.find(octets));
        if (place > 0) ranges.push(...this.#secrets.atStart(octets));
        if (isCut) ranges.push(...this.#secrets.atEnd(octets));
        if (pieces.some(({ entry }) => entry.hex !== undefined))
          ranges.push(...this.#secrets.findMasked(octets));
        const all = merged(ranges);
        for (const piece of pieces) clean[piece.index] = maskPiece(piece, all);
      }
    }
    return clean;
  }
}

interface Piece {
  index: number;
  entry: TranscriptEntry;
  octets: string;
  /** Where in its stretch it begins. */
  start: number;
}

/** Chunks that follow each other without anything missing between them. */
interface Stretch {
  pieces: Piece[];
  octets: string;
  /** Something is missing after it. */
  isCut: boolean;
}

function isOctets({ direction }: TranscriptEntry): boolean {
  return direction === 'sent' || direction === 'received';
}

/** The indexes of what each actor sent, and of what each received. */
function lanesOf(entries: readonly TranscriptEntry[]): number[][] {
  const lanes = new Map<string, number[]>();
  for (const [index, entry] of entries.entries()) {
    if (!isOctets(entry)) continue;
    const name = `${entry.direction} ${entry.actor}`;
    const lane = lanes.get(name);
    if (lane) lane.push(index);
    else lanes.set(name, [index]);
  }
  return [...lanes.values()];
}

function stretchesOf(
  lane: readonly number[],
  entries: readonly TranscriptEntry[],
  gapAt: number | undefined,
): Stretch[] {
  const stretches: Stretch[] = [];
  let current: Stretch | undefined;
  let previous = -1;
  for (const index of lane) {
    const entry = entries[index];
    if (!entry) continue;
    const overGap = gapAt !== undefined && previous < gapAt && index >= gapAt;
    if (current && overGap) current.isCut = true;
    if (!current || current.isCut) {
      current = { pieces: [], octets: '', isCut: false };
      stretches.push(current);
    }
    const octets = Buffer.from(
      entry.text ?? entry.hex ?? '',
      entry.text === undefined ? 'hex' : 'utf8',
    ).toString('latin1');
    current.pieces.push({ index, entry, octets, start: current.octets.length });
    current.octets += octets;
    current.isCut = (entry.omittedBytes ?? 0) > 0;
    previous = index;
  }
  return stretches;
}

function maskPiece({ entry, octets, start }: Piece, ranges: readonly Range[]): TranscriptEntry {
  const end = start + octets.length;
  const touching = ranges.filter((range) => range.start < end && range.end > start);
  if (touching.length === 0) return entry;
  if (entry.text !== undefined)
    return { ...entry, text: Buffer.from(masked(octets, start, touching), 'latin1').toString() };
  const { hex: _secret, ...others } = entry;
  return { ...others, text: mask };
}

/** The octets with a mask for each range; `offset` is where they begin in what the ranges count in. */
function masked(octets: string, offset: number, ranges: readonly Range[]): string {
  let result = '';
  let at = 0;
  for (const { start, end } of ranges) {
    result += octets.slice(at, Math.max(at, start - offset)) + mask;
    at = end - offset;
  }
  return result + octets.slice(at);
}

/** The ranges in order, those that touch made one. */
function merged(ranges: readonly Range[]): Range[] {
  const result: Range[] = [];
  for (const { start, end } of [...ranges].sort((one, other) => one.start - other.start)) {
    const last = result.at(-1);
    if (last && start <= last.end) last.end = Math.max(last.end, end);
    else if (end > start) result.push({ start, end });
  }
  return result;
}

function indexOr(octets: string, wanted: string, otherwise: number): number {
  const index = octets.indexOf(wanted);
  return index < 0 ? otherwise : index;
}
