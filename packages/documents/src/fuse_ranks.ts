import { complaint } from "./_options.ts";

/** Of Cormack, Clarke and Buettcher (2009): how much less a first place counts than two good ones. */
const RANK_OFFSET = 60;

/**
 * Puts ranked lists together by reciprocal rank: the scores of two kinds cannot be compared.
 *
 * @typeParam TItem What is ranked; the same where it is equal, as for a `Map`.
 * @param lists Each with the best first.
 * @returns All items, best first.
 * @category Search
 *
 * @example What is good in both lists is best
 * ```ts
 * import { fuseRanks } from "@headrace/documents";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(fuseRanks(["a", "b", "c"], ["d", "b"]), ["b", "a", "d", "c"]);
 * ```
 */
export function fuseRanks<TItem>(...lists: readonly (readonly TItem[])[]): TItem[] {
  const gains = new Map<TItem, number>();
  for (const list of lists) {
    if (!Array.isArray(list)) {
      throw new TypeError(complaint("fuseRanks", "each list", "an array", list));
    }
    for (const [rank, item] of list.entries()) {
      gains.set(item, (gains.get(item) ?? 0) + 1 / (RANK_OFFSET + rank + 1));
    }
  }
  return [...gains].sort(([, one], [, other]) => other - one).map(([item]) => item);
}
