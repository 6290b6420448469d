import { cutText } from './bounds.ts';
import type { Evidence, TranscriptEntry } from './record.schema.ts';

/** How much is kept of the beginning of a case, and as much again of its end. */
const keptEntries = 200;
const keptOctets = 65_536;
/** Octets of one chunk that are shown; the rest is only counted. */
const shownOctets = 4_096;
const shownInHex = 256;
/** Characters of one event or step. */
const longestEvent = 1_000;

interface Entry {
  at: number;
  actor: string;
  direction: TranscriptEntry['direction'];
  shown: Buffer | string;
  bytes: number;
}

/** What passed in one case, in bounded memory: its beginning and its end are kept, the middle is counted. */
export class Transcript {
  readonly #began = performance.now();
  readonly #first: Entry[] = [];
  #firstOctets = 0;
  #firstIsFull = false;
  readonly #last = new LastEntries();
  readonly #onEntry: ((entry: TranscriptEntry) => void) | undefined;

  /** `onEntry` is told of each entry as it comes, those too that are dropped later; secrets and all. */
  constructor(onEntry?: (entry: TranscriptEntry) => void) {
    this.#onEntry = onEntry;
  }

  /** Octets that an actor sent or received, decrypted. */
  bytes(actor: string, direction: 'sent' | 'received', bytes: Buffer): void {
    // A copy: the chunk may be a view of a buffer that is used again, or of one that is very large.
    const shown = Buffer.from(bytes.subarray(0, shownOctets));
    this.#add({ at: this.#now(), actor, direction, shown, bytes: bytes.length });
  }

  /** Something that happened to an actor. */
  event(actor: string, text: string): void {
    this.#add({ at: this.#now(), actor, direction: 'event', shown: cutText(text, longestEvent), bytes: 0 });
  }

  /** The step that is played from here on. */
  step(actor: string, sentence: string): void {
    this.#add({
      at: this.#now(),
      actor,
      direction: 'step',
      shown: cutText(sentence, longestEvent),
      bytes: 0,
    });
  }

  #now(): number {
    return Math.round((performance.now() - this.#began) * 10) / 10;
  }

  #add(entry: Entry): void {
    this.#onEntry?.(written(entry));
    const octets = this.#firstOctets + entry.shown.length;
    this.#firstIsFull ||= this.#first.length >= keptEntries || octets > keptOctets;
    if (this.#firstIsFull) {
      this.#last.add(entry);
      return;
    }
    this.#first.push(entry);
    this.#firstOctets = octets;
  }

  /** The transcript as the record holds it, secrets and all: `Redaction` takes them out. */
  toEvidence(): Evidence {
    const transcript = [...this.#first, ...this.#last.entries()].map(written);
    const { droppedEntries: entries, droppedBytes: bytes } = this.#last;
    return entries === 0
      ? { transcript }
      : { transcript, omitted: { after: this.#first.length, entries, bytes } };
  }
}

/** A queue that forgets its oldest entries when it holds too many of them, or too many octets. */
class LastEntries {
  #kept: Entry[] = [];
  /** Where the queue begins: what stands before is dropped, and cut off now and then. */
  #head = 0;
  #octets = 0;
  droppedEntries = 0;
  droppedBytes = 0;

  add(entry: Entry): void {
    this.#kept.push(entry);
    this.#octets += entry.shown.length;
    while (this.#kept.length - this.#head > keptEntries || this.#octets > keptOctets) this.#drop();
    if (this.#head < keptEntries) return;
    this.#kept = this.#kept.slice(this.#head);
    this.#head = 0;
  }

  entries(): Entry[] {
    return this.#kept.slice(this.#head);
  }

  #drop(): void {
    const oldest = this.#kept[this.#head++];
    if (!oldest) return;
    this.#octets -= oldest.shown.length;
    this.droppedEntries++;
    this.droppedBytes += oldest.bytes;
  }
}

function written({ at, actor, direction, shown, bytes }: Entry): TranscriptEntry {
  const entry = { at, actor, direction, bytes };
  if (typeof shown === 'string') return { ...entry, text: shown };
  const text = textOf(shown);
  const octets = text === undefined ? shown.subarray(0, shownInHex) : Buffer.from(text);
  const omittedBytes = bytes - octets.length;
  return {
    ...entry,
    ...(text === undefined ? { hex: octets.toString('hex') } : { text }),
    ...(omittedBytes > 0 ? { omittedBytes } : {}),
  };
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * The octets as text where they are nothing else: UTF-8 without control characters. A character that is cut in two
 * where the chunk ends is left out.
 */
function textOf(octets: Buffer): string | undefined {
  for (let cut = 0; cut < 4 && cut <= octets.length; cut++) {
    try {
      const text = decoder.decode(octets.subarray(0, octets.length - cut));
      return /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? undefined : text;
    } catch {
      // Perhaps it is only the last character that is not whole.
    }
  }
  return undefined;
}
