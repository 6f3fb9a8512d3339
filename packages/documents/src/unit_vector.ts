import { complaint } from "./_options.ts";

/**
 * The vector scaled to length 1, so that no square of a number is too large or too small for the
 * database. `undefined` where it has no direction that another could be compared with: all zeros, or
 * a number that is not finite.
 *
 * @param vector Its numbers.
 * @category Search
 *
 * @example A vector and none
 * ```ts
 * import { unitVector } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(unitVector([0, 5]), Float32Array.of(0, 1));
 * assertEquals(unitVector([0, 0]), undefined);
 * ```
 */
export function unitVector(vector: ArrayLike<number>): Float32Array | undefined {
  if (typeof vector !== "object" || vector === null) {
    throw new TypeError(complaint("unitVector", "vector", "a list of numbers", vector));
  }
  let largest = 0;
  for (let at = 0; at < vector.length; at++) {
    const size = Math.abs(vector[at] ?? NaN);
    if (!Number.isFinite(size)) return undefined;
    if (size > largest) largest = size;
  }
  if (largest === 0) return undefined;
  let squares = 0;
  for (let at = 0; at < vector.length; at++) squares += ((vector[at] ?? 0) / largest) ** 2;
  const length = Math.sqrt(squares);
  return Float32Array.from(vector, (value) => value / largest / length);
}
