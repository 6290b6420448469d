import type { TranscriptEntry } from './record.schema.ts';
import { Redaction } from './redaction.ts';

/** So many entries before one are looked at: a secret can be cut over several chunks. */
const lookedBack = 20;

/**
 * Takes secrets out of what passes in a case while it passes. What comes next is not known yet: what may be the
 * beginning of a secret at the end of a chunk is taken for one.
 */
export class LiveRedaction {
  readonly #before: TranscriptEntry[] = [];

  /** The entry without secrets. Entries are to be given in their order, all of them. */
  entry(entry: TranscriptEntry, secrets: Iterable<string>): TranscriptEntry {
    const isOctets = entry.direction === 'sent' || entry.direction === 'received';
    const cut = isOctets ? { ...entry, omittedBytes: Math.max(1, entry.omittedBytes ?? 0) } : entry;
    const { transcript } = new Redaction(secrets).evidence({ transcript: [...this.#before, cut] });
    this.#before.push(entry);
    if (this.#before.length > lookedBack) this.#before.shift();
    const { omittedBytes: _cut, ...clean } = transcript.at(-1) ?? entry;
    return entry.omittedBytes === undefined ? clean : { ...clean, omittedBytes: entry.omittedBytes };
  }
}
