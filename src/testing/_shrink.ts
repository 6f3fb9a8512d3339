/**
 * Finds what a failure needs.
 *
 * @module
 */

/** The most runs that are spent on it. */
const MAX_RUNS = 200;

/**
 * A part of `items` for which `fails` is true, and from which no item can be left out: by halves,
 * quarters and so on down to single ones, as delta debugging does it (Zeller and Hildebrandt,
 * 2002). `undefined` where it is not true of all of them.
 */
export async function shrink<T>(
  items: readonly T[],
  fails: (some: readonly T[]) => Promise<boolean>,
): Promise<readonly T[] | undefined> {
  if (!await fails(items)) return undefined;
  if (items.length === 0 || await fails([])) return [];
  let left = items;
  let runs = 2;
  for (let size = left.length >> 1; size > 0 && runs < MAX_RUNS;) {
    let isLess = false;
    for (let at = 0; at < left.length && left.length > 1 && runs < MAX_RUNS;) {
      const rest = [...left.slice(0, at), ...left.slice(at + size)];
      runs++;
      if (rest.length > 0 && await fails(rest)) {
        left = rest;
        isLess = true;
      } else at += size;
    }
    // Where one could be left out, others may be, too, now.
    if (size > 1 || !isLess) size >>= 1;
  }
  return left;
}
