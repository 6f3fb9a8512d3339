/**
 * The join of two sides that are sorted by their keys: a merge join.
 *
 * @module
 */

import type { Reading } from "./_iterator.ts";
import type { KeyedReader } from "./_keyed_reader.ts";
import { END, WAIT } from "../internal/pull.ts";
import { JoinLimitError, JoinOrderError } from "./join_errors.ts";

type Row = readonly [unknown, unknown];
type Compare = (first: unknown, second: unknown) => number;

/** What {@linkcode readSortedJoin} needs. */
export interface SortedJoinParts {
  readonly left: KeyedReader;
  readonly right: KeyedReader;
  /** Whether left items without a match come out. */
  readonly keepsLeft: boolean;
  /** The most items of one key on the right. */
  readonly maxItems: number;
  /** Below 0 where the first key is the lower one, 0 where both are the same. */
  readonly compare: Compare;
}

/** Pairs each left item with the group of right items that have its key. */
export function* readSortedJoin(parts: SortedJoinParts): Reading<Row> {
  const { keepsLeft } = parts;
  const left = new SortedReader(parts.left, parts.compare);
  const right = new SortedReader(parts.right, parts.compare);
  let group: unknown[] = [];
  let groupKey: unknown;
  for (;;) {
    while (left.read() === WAIT) yield WAIT;
    if (left.isOver) return;
    const { key } = left;
    const item = left.take();
    if (group.length === 0 || compareSides(parts, groupKey, key) !== 0) {
      group = [];
      groupKey = key;
      yield* readGroup(parts, right, key, group);
    }
    for (const match of group) yield [item, match];
    if (group.length === 0 && keepsLeft) yield [item, undefined];
    // Nothing that is still to come can have a match.
    if (group.length === 0 && right.isOver && !keepsLeft) return;
  }
}

/** Passes over what is below `key`, and puts what has it into `group`. */
function* readGroup(
  parts: SortedJoinParts,
  right: SortedReader,
  key: unknown,
  group: unknown[],
): Reading<never> {
  const { maxItems } = parts;
  for (;;) {
    while (right.read() === WAIT) yield WAIT;
    if (right.isOver) return;
    const order = compareSides(parts, right.key, key);
    if (order > 0) return;
    const item = right.take();
    if (order < 0) continue;
    if (group.length === maxItems) {
      throw new JoinLimitError("right", maxItems, "the items of one key on the right");
    }
    group.push(item);
  }
}

function compareSides({ compare }: SortedJoinParts, first: unknown, second: unknown): number {
  const order = compare(first, second);
  if (Number.isNaN(order)) {
    throw new TypeError("Cannot join: a key on the left cannot be compared with one on the right");
  }
  return order;
}

/** Peeks at one item before it takes it, and checks that the keys ascend. */
class SortedReader {
  readonly #reader: KeyedReader;
  readonly #compare: Compare;
  #state: "empty" | "full" | "over" = "empty";
  #item: unknown;
  key: unknown;

  constructor(reader: KeyedReader, compare: Compare) {
    this.#reader = reader;
    this.#compare = compare;
  }

  /** Whether there are no more items. */
  get isOver(): boolean {
    return this.#state === "over";
  }

  /** Has an item ready, unless it is over or has to wait. */
  read(): typeof WAIT | undefined {
    if (this.#state !== "empty") return undefined;
    const item = this.#reader.next();
    if (item === WAIT) return WAIT;
    if (item === END) {
      this.#state = "over";
      return undefined;
    }
    this.#check();
    this.#item = item;
    this.#state = "full";
    this.key = this.#reader.key;
    return undefined;
  }

  /** The item that is ready. */
  take(): unknown {
    const item = this.#item;
    this.#item = undefined;
    this.#state = "empty";
    return item;
  }

  #check(): void {
    const { side, key, count } = this.#reader;
    // A key that is not even equal to itself, such as NaN, has no place in an order.
    if (this.#compare(key, key) !== 0) {
      throw new JoinOrderError(side, count - 1, "comparable with itself");
    }
    if (count === 1) return;
    const order = this.#compare(this.key, key);
    if (order > 0) throw new JoinOrderError(side, count - 1, "no lower than the one before");
    if (Number.isNaN(order)) {
      throw new JoinOrderError(side, count - 1, "comparable with the one before");
    }
  }
}
