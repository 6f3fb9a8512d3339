/**
 * Numbers that follow from a seed and a text, and from nothing else.
 *
 * @module
 */

/** Numbers from 0 up to, not including, 1: the same ones for the same seed and text. */
export function seededFractions(seed: number, text: string): () => number {
  let state = hash(`${seed}/${text}`);
  // Mulberry32.
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  }
  return value;
}
