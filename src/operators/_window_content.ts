/**
 * What a window of time holds: its items, or one value that is made of them.
 *
 * @module
 */

import { requireFunction, requireKnownOptions, type Subject } from "../internal/validation.ts";
import type { WindowAggregate } from "../base/options.ts";

/** How what a window holds is made, and how it comes out. */
export interface WindowContent<T = unknown> {
  /** Of a window without items. */
  initial(): T;
  /** With one more item, the `arrival`-th of all. May throw, and then leaves `content` as it was. */
  add(content: T, item: unknown, arrival: number): T;
  /** Of two sessions that have become one. */
  merge(earlier: T, later: T): T;
  /** The window as it comes out. */
  close(content: T, start: number, end: number, key: unknown): ClosedWindow;
}

/** A window as it comes out. */
export type ClosedWindow =
  & { readonly start: number; readonly end: number; readonly key: unknown }
  & ({ readonly items: readonly unknown[] } | { readonly value: unknown });

/** Items of a session, and the place of each among all that have come. */
interface Kept {
  readonly items: unknown[];
  readonly arrivals: number[];
  /** Whether the items of another session came in between. */
  isMixed: boolean;
}

/** All items of a window, in the order in which they came. */
export const ITEMS: WindowContent = {
  initial: (): Kept => ({ items: [], arrivals: [], isMixed: false }),
  add(content, item, arrival) {
    const kept = content as Kept;
    kept.items.push(item);
    kept.arrivals.push(arrival);
    return kept;
  },
  /** Moves the smaller one into the other, so that no item is moved often. */
  merge(earlier, later) {
    const [one, other] = [earlier as Kept, later as Kept];
    const [larger, smaller] = one.items.length < other.items.length ? [other, one] : [one, other];
    for (const item of smaller.items) larger.items.push(item);
    for (const arrival of smaller.arrivals) larger.arrivals.push(arrival);
    larger.isMixed = true;
    return larger;
  },
  close(content, start, end, key) {
    const { items, arrivals, isMixed } = content as Kept;
    return { start, end, items: isMixed ? inOrder(items, arrivals) : items, key };
  },
};

function inOrder(items: readonly unknown[], arrivals: readonly number[]): unknown[] {
  const order = items.map((_, index) => index).sort((a, b) => arrivals[a]! - arrivals[b]!);
  return order.map((index) => items[index]);
}

/** Checks `aggregate`, which makes one value per window. Sessions need to `merge` theirs. */
export function resolveContent(
  subject: Subject,
  aggregate: WindowAggregate<never, unknown> | undefined,
  isSession: boolean,
): WindowContent {
  if (aggregate === undefined) return ITEMS;
  requireKnownOptions(subject, aggregate, ["initial", "add", "merge"], "aggregate");
  const { initial, add, merge } = aggregate;
  requireFunction(subject, "aggregate.initial", initial);
  requireFunction(subject, "aggregate.add", add);
  if (isSession || merge !== undefined) requireFunction(subject, "aggregate.merge", merge);
  return {
    initial,
    add: add as WindowContent["add"],
    merge: merge as WindowContent["merge"],
    close: (value, start, end, key) => ({ start, end, value, key }),
  };
}
