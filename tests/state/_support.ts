// What the tests of state share.

export { collect } from "../support/collect.ts";
import type { StageOptions } from "../../mod.ts";

/** The ways in which a function stage can work on its items. */
export const MODES: readonly { readonly title: string; readonly options: StageOptions }[] = [
  { title: "sequential", options: {} },
  { title: "parallel ordered", options: { parallel: true, concurrencyLimit: 3 } },
  {
    title: "parallel unordered",
    options: { parallel: true, concurrencyLimit: 3, ordered: false },
  },
];

/** 0, 1, 2… */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** Takes that many microtasks. */
export async function hops(count: number): Promise<void> {
  for (let hop = 0; hop < count; hop++) await undefined;
}

/** Fewer hops for later items, so that those worked on side by side finish in another order. */
export function untidyHops(index: number): Promise<void> {
  return hops(12 - (index * 5) % 12);
}

/** 0, 1, 2…, each after some microtasks. */
export async function* slowRange(count: number): AsyncGenerator<number, void, undefined> {
  for (let item = 0; item < count; item++) {
    await hops(4);
    yield item;
  }
}

/** The first `failAfter` items of 0, 1, 2…, then `failure`. */
export async function* failingRange(
  failAfter: number,
  failure: unknown,
): AsyncGenerator<number, void, undefined> {
  yield* slowRange(failAfter);
  throw failure;
}

/** What `work` is rejected with; fails where it is not. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("It was to be rejected and was not");
}

/** Rows by their first number, where items come out in no fixed order. */
export function sorted(rows: readonly (readonly number[])[]): number[][] {
  return rows.map((row) => [...row]).sort(([one = 0], [other = 0]) => one - other);
}
