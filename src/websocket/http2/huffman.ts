/** The symbols of HPACK's Huffman code by the length of their code words, in bits (RFC 7541 appendix B). */
const symbolsByLength: Readonly<Record<number, string>> = {
  5: '48-50 97 99 101 105 111 115 116',
  6: '32 37 45-47 51-57 61 65 95 98 100 102-104 108-110 112 114 117',
  7: '58 66-87 89 106 107 113 118-122',
  8: '38 42 44 59 88 90',
  10: '33 34 40 41 63',
  11: '39 43 124',
  12: '35 62',
  13: '0 36 64 91 93 126',
  14: '94 125',
  15: '60 96 123',
  19: '92 195 208',
  20: '128 130 131 162 184 194 224 226',
  21: '153 161 167 172 176 177 179 209 216 217 227 229 230',
  22: '129 132-134 136 146 154 156 160 163 164 169 170 173 178 181 185-187 189 190 196 198 228 232 233',
  23: '1 135 137-141 143 147 149-152 155 157 158 165 166 168 174 175 180 182 183 188 191 197 231 239',
  24: '9 142 144 145 148 159 171 206 215 225 236 237',
  25: '199 207 234 235',
  26: '192 193 200-202 205 210 213 218 219 238 240 242 243 255',
  27: '203 204 211 212 214 221-223 241 244-248 250-254',
  28: '2-8 11 12 14-21 23-31 127 220 249',
  30: '10 13 22 256',
};

/** The end of a string, of which only the first bits may come, as padding. */
const endOfString = 256;

interface Branch {
  symbol?: number;
  next: [Branch | undefined, Branch | undefined];
}

/** The code is canonical: words of one length follow each other in the order of their symbols. */
function plant(): Branch {
  const root: Branch = { next: [undefined, undefined] };
  let word = 0;
  let bits = 0;
  for (const [length, ranges] of Object.entries(symbolsByLength)) {
    word *= 2 ** (Number(length) - bits);
    bits = Number(length);
    for (const symbol of ranges.split(' ').flatMap(symbolsIn)) hang(root, word++, bits, symbol);
  }
  return root;
}

function symbolsIn(range: string): number[] {
  const [first = 0, last = first] = range.split('-').map(Number);
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

function hang(root: Branch, word: number, bits: number, symbol: number): void {
  let branch = root;
  for (let bit = bits - 1; bit >= 0; bit--) {
    const side = bitOf(word, bit);
    const next: Branch = branch.next[side] ?? { next: [undefined, undefined] };
    branch.next[side] = next;
    branch = next;
  }
  branch.symbol = symbol;
}

function bitOf(word: number, bit: number): 0 | 1 {
  return (Math.floor(word / 2 ** bit) & 1) === 1 ? 1 : 0;
}

const tree = plant();

/** The octets that a Huffman-coded string stands for; undefined where it is none (RFC 7541 section 5.2). */
export function decodeHuffman(coded: Buffer): Buffer | undefined {
  const octets: number[] = [];
  let branch = tree;
  let since = 0;
  let onlyOnes = true;
  for (const octet of coded) {
    for (let bit = 7; bit >= 0; bit--) {
      const side = bitOf(octet, bit);
      const next = branch.next[side];
      if (!next || next.symbol === endOfString) return undefined;
      branch = next;
      since++;
      onlyOnes &&= side === 1;
      if (next.symbol === undefined) continue;
      octets.push(next.symbol);
      [branch, since, onlyOnes] = [tree, 0, true];
    }
  }
  // What is left is padding: fewer than eight bits, all ones.
  return since < 8 && onlyOnes ? Buffer.from(octets) : undefined;
}
