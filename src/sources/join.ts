/**
 * Two sources, by key.
 *
 * @module
 */

import {
  refuseValue,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireOneOf,
  type Subject,
} from "../internal/validation.ts";
import { readHashJoin } from "./_hash_join.ts";
import { iterate } from "./_iterator.ts";
import { KeyedReader } from "./_keyed_reader.ts";
import { readSortedJoin } from "./_sorted_join.ts";
import type { ItemOf } from "./item_of.ts";
import type { JoinSide } from "./join_errors.ts";

/**
 * How two sources are joined.
 *
 * @category Sources
 */
export interface JoinOptions<TLeft, TRight, TKey, TKind extends "inner" | "left"> {
  /** The key of an item on the left; called once per item, and not awaited. */
  readonly leftKey: (item: TLeft) => TKey;
  /** The key of an item on the right; called once per item, and not awaited. */
  readonly rightKey: (item: TRight) => TKey;
  /** `inner`: only pairs. `left`: left items without a match as well, with `undefined`. */
  readonly kind: TKind;
  /** `hash`: one side is held in memory. `sorted`: both sides are sorted by key already. */
  readonly strategy: "hash" | "sorted";
  /** The side that is held in memory; needs `hash`. @default {"right"} */
  readonly build?: JoinSide | undefined;
  /**
   * The most items that are held in memory: of the whole side with `hash`, of one key on the right
   * with `sorted`. A positive integer. @default {1000000}
   */
  readonly maxItems?: number | undefined;
  /**
   * The order that both sides have, as in `Array.prototype.sort`; needs `sorted`. By default `<`:
   * numbers, bigints and dates upwards, texts by their UTF-16 code units.
   */
  readonly compare?: ((first: TKey, second: TKey) => number) | undefined;
}

/**
 * What comes out of a join: a pair, or a left item alone.
 *
 * @category Sources
 */
export type JoinRow<TLeft, TRight, TKind extends "inner" | "left"> =
  | [left: TLeft, right: TRight]
  | (TKind extends "left" ? [left: TLeft, right: undefined] : never);

const KNOWN_OPTIONS = ["leftKey", "rightKey", "kind", "strategy", "build", "maxItems", "compare"];

/** Some hundred megabytes of small items: more is a mistake, or wants the `sorted` strategy. */
const DEFAULT_MAX_ITEMS = 1_000_000;

const SUBJECT = { operator: "join" };

/**
 * Pairs the items of two sources that have the same key; each pair comes out once.
 *
 * With `hash`, the side named by `build` is read to its end at the first pull and held in memory;
 * then the other is opened and read one item at a time. Rows come in the order of the side that is
 * read, and for one of its items in the order of the side that is held. Keys are compared as in a
 * `Map`. With `build: "left"` and `kind: "left"`, left items without a match come at the end, those
 * of one key together.
 *
 * With `sorted`, both sides are read side by side, and only the right items of one key are held, and
 * one more. Rows come in the order of the left. It ends as soon as nothing can match any more.
 *
 * Nothing is read before the first pull, and no further than the next row needs. A source that fails
 * ends the join after the rows before; the other is closed. Stopping early closes both, without
 * waiting for one that owes an item.
 *
 * @typeParam TLeft The type of the source on the left.
 * @typeParam TRight The type of the source on the right.
 * @typeParam TKey The type of the keys.
 * @typeParam TKind Which rows come out.
 * @param left One item, or many (see `Source`).
 * @param right One item, or many (see `Source`).
 * @param options How they are joined.
 * @returns Tuples of a left and a right item.
 * @throws {TypeError} At once, for options that are missing, unknown or without effect; in the run,
 * for keys that are promises or cannot be compared.
 * @throws {RangeError} At once, for a `maxItems` out of bounds.
 * @throws {JoinLimitError} In the run, when more than `maxItems` would be held.
 * @throws {JoinOrderError} In the run, when a side is not sorted with `sorted`.
 * @category Sources
 *
 * @example Orders with their customers
 * ```ts
 * import { join } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const orders = [{ id: 1, customer: "ada" }, { id: 2, customer: "bob" }];
 * const customers = [{ name: "ada", city: "London" }];
 * const rows = join(orders, customers, {
 *   leftKey: (order) => order.customer,
 *   rightKey: (customer) => customer.name,
 *   kind: "left",
 *   strategy: "hash",
 * });
 *
 * const cities: unknown[] = [];
 * for await (const [order, customer] of rows) cities.push([order.id, customer?.city]);
 * assertEquals(cities, [[1, "London"], [2, undefined]]);
 * ```
 */
export function join<TLeft, TRight, TKey, TKind extends "inner" | "left">(
  left: TLeft,
  right: TRight,
  options: JoinOptions<ItemOf<TLeft>, ItemOf<TRight>, TKey, TKind>,
): AsyncGenerator<JoinRow<ItemOf<TLeft>, ItemOf<TRight>, TKind>, void, undefined> {
  checkJoinOptions(SUBJECT, options);
  // The casts: each function gets the items of its own side, and `compare` what they return.
  const leftKey = options.leftKey as (item: unknown) => unknown;
  const rightKey = options.rightKey as (item: unknown) => unknown;
  const compare = (options.compare ?? compareKeys) as (first: unknown, second: unknown) => number;
  const { build = "right", maxItems = DEFAULT_MAX_ITEMS, strategy } = options;
  const keepsLeft = options.kind === "left";
  return iterate([left, right], ([leftInput, rightInput]) => {
    const sides = {
      left: new KeyedReader("left", leftInput!, leftKey),
      right: new KeyedReader("right", rightInput!, rightKey),
    };
    const held = sides[build];
    const passing = sides[build === "left" ? "right" : "left"];
    const reading = strategy === "hash"
      ? readHashJoin({ held, passing, keepsLeft, maxItems })
      : readSortedJoin({ ...sides, keepsLeft, maxItems, compare });
    // The cast: the readings do not know the types of the items.
    return reading as Generator<never, void, undefined>;
  });
}

/** Throws for options that are missing, unknown or without effect. */
export function checkJoinOptions(subject: Subject, options: unknown): void {
  requireKnownOptions(subject, options, KNOWN_OPTIONS);
  const given = options as Partial<JoinOptions<unknown, unknown, unknown, "left">>;
  const { leftKey, rightKey, kind, strategy, build, maxItems, compare } = given;
  requireFunction(subject, "leftKey", leftKey);
  requireFunction(subject, "rightKey", rightKey);
  requireOneOf(subject, "kind", kind, ["inner", "left"]);
  requireOneOf(subject, "strategy", strategy, ["hash", "sorted"]);
  if (build !== undefined) requireOneOf(subject, "build", build, ["left", "right"]);
  if (maxItems !== undefined) requireInteger(subject, "maxItems", maxItems, 1);
  if (compare !== undefined) requireFunction(subject, "compare", compare);
  if (strategy === "sorted" && build !== undefined) {
    refuseValue(subject, "build", 'absent where strategy is "sorted"', build);
  }
  if (strategy === "hash" && compare !== undefined) {
    refuseValue(subject, "compare", 'absent where strategy is "hash"', compare);
  }
}

/** NaN for keys that have no order among each other. */
function compareKeys(first: never, second: never): number {
  if (typeof first !== typeof second) return NaN;
  if (first < second) return -1;
  if (first > second) return 1;
  return first <= second ? 0 : NaN;
}
