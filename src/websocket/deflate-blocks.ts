import { distanceBases, distanceExtraBits, lengthExtraBits } from './deflate-window.ts';

/** A length from 3 to 258 octets is copied from so many octets back: 1 to 32768. */
export interface Copy {
  copy: number;
  back: number;
  /** So many times one after another; once unless said otherwise. */
  times?: number;
}

/** One block of DEFLATE data (RFC 1951 section 3.2.3). */
export interface DeflateBlock {
  /** As they are, under the fixed codes, or under codes that the block brings along. */
  type: 'stored' | 'fixed' | 'dynamic';
  /** Octets, and references to what went before; a stored block has octets alone. */
  content: readonly (Buffer | Copy)[];
  /** BFINAL. */
  final?: boolean;
  /** So many such blocks one after another; one unless said otherwise. */
  times?: number;
}

const endOfBlock = 256;
/** Most that one stored block holds, in octets. */
export const largestStored = 65_535;

/** A code: its bits, the first of which is the most significant, and how many. */
type Code = readonly [bits: number, count: number];

/** What a block may write: each symbol's code, and what a copy is written as. */
interface Codes {
  literal(symbol: number): Code;
  distance(symbol: number): Code;
}

const fixed: Codes = {
  literal(symbol) {
    if (symbol < 144) return [0x30 + symbol, 8];
    if (symbol < 256) return [0x190 + symbol - 144, 9];
    return symbol < 280 ? [symbol - 256, 7] : [0xc0 + symbol - 280, 8];
  },
  distance: (symbol) => [symbol, 5],
};

/**
 * The codes that a dynamic block brings along: 1 bit for the longest copy and for each of the distances 1 and 2, so
 * that 1032 octets fit one octet as DEFLATE can do at most; 9 or 10 bits for everything else.
 */
const longestCopy = 285;
const literalLengths = Array.from({ length: longestCopy + 1 }, (_, symbol) => {
  if (symbol === longestCopy) return 1;
  return symbol < 255 ? 9 : symbol <= endOfBlock ? 10 : 0;
});
const dynamic: Codes = {
  literal(symbol) {
    if (symbol === longestCopy) return [0, 1];
    // Codes of one length are numbers one after another, those of a longer one follow (RFC 1951 section 3.2.2).
    if (symbol < 255) return [0x100 + symbol, 9];
    if (symbol <= endOfBlock) return [(0x100 + 255) * 2 + (symbol - 255), 10];
    throw new RangeError('a dynamic block copies 258 octets at a time');
  },
  distance(symbol) {
    if (symbol > 1) throw new RangeError('a dynamic block copies from 1 or 2 octets back');
    return [symbol, 1];
  },
};

/**
 * The payload of a compressed message that consists of these blocks: what RFC 7692 section 7.2.1 has a sender do
 * behind them is done, an empty stored block without its last four octets. Throws `RangeError` where DEFLATE, or the
 * codes of a dynamic block, cannot say what is wanted.
 */
export function encodeBlocks(blocks: readonly DeflateBlock[]): Buffer {
  const bits = new BitWriter();
  for (const block of blocks) bits.repeat(block.times ?? 1, () => writeBlock(bits, block));
  bits.write(0, 3);
  bits.align();
  return bits.take();
}

function writeBlock(bits: BitWriter, { type, content, final = false }: DeflateBlock): void {
  bits.write(final ? 1 : 0, 1);
  bits.write(['stored', 'fixed', 'dynamic'].indexOf(type), 2);
  if (type === 'stored') writeStored(bits, content);
  else writeCoded(bits, content, type === 'fixed' ? fixed : dynamic);
  // Padding follows a last block (RFC 7692 section 7.2.1), and every stored one ends at an octet anyway.
  if (final) bits.align();
}

function writeStored(bits: BitWriter, content: DeflateBlock['content']): void {
  const octets = Buffer.concat(content.filter((part) => Buffer.isBuffer(part)));
  if (content.some((part) => !Buffer.isBuffer(part))) throw new RangeError('a stored block copies nothing');
  if (octets.length > largestStored)
    throw new RangeError(`a stored block holds ${largestStored} octets at most, not ${octets.length}`);
  bits.align();
  const length = Buffer.alloc(4);
  length.writeUInt16LE(octets.length, 0);
  length.writeUInt16LE(octets.length ^ 0xffff, 2);
  bits.add(length);
  bits.add(octets);
}

function writeCoded(bits: BitWriter, content: DeflateBlock['content'], codes: Codes): void {
  if (codes === dynamic) writeCodeLengths(bits);
  for (const part of content) {
    if (Buffer.isBuffer(part)) for (const octet of part) bits.code(codes.literal(octet));
    else bits.repeat(part.times ?? 1, () => writeCopy(bits, part, codes));
  }
  bits.code(codes.literal(endOfBlock));
}

/** The head of a dynamic block (RFC 1951 section 3.2.7): each code length in use gets a code of two bits. */
function writeCodeLengths(bits: BitWriter): void {
  const used = [0, 1, 9, 10];
  bits.write(literalLengths.length - 257, 5);
  bits.write(2 - 1, 5);
  const order = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1];
  bits.write(order.length - 4, 4);
  for (const length of order) bits.write(used.includes(length) ? 2 : 0, 3);
  for (const length of [...literalLengths, 1, 1]) bits.code([used.indexOf(length), 2]);
}

function writeCopy(bits: BitWriter, { copy, back }: Copy, codes: Codes): void {
  if (copy < 3 || copy > 258) throw new RangeError(`DEFLATE copies 3 to 258 octets, not ${copy}`);
  if (back < 1 || back > 32_768)
    throw new RangeError(`DEFLATE copies from 1 to 32768 octets back, not ${back}`);
  const length = lastNotAbove(lengthBases, copy);
  bits.code(codes.literal(257 + length));
  bits.write(copy - (lengthBases[length] ?? 0), lengthExtraBits[length] ?? 0);
  const distance = lastNotAbove(distanceBases, back);
  bits.code(codes.distance(distance));
  bits.write(back - (distanceBases[distance] ?? 0), distanceExtraBits[distance] ?? 0);
}

/** The shortest copy of each length code; the last code stands for 258 alone. */
const lengthBases = lengthExtraBits.map((_, code) => {
  const before = lengthExtraBits.slice(0, code).reduce((sum, extra) => sum + 2 ** extra, 3);
  return code === lengthExtraBits.length - 1 ? 258 : before;
});

function lastNotAbove(bases: readonly number[], value: number): number {
  let found = 0;
  while (found + 1 < bases.length && (bases[found + 1] ?? 0) <= value) found++;
  return found;
}

/** Writes bits, the least significant of each octet first. */
class BitWriter {
  #octets = Buffer.alloc(1_024);
  #length = 0;
  #held = 0;
  #count = 0;

  /** A number, its least significant bit first; 16 bits at most. */
  write(value: number, count: number): void {
    this.#held |= value << this.#count;
    this.#count += count;
    while (this.#count >= 8) this.#flush();
  }

  /** A Huffman code, its most significant bit first. */
  code([value, count]: Code): void {
    for (let at = count - 1; at >= 0; at--) this.write((value >> at) & 1, 1);
  }

  /**
   * Lets the same be written again and again. Eight times anything ends at the same bit of an octet as it began, so
   * that from then on octets repeat, which are copied.
   */
  repeat(times: number, write: () => void): void {
    let written = 0;
    let period = this.#length;
    while (written < Math.min(times, 16)) {
      if (written === 8) period = this.#length;
      write();
      written++;
    }
    if (times > 16) {
      const octets = Buffer.from(this.#octets.subarray(period, this.#length));
      const more = Math.floor((times - 16) / 8);
      this.add(Buffer.alloc(octets.length * more, octets));
      written += more * 8;
    }
    for (; written < times; written++) write();
  }

  align(): void {
    if (this.#count > 0) this.#flush();
    this.#count = 0;
  }

  /** Octets where the last one is whole. */
  add(octets: Buffer): void {
    this.#makeRoom(octets.length);
    this.#length += octets.copy(this.#octets, this.#length);
  }

  take(): Buffer {
    return Buffer.from(this.#octets.subarray(0, this.#length));
  }

  #flush(): void {
    this.#makeRoom(1);
    this.#octets[this.#length++] = this.#held & 0xff;
    this.#held >>>= 8;
    this.#count -= 8;
  }

  #makeRoom(octets: number): void {
    if (this.#length + octets <= this.#octets.length) return;
    this.#octets = Buffer.concat([this.#octets, Buffer.alloc(Math.max(octets, this.#octets.length))]);
  }
}
