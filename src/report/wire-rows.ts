import type { CaseResult, Evidence, Failure, RunRecord, TranscriptEntry } from '../record/record.schema.ts';
import { type FramePart, FrameReader, joined } from './wire-frames.ts';

/** What a chunk holds: text, octets that are none, or WebSocket frames. */
export type WirePart =
  | { kind: 'xml' | 'text'; text: string }
  | { kind: 'octets'; octets: Uint8Array }
  | FramePart;

/** What kind of mark an event is drawn with. */
export type WireMark = 'cut' | 'halt' | 'restore' | 'slow' | 'end' | 'tls' | 'note';

/** One row of the diagram of what passed. */
export type WireRow =
  | { kind: 'step'; at: number; actor: string; text: string; failed: boolean }
  | {
      kind: 'octets';
      at: number;
      actor: string;
      direction: 'sent' | 'received';
      bytes: number;
      omittedBytes: number;
      parts: WirePart[];
    }
  | { kind: 'event'; at: number; actor: string; mark: WireMark; text: string }
  /** What the server logged. */
  | { kind: 'log'; at: number; text: string }
  | { kind: 'omitted'; entries: number; bytes: number };

export interface Wire {
  /** Who takes part, in the order in which they appear; the server is not among them. */
  actors: string[];
  /** What passed before the first step: what is given being set up. */
  setUp: WireRow[];
  rows: WireRow[];
}

/** Actors that are not at the other end of a connection: what they do is done to the server, or to others' connections. */
const noLane = new Set(['network', 'server']);

/** What passed in a case, as rows of a sequence diagram. */
export function wireOf(evidence: Evidence, failure: Failure | undefined): Wire {
  const { transcript, omitted } = evidence;
  const reader = new WireReader();
  const passed: WireRow[] = [];
  const failed = failedStep(transcript, failure);
  for (const [index, entry] of transcript.entries()) {
    if (omitted?.after === index) {
      passed.push({ kind: 'omitted', entries: omitted.entries, bytes: omitted.bytes });
      reader.skip();
    }
    passed.push(...reader.rows(entry, index === failed));
  }
  if (omitted?.after === transcript.length)
    passed.push({ kind: 'omitted', entries: omitted.entries, bytes: omitted.bytes });
  const rows = withLog(passed, evidence);
  const begins = rows.findIndex((row) => row.kind === 'step');
  const setUp = failure?.kind === 'setup' || begins < 0 ? [] : rows.slice(0, begins);
  return {
    actors: actorsOf(transcript),
    setUp,
    rows: rows.slice(setUp.length),
  };
}

/** Whether the rows hold what the server logged: older records do not say when it did. */
export function logIsPlaced({ serverLog = [], serverLogAt = [] }: Evidence): boolean {
  return serverLog.length > 0 && serverLog.length === serverLogAt.length;
}

/** The rows, and between them what the server logged meanwhile. */
function withLog(rows: readonly WireRow[], evidence: Evidence): WireRow[] {
  if (!logIsPlaced(evidence)) return [...rows];
  const { serverLog = [], serverLogAt = [] } = evidence;
  const log = serverLog.map((text, index): WireRow => ({ kind: 'log', at: serverLogAt[index] ?? 0, text }));
  const all: WireRow[] = [];
  for (const row of rows) {
    while (log[0] && 'at' in row && 'at' in log[0] && log[0].at < row.at) all.push(...log.splice(0, 1));
    all.push(row);
  }
  return [...all, ...log];
}

/** Those who play in the steps first, in their order; then those who are only there. */
function actorsOf(transcript: Evidence['transcript']): string[] {
  const playing = transcript.filter(({ direction }) => direction === 'step');
  const names = new Set([...playing, ...transcript].map(({ actor }) => actor));
  return [...names].filter((actor) => !noLane.has(actor));
}

/** The last step that was begun is the one that failed, where it is the one that the failure names. */
function failedStep(transcript: Evidence['transcript'], failure: Failure | undefined): number {
  if (!failure?.step) return -1;
  const sentence = plain(failure.step.sentence);
  return transcript.findLastIndex(
    ({ direction, text = '' }) =>
      direction === 'step' && (plain(text).startsWith(sentence) || sentence.startsWith(plain(text))),
  );
}

function plain(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}

/** Follows the connections of all actors of a case, entry by entry. */
export class WireReader {
  readonly #readers = new Map<string, ActorReader>();

  rows(entry: TranscriptEntry, failed = false): WireRow[] {
    const reader = this.#readers.get(entry.actor) ?? new ActorReader();
    this.#readers.set(entry.actor, reader);
    return reader.rows(entry, failed);
  }

  /** Chunks are missing from here on. */
  skip(): void {
    for (const reader of this.#readers.values()) reader.skip();
  }
}

/** Follows the connection of one actor: whether XML, HTTP or WebSocket frames pass on it. */
class ActorReader {
  #frames: Record<'sent' | 'received', FrameReader> | undefined;
  /** The server agreed to TLS. Older records do not tell of the handshake; what comes next is in them decrypted. */
  #proceeds = false;

  /** What comes next is taken to begin with a frame: where the last one ends is not known any more. */
  skip(): void {
    if (this.#frames) this.#frames = newFrames();
    this.#proceeds = false;
  }

  rows(entry: TranscriptEntry, failed: boolean): WireRow[] {
    const { at, actor, direction, text = '', bytes, omittedBytes = 0 } = entry;
    if (direction === 'step') return [{ kind: 'step', at, actor, text, failed }];
    if (direction === 'event') return [this.#event(entry)];
    const rows: WireRow[] = [];
    if (this.#proceeds) {
      rows.push({ kind: 'event', at, actor, mark: 'tls', text: 'TLS from here on, shown decrypted' });
      this.#proceeds = false;
    }
    const parts = this.#parts(entry, direction);
    this.#proceeds = direction === 'received' && /<proceed\s[^>]*xmpp-tls/.test(text);
    rows.push({ kind: 'octets', at, actor, direction, bytes, omittedBytes, parts });
    return rows;
  }

  #event({ at, actor, text = '' }: TranscriptEntry): WireRow {
    if (/^HTTP\/2(\.0)? 2/.test(text)) this.#switch();
    if (text.startsWith('TLS from here on')) {
      this.#proceeds = false;
      return { kind: 'event', at, actor, mark: 'tls', text };
    }
    // `cuts romeo` is said of the network; it happens to Romeo's connection.
    const [, verb = '', whom] =
      /^(cuts?|halts|restores|slows|slices)(?: \d+ of \d+ of)? ([\w-]+)/.exec(text) ?? [];
    if (verb === '') return { kind: 'event', at, actor, mark: endOf(text), text };
    return {
      kind: 'event',
      at,
      actor: whom ?? actor,
      mark: marks[verb] ?? 'note',
      text: `the network ${text}`,
    };
  }

  #switch(): void {
    this.#frames ??= newFrames();
  }

  #parts({ text, hex, omittedBytes = 0 }: TranscriptEntry, direction: 'sent' | 'received'): WirePart[] {
    const octets = text === undefined ? fromHex(hex ?? '') : undefined;
    // The actor has connected anew, and asks for WebSocket once more.
    if (direction === 'sent' && /^GET \S+ HTTP\/1\.1\r\n/.test(text ?? '')) this.#frames = undefined;
    if (this.#frames) return this.#frames[direction].read(octets ?? encoder.encode(text), omittedBytes);
    const head = text ?? latin1(octets ?? new Uint8Array(0));
    if (direction === 'received' && /^HTTP\/1\.1 101 /.test(head))
      return this.#switched(head, octets, omittedBytes);
    if (octets) return octets.length > 0 ? [{ kind: 'octets', octets }] : [];
    return [{ kind: head.trimStart().startsWith('<') ? 'xml' : 'text', text: head }];
  }

  /** Behind the head of the answer, frames may stand in the same chunk. */
  #switched(text: string, octets: Uint8Array | undefined, omitted: number): WirePart[] {
    this.#switch();
    const end = text.indexOf('\r\n\r\n');
    if (end < 0) return [{ kind: 'text', text }];
    const rest = (octets ?? encoder.encode(text)).subarray(end + 4);
    const frames = this.#frames?.received.read(joined(new Uint8Array(0), rest), omitted) ?? [];
    return [{ kind: 'text', text: text.slice(0, end + 4) }, ...frames];
  }
}

function newFrames(): Record<'sent' | 'received', FrameReader> {
  return { sent: new FrameReader(), received: new FrameReader() };
}

const marks: Readonly<Record<string, WireMark>> = {
  cut: 'cut',
  cuts: 'cut',
  halts: 'halt',
  restores: 'restore',
  slows: 'slow',
  slices: 'slow',
};

function endOf(text: string): WireMark {
  return /^(connection ended|the end of the connection|a reset of the connection)/.test(text)
    ? 'end'
    : 'note';
}

const encoder = new TextEncoder();

function fromHex(hex: string): Uint8Array {
  const octets = new Uint8Array(hex.length >> 1);
  for (let at = 0; at < octets.length; at++) octets[at] = Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16);
  return octets;
}

function latin1(octets: Uint8Array): string {
  return Array.from(octets, (octet) => String.fromCharCode(octet)).join('');
}

/** The octets as text, where they are UTF-8 without control characters. */
export function textOfOctets(octets: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(octets);
    return /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}

/** Lines of sixteen octets: their place, their digits, and what of them is ASCII. */
export function hexLines(octets: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < octets.length; at += 16) {
    const row = [...octets.subarray(at, at + 16)];
    const digits = row.map((octet) => octet.toString(16).padStart(2, '0')).join(' ');
    const letters = row
      .map((octet) => (octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '·'))
      .join('');
    lines.push(`${at.toString(16).padStart(4, '0')}  ${digits.padEnd(47)}  ${letters}`);
  }
  return lines;
}

/** What plays exactly this case again. */
export function commandFor(
  {
    target,
    suites,
  }: { target: Pick<RunRecord['target'], 'name' | 'file'>; suites?: Pick<RunRecord['suites'], 'paths'> },
  { id }: Pick<CaseResult, 'id'>,
): string {
  const from = (suites?.paths ?? []).map((path) => ` --suites ${wordFor(path)}`).join('');
  // What a target claims is looked at in every run, and is no case that could be chosen.
  const only = id.startsWith('claims/') ? '' : ` --only ${quoted(id)}`;
  return `npx touchstone run --target ${wordFor(target.file ?? target.name)}${from}${only}`;
}

function wordFor(text: string): string {
  return /^[\w@./:-]+$/.test(text) ? text : quoted(text);
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
