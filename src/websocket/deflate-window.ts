/** What a length or distance code stands for: a base, and how many further bits are added to it (RFC 1951 section 3.2.5). */
export const lengthExtraBits = [...'00000000111122223333444455550'].map(Number);
export const distanceExtraBits = Array.from({ length: 30 }, (_, code) => Math.max(0, (code >> 1) - 1));
export const distanceBases = distanceExtraBits.map((extra, code) =>
  code < 2 ? code + 1 : (2 + (code & 1)) * 2 ** extra + 1,
);
/** In this order the lengths of the codes for code lengths come (section 3.2.7). */
const codeLengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

const longestCode = 15;
const endOfBlock = 256;
/** Bits that are read in one go: a few milliseconds, also where blocks are so small that all is codes. */
const bitsInOneGo = 100_000;

/** A Huffman code by the number of its codes of each length, and its symbols in the order of their codes. */
interface Huffman {
  counts: Uint16Array;
  symbols: Uint16Array;
}

function huffmanOf(lengths: readonly number[] | Uint8Array): Huffman {
  const counts = new Uint16Array(longestCode + 1);
  for (const length of lengths) counts[length] = (counts[length] ?? 0) + 1;
  counts[0] = 0;
  const next = new Uint16Array(longestCode + 2);
  for (let length = 1; length <= longestCode; length++)
    next[length + 1] = (next[length] ?? 0) + (counts[length] ?? 0);
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length: number, symbol: number) => {
    if (length === 0) return;
    const at = next[length] ?? 0;
    symbols[at] = symbol;
    next[length] = at + 1;
  });
  return { counts, symbols };
}

const fixedCodes = {
  literals: huffmanOf(
    Array.from({ length: 288 }, (_, symbol) => (symbol < 144 ? 8 : symbol < 256 ? 9 : symbol < 280 ? 7 : 8)),
  ),
  distances: huffmanOf(Array.from({ length: 30 }, () => 5)),
};

/**
 * The first reference in DEFLATE data that leads further back than a window, in octets; undefined where there is
 * none. The data must be such as zlib inflates, up to its last block. (zlib itself is no judge: it takes a reference
 * that leads back into the part of the output that it is at, however small the window.) Yields from time to time, so
 * that the caller can do something else.
 */
export function* referenceBeyond(octets: Buffer, window: number): Generator<void, number | undefined> {
  const bits = new BitReader(octets);
  for (let last = false; !last; ) {
    last = bits.read(1) === 1;
    const codes = codesOfBlock(bits);
    const beyond = codes ? yield* referenceInBlock(bits, codes, window) : undefined;
    if (beyond !== undefined) return beyond;
    if (bits.isTimeForABreak()) yield;
  }
  return undefined;
}

interface Codes {
  literals: Huffman;
  distances: Huffman;
}

function* referenceInBlock(
  bits: BitReader,
  { literals, distances }: Codes,
  window: number,
): Generator<void, number | undefined> {
  for (;;) {
    const symbol = bits.decode(literals);
    if (symbol === endOfBlock) return undefined;
    if (symbol > endOfBlock) {
      bits.read(lengthExtraBits[symbol - endOfBlock - 1] ?? 0);
      const code = bits.decode(distances);
      const distance = (distanceBases[code] ?? 0) + bits.read(distanceExtraBits[code] ?? 0);
      if (distance > window) return distance;
    }
    if (bits.isTimeForABreak()) yield;
  }
}

/** What follows the first bit of a block; a block that is stored as it is has no codes, and is skipped. */
function codesOfBlock(bits: BitReader): Codes | undefined {
  const type = bits.read(2);
  if (type === 1) return fixedCodes;
  if (type === 2) return readCodes(bits);
  bits.skipStored();
  return undefined;
}

/** The codes of a block that brings its own (section 3.2.7). */
function readCodes(bits: BitReader): Codes {
  const literals = bits.read(5) + 257;
  const distances = bits.read(5) + 1;
  const count = bits.read(4) + 4;
  const codeLengths = new Uint8Array(codeLengthOrder.length);
  for (const symbol of codeLengthOrder.slice(0, count)) codeLengths[symbol] = bits.read(3);
  const code = huffmanOf(codeLengths);
  const lengths = new Uint8Array(literals + distances);
  for (let at = 0; at < lengths.length; ) {
    const symbol = bits.decode(code);
    if (symbol < 16) {
      lengths[at++] = symbol;
      continue;
    }
    const length = symbol === 16 ? (lengths[at - 1] ?? 0) : 0;
    const times = symbol === 16 ? 3 + bits.read(2) : symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7);
    lengths.fill(length, at, at + times);
    at += times;
  }
  return {
    literals: huffmanOf(lengths.subarray(0, literals)),
    distances: huffmanOf(lengths.subarray(literals)),
  };
}

/** Reads bits, the least significant of each octet first. */
class BitReader {
  readonly #octets: Buffer;
  #position = 0;
  #break = bitsInOneGo;

  constructor(octets: Buffer) {
    this.#octets = octets;
  }

  /** True once for so many bits. */
  isTimeForABreak(): boolean {
    if (this.#position < this.#break) return false;
    this.#break = this.#position + bitsInOneGo;
    return true;
  }

  /** As a number; 13 bits at the most are ever asked for. */
  read(count: number): number {
    const value = this.#ahead() & ((1 << count) - 1);
    this.#take(count);
    return value;
  }

  /** The symbol of the code that comes next: codes of one length are numbers one after another. */
  decode({ counts, symbols }: Huffman): number {
    let ahead = this.#ahead();
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= longestCode; length++) {
      code |= ahead & 1;
      ahead >>>= 1;
      const count = counts[length] ?? 0;
      if (code - count < first) {
        this.#take(length);
        return symbols[index + (code - first)] ?? 0;
      }
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new RangeError('DEFLATE data holds a code that stands for nothing');
  }

  /** The next 17 bits at least, as far as there are any. */
  #ahead(): number {
    const at = this.#position >>> 3;
    const three =
      (this.#octets[at] ?? 0) | ((this.#octets[at + 1] ?? 0) << 8) | ((this.#octets[at + 2] ?? 0) << 16);
    return three >>> (this.#position & 7);
  }

  #take(count: number): void {
    this.#position += count;
    if (this.#position > this.#octets.length * 8) throw new RangeError('DEFLATE data ends inside a block');
  }

  /** A block of octets as they are: its length, its length again with all bits turned, and so many octets. */
  skipStored(): void {
    const at = (this.#position + 7) >>> 3;
    this.#position = (at + 4 + this.#octets.readUInt16LE(at)) * 8;
  }
}
