import { Http2Error } from './http2-error.ts';
import { decodeHuffman } from './huffman.ts';

/** A header field, or a pseudo-header field such as `:status`, as it stands on the wire. */
export type Field = readonly [name: string, value: string];

/** RFC 7541 appendix A, from index 1 on. */
const staticTable: readonly Field[] = [
  [':authority', ''],
  [':method', 'GET'],
  [':method', 'POST'],
  [':path', '/'],
  [':path', '/index.html'],
  [':scheme', 'http'],
  [':scheme', 'https'],
  ...['200', '204', '206', '304', '400', '404', '500'].map((status): Field => [':status', status]),
  ['accept-charset', ''],
  ['accept-encoding', 'gzip, deflate'],
  ...(
    'accept-language accept-ranges accept access-control-allow-origin age allow authorization cache-control ' +
    'content-disposition content-encoding content-language content-length content-location content-range ' +
    'content-type cookie date etag expect expires from host if-match if-modified-since if-none-match if-range ' +
    'if-unmodified-since last-modified link location max-forwards proxy-authenticate proxy-authorization range ' +
    'referer refresh retry-after server set-cookie strict-transport-security transfer-encoding user-agent vary ' +
    'via www-authenticate'
  )
    .split(' ')
    .map((name): Field => [name, '']),
];

/** What a field costs in a table, beside its octets (RFC 7541 section 4.1). */
const fieldCost = 32;
/** The table that this side's decoder offers, in octets: what HTTP/2 begins with. */
const tableSize = 4_096;
/** A header list may be so large when it is decoded, in octets; a few octets can stand for many. */
const largestList = 262_144;

/** Every field as a literal that enters no table (RFC 7541 section 6.2.2), so that nothing has to be remembered. */
export function encodeFields(fields: readonly Field[]): Buffer {
  const parts = fields.flatMap(([name, value]) => [Buffer.from([0]), encodeText(name), encodeText(value)]);
  return Buffer.concat(parts);
}

function encodeText(text: string): Buffer {
  const octets = Buffer.from(text, 'latin1');
  return Buffer.concat([encodeInteger(octets.length, 7), octets]);
}

/** RFC 7541 section 5.1; the bits before the prefix are 0. */
function encodeInteger(value: number, prefix: number): Buffer {
  const most = 2 ** prefix - 1;
  if (value < most) return Buffer.from([value]);
  const octets = [most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) octets.push((rest % 128) + 128);
  return Buffer.from([...octets, rest]);
}

/** Reads the header blocks of one direction of a connection, in order. */
export class FieldDecoder {
  #table: Field[] = [];
  #size = 0;
  #limit = tableSize;

  /** The fields of a block. Throws `Http2Error` where it is malformed, or stands for too much. */
  decode(block: Buffer): Field[] {
    const reader = new BlockReader(block);
    const fields: Field[] = [];
    let octets = 0;
    while (!reader.done) {
      const field = this.#next(reader, fields.length === 0);
      if (!field) continue;
      octets += costOf(field);
      if (octets > largestList)
        throw compressionError(`the header list is longer than ${largestList} octets`);
      fields.push(field);
    }
    return fields;
  }

  #next(reader: BlockReader, first: boolean): Field | undefined {
    const octet = reader.peek();
    if (octet >= 0x80) return this.#field(reader.integer(7));
    if (octet >= 0x40) return this.#remember(this.#literal(reader, 6));
    if (octet < 0x20) return this.#literal(reader, 4);
    const limit = reader.integer(5);
    if (!first || limit > tableSize)
      throw compressionError(`a table of ${limit} octets where that may not be`);
    this.#limit = limit;
    this.#evict();
    return undefined;
  }

  #literal(reader: BlockReader, prefix: number): Field {
    const index = reader.integer(prefix);
    const name = index === 0 ? reader.text() : this.#field(index)[0];
    return [name, reader.text()];
  }

  #field(index: number): Field {
    const field = staticTable[index - 1] ?? this.#table[index - 1 - staticTable.length];
    if (!field) throw compressionError(`there is no field ${index} in the tables`);
    return field;
  }

  #remember(field: Field): Field {
    this.#table.unshift(field);
    this.#size += costOf(field);
    this.#evict();
    return field;
  }

  #evict(): void {
    while (this.#size > this.#limit) {
      const oldest = this.#table.pop();
      this.#size = oldest ? this.#size - costOf(oldest) : 0;
    }
  }
}

class BlockReader {
  readonly #block: Buffer;
  #at = 0;

  constructor(block: Buffer) {
    this.#block = block;
  }

  get done(): boolean {
    return this.#at >= this.#block.length;
  }

  peek(): number {
    return this.#block[this.#at] ?? 0;
  }

  /** RFC 7541 section 5.1; no number here needs more than four octets after its prefix. */
  integer(prefix: number): number {
    const most = 2 ** prefix - 1;
    let value = this.#octet() & most;
    if (value < most) return value;
    for (let shift = 0; shift < 28; shift += 7) {
      const octet = this.#octet();
      value += (octet & 0x7f) * 2 ** shift;
      if (octet < 0x80) return value;
    }
    throw compressionError('a number in the header block does not end');
  }

  text(): string {
    const coded = this.peek() >= 0x80;
    const length = this.integer(7);
    const octets = this.#block.subarray(this.#at, this.#at + length);
    if (octets.length < length) throw compressionError('the header block ends inside a text');
    this.#at += length;
    const plain = coded ? decodeHuffman(octets) : octets;
    if (!plain) throw compressionError('a text in the header block is not in the Huffman code');
    return plain.toString('latin1');
  }

  #octet(): number {
    const octet = this.#block[this.#at++];
    if (octet === undefined) throw compressionError('the header block ends inside a field');
    return octet;
  }
}

function costOf([name, value]: Field): number {
  return name.length + value.length + fieldCost;
}

function compressionError(text: string): Http2Error {
  return new Http2Error('COMPRESSION_ERROR', '4.3 of RFC 9113', text);
}
