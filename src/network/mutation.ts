/** Numbers that look random and are the same for the same seed: whole ones from 0 to below `below`. */
export type Random = (below: number) => number;

/** A generator of 32 bits (mulberry32); fit for tests, not for secrets. */
export function randomOf(seed: number): Random {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Octets damaged in a few places: bits turned, stretches dropped, doubled, moved or made up. For tests. */
export function mutated(octets: Buffer, random: Random): Buffer {
  let damaged: Buffer = octets;
  for (let times = 1 + random(4); times > 0; times--) damaged = damagedOnce(damaged, random);
  return damaged;
}

function damagedOnce(octets: Buffer, random: Random): Buffer {
  const at = random(octets.length + 1);
  const [before, after] = [octets.subarray(0, at), octets.subarray(at)];
  const length = random(1 + Math.min(after.length, 2 ** random(8)));
  const [stretch, rest] = [after.subarray(0, length), after.subarray(length)];
  switch (random(6)) {
    case 0:
      return Buffer.concat([before, rest]);
    case 1:
      return Buffer.concat([before, stretch, stretch, rest]);
    case 2:
      return Buffer.concat([
        before,
        Buffer.from(Array.from({ length: random(20) }, () => random(256))),
        after,
      ]);
    case 3:
      return Buffer.concat([rest, before, stretch]);
    case 4:
      return before;
    default:
      return Buffer.concat([before, stretch.map((octet) => octet ^ (1 << random(8))), rest]);
  }
}

/** The octets cut anyhow into parts of up to `most` octets. */
export function slicedAnyhow(octets: Buffer, most: number, random: Random): Buffer[] {
  const slices: Buffer[] = [];
  for (let at = 0; at < octets.length; ) {
    const length = 1 + random(most);
    slices.push(octets.subarray(at, at + length));
    at += length;
  }
  return slices;
}
