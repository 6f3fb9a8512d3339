// Inputs that are cut anywhere.

import fc from "fast-check";

const ENCODER = new TextEncoder();

/** The bytes of a text, or of numbers. */
export function toBytes(given: string | readonly number[]): Uint8Array {
  return typeof given === "string" ? ENCODER.encode(given) : new Uint8Array(given);
}

/** `bytes` in chunks of these sizes, over and over; a chunk may be empty. */
export function cut(bytes: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn++) {
    const size = sizes[turn % sizes.length]!;
    chunks.push(bytes.subarray(at, at + size));
    at += size;
    // Nothing but empty chunks would never reach the end.
    if (size === 0 && turn % sizes.length === sizes.length - 1) {
      at++, chunks.push(bytes.subarray(at - 1, at));
    }
  }
  return chunks;
}

/** Sizes to cut with: mostly small, one byte at a time among them. */
export const sizes: fc.Arbitrary<readonly number[]> = fc.oneof(
  fc.constant<readonly number[]>([1]),
  fc.constant<readonly number[]>([1_000_000]),
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: 5 }),
);

/** Bytes that are UTF-8 in part. */
export const wildBytes: fc.Arbitrary<Uint8Array> = fc.array(
  fc.oneof(
    fc.string({ unit: "binary", maxLength: 5 }).map((text) => [...ENCODER.encode(text)]),
    fc.constantFrom<number[]>([10], [13], [13, 10], [0xef, 0xbb, 0xbf], [0xef, 0xbf, 0xbd], [0]),
    fc.constantFrom<number[]>([0xff], [0xc3], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xed, 0xa0, 0x80]),
    fc.uint8Array({ maxLength: 4 }).map((bytes) => [...bytes]),
  ),
  { maxLength: 30 },
).map((parts) => new Uint8Array(parts.flat()));
