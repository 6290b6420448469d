import type { Evidence, TranscriptEntry } from './record.schema.ts';

/** Entries kept from the beginning and from the end of a case. */
const keptFirst = 200;
const keptLast = 200;
/** Octets of one chunk that are shown; the rest is only counted. */
const shownOctets = 4_096;
const shownInHex = 256;

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
  #last: Entry[] = [];
  #omittedEntries = 0;
  #omittedBytes = 0;

  /** Octets that an actor sent or received, decrypted. */
  bytes(actor: string, direction: 'sent' | 'received', bytes: Buffer): void {
    // A copy: the chunk may be a view of a buffer that is used again, or of one that is very large.
    const shown = Buffer.from(bytes.subarray(0, shownOctets));
    this.#add({ at: this.#now(), actor, direction, shown, bytes: bytes.length });
  }

  /** Something that happened to an actor. */
  event(actor: string, text: string): void {
    this.#add({ at: this.#now(), actor, direction: 'event', shown: text, bytes: 0 });
  }

  /** The step that is played from here on. */
  step(actor: string, sentence: string): void {
    this.#add({ at: this.#now(), actor, direction: 'step', shown: sentence, bytes: 0 });
  }

  #now(): number {
    return Math.round((performance.now() - this.#began) * 10) / 10;
  }

  #add(entry: Entry): void {
    if (this.#first.length < keptFirst) {
      this.#first.push(entry);
      return;
    }
    this.#last.push(entry);
    if (this.#last.length < keptLast * 2) return;
    const dropped = this.#last.slice(0, keptLast);
    this.#last = this.#last.slice(keptLast);
    this.#omittedEntries += dropped.length;
    for (const { bytes } of dropped) this.#omittedBytes += bytes;
  }

  /** The transcript as the record holds it. */
  toEvidence(): Evidence {
    const transcript = [...this.#first, ...this.#last].map(written);
    if (this.#omittedEntries === 0) return { transcript };
    return { transcript, omitted: { entries: this.#omittedEntries, bytes: this.#omittedBytes } };
  }
}

function written({ at, actor, direction, shown, bytes }: Entry): TranscriptEntry {
  const base = { at, actor, direction, bytes };
  if (typeof shown === 'string') return { ...base, text: shown };
  const text = textOf(shown);
  return text === undefined
    ? { ...base, hex: shown.subarray(0, shownInHex).toString('hex') }
    : { ...base, text };
}

const decoder = new TextDecoder('utf-8', { fatal: true });

/** The octets as text where they are nothing else: UTF-8 without control characters. A cut character at the end is left out. */
function textOf(octets: Buffer): string | undefined {
  for (let cut = 0; cut < 4 && cut <= octets.length; cut++) {
    try {
      const text = decoder.decode(octets.subarray(0, octets.length - cut));
      return /[\0-\x08\x0b\x0c\x0e-\x1f\x7f]/.test(text) ? undefined : text;
    } catch {
      // Perhaps a character was cut in two where the chunk or what is shown of it ends.
    }
  }
  return undefined;
}
