/** Messages that are almost right, by a seed: the same seed gives the same messages on every machine. */

export interface Dice {
  /** A whole number from 0 to `below` - 1. */
  (below: number): number;
}

/** Mulberry32: small, fast, and good enough to choose where to damage a message. */
export function diceOf(seed: number): Dice {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const MAX_BYTES = 8192;
/** Lengths and types at which decoders go wrong. */
const EDGES = [0x0000, 0x0001, 0x0003, 0x0004, 0x0007, 0x7fff, 0x8000, 0x8028, 0xfffc, 0xffff];

type Mutation = (bytes: Buffer, dice: Dice, corpus: readonly Uint8Array[]) => Buffer;

const MUTATIONS: readonly Mutation[] = [
  (bytes, dice) => changed(bytes, (copy) => (copy[dice(copy.length)] = dice(256))),
  (bytes, dice) =>
    changed(bytes, (copy) => {
      const at = dice(copy.length);
      copy[at] = (copy[at] ?? 0) ^ (1 << dice(8));
    }),
  (bytes, dice) =>
    bytes.length < 2
      ? bytes
      : changed(bytes, (copy) => copy.writeUInt16BE(EDGES[dice(EDGES.length)] ?? 0, dice(copy.length - 1))),
  (bytes, dice) => bytes.subarray(0, dice(bytes.length + 1)),
  (bytes, dice) => {
    const at = dice(bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from([dice(256)]), bytes.subarray(at)]);
  },
  (bytes, dice) => {
    const [from, to] = [dice(bytes.length + 1), dice(bytes.length + 1)];
    return Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)]);
  },
  (bytes, dice, corpus) => {
    const other = corpus[dice(corpus.length)] ?? bytes;
    return Buffer.concat([bytes.subarray(0, dice(bytes.length + 1)), other.subarray(dice(other.length + 1))]);
  },
];

/**
 * A seed message of the corpus with up to eight damages. `mend` gives some of them back what would stop a decoder at
 * its first look (a length that fits), so that what lies deeper is reached, too.
 */
export function mutant(corpus: readonly Uint8Array[], dice: Dice, mend: (bytes: Buffer) => void): Uint8Array {
  let bytes = Buffer.from(corpus[dice(corpus.length)] ?? new Uint8Array());
  for (let left = dice(9); left > 0; left--) {
    const mutation = MUTATIONS[dice(MUTATIONS.length)];
    if (mutation !== undefined) bytes = mutation(bytes, dice, corpus).subarray(0, MAX_BYTES) as Buffer<ArrayBuffer>;
  }
  if (dice(2) === 0) {
    bytes = Buffer.from(bytes);
    mend(bytes);
  }
  return bytes;
}

function changed(bytes: Buffer, change: (copy: Buffer) => void): Buffer {
  if (bytes.length === 0) return bytes;
  const copy = Buffer.from(bytes);
  change(copy);
  return copy;
}
