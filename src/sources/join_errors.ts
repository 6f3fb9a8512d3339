/**
 * What a join throws when a side is not what it was said to be.
 *
 * @module
 */

/**
 * The sides of a join.
 *
 * @category Sources
 */
export type JoinSide = "left" | "right";

/**
 * A join had to hold more items in memory than `maxItems`.
 *
 * @category Sources
 *
 * @example A side that is larger than was thought
 * ```ts
 * import { join, JoinLimitError } from "@headrace/pipeline/sources";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = join([1], [1, 2, 3], {
 *   leftKey: (number) => number,
 *   rightKey: (number) => number,
 *   kind: "inner",
 *   strategy: "hash",
 *   maxItems: 2,
 * });
 * try {
 *   for await (const [left, right] of rows) assertEquals(left, right);
 * } catch (error) {
 *   if (!(error instanceof JoinLimitError)) throw error;
 *   assertEquals([error.code, error.side, error.maxItems], ["JOIN_LIMIT", "right", 2]);
 * }
 * ```
 */
export class JoinLimitError extends Error {
  /** `JoinLimitError`. */
  override readonly name: string = "JoinLimitError";
  /** Always this. */
  readonly code: string = "JOIN_LIMIT";
  /** The side whose items were held. */
  readonly side: JoinSide;
  /** The most items that could be held. */
  readonly maxItems: number;

  /** Makes the error; `what` says which items were held. */
  constructor(side: JoinSide, maxItems: number, what: string) {
    super(`Cannot join: ${what} are more than maxItems, which is ${maxItems}`);
    this.side = side;
    this.maxItems = maxItems;
  }
}

/**
 * A side of a sorted join is not sorted. The message does not show the keys.
 *
 * @category Sources
 *
 * @example A side that was not sorted
 * ```ts
 * import { join, JoinOrderError } from "@headrace/pipeline/sources";
 * import { assertEquals } from "@std/assert";
 *
 * const rows = join([1, 2, 3], [2, 1, 3], {
 *   leftKey: (number) => number,
 *   rightKey: (number) => number,
 *   kind: "inner",
 *   strategy: "sorted",
 * });
 * try {
 *   for await (const [left, right] of rows) assertEquals(left, right);
 * } catch (error) {
 *   if (!(error instanceof JoinOrderError)) throw error;
 *   assertEquals([error.code, error.side, error.itemIndex], ["JOIN_ORDER", "right", 1]);
 * }
 * ```
 */
export class JoinOrderError extends Error {
  /** `JoinOrderError`. */
  override readonly name: string = "JoinOrderError";
  /** Always this. */
  readonly code: string = "JOIN_ORDER";
  /** The side that is not sorted. */
  readonly side: JoinSide;
  /** The position of the item whose key is out of order, from 0. */
  readonly itemIndex: number;

  /** Makes the error; `rule` says what the key should be. */
  constructor(side: JoinSide, itemIndex: number, rule: string) {
    super(`Cannot join: the key of item ${itemIndex} on the ${side} must be ${rule}`);
    this.side = side;
    this.itemIndex = itemIndex;
  }
}
