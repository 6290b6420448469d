import { isUtf8 } from 'node:buffer';

/** So much is judged at a time, in octets. */
const stretch = 65_536;

/**
 * Tells at the first octet that cannot be part of UTF-8 (RFC 3629) that a text is none, however it is cut into
 * parts.
 */
export class Utf8Validator {
  /** The octets of a character that has begun. */
  #begun: number[] = [];

  /** How many octets were found right so far, from the first one on. */
  good = 0;

  /** Reads more of the text; false as soon as it can no longer become UTF-8, and `good` then says where. */
  write(part: Buffer): boolean {
    for (let at = 0; at < part.length; at += stretch)
      if (!this.#writeStretch(part.subarray(at, at + stretch))) return false;
    return true;
  }

  #writeStretch(part: Buffer): boolean {
    let at = 0;
    while (this.#begun.length > 0 && at < part.length) if (!this.#take(part[at++] ?? 0)) return false;
    const rest = part.subarray(at);
    const tail = incompleteTail(rest);
    const whole = rest.subarray(0, rest.length - tail);
    const isGood = isUtf8(whole);
    if (isGood) this.good += whole.length;
    // What is bad is read once more, octet by octet, to see where.
    return (isGood ? rest.subarray(whole.length) : whole).every((octet) => this.#take(octet)) && isGood;
  }

  /** Whether the text may end here. */
  get complete(): boolean {
    return this.#begun.length === 0;
  }

  #take(octet: number): boolean {
    this.#begun.push(octet);
    const state = characterState(this.#begun);
    if (state === 'whole') this.#begun = [];
    if (state === 'bad') return false;
    this.good++;
    return true;
  }
}

/** How many octets at the end begin a character that is not whole: 0 to 3. */
function incompleteTail(octets: Buffer): number {
  for (let back = 1; back <= 3 && back <= octets.length; back++) {
    const octet = octets[octets.length - back] ?? 0;
    if (octet < 0x80) return 0;
    if (octet >= 0xc0) return back < lengthOf(octet) ? back : 0;
  }
  return 0;
}

function lengthOf(lead: number): number {
  if (lead < 0x80) return 1;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
}

/** RFC 3629 section 4: which second octets may follow which first ones. */
function characterState(octets: readonly number[]): 'whole' | 'begun' | 'bad' {
  const [lead = 0, second, ...others] = octets;
  if (lead < 0x80) return 'whole';
  if (lead < 0xc2 || lead > 0xf4) return 'bad';
  if (second === undefined) return 'begun';
  const least = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return 'bad';
  if (others.some((octet) => octet < 0x80 || octet > 0xbf)) return 'bad';
  return octets.length === lengthOf(lead) ? 'whole' : 'begun';
}
