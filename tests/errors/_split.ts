// What the tests of SPLIT_ERRORS share: a function that fails on every second item, and who takes
// what has failed.

import type { FailedItem } from "../../mod.ts";

export const SPLIT_ERRORS = "SPLIT_ERRORS";

export const FAILURE: Error = new Error("odd");

export const ITEMS: number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
/** Those that come through. */
export const EVEN: number[] = [0, 2, 4, 6, 8];
/** Those that fail. */
export const ODD: number[] = [1, 3, 5, 7, 9];

/** Fails on odd items. */
export function failOdd(item: number): number {
  if (item % 2 === 1) throw FAILURE;
  return item;
}

/** All failed items of a channel. */
export async function collect(errors: AsyncIterable<FailedItem>): Promise<FailedItem[]> {
  const failed: FailedItem[] = [];
  for await (const one of errors) failed.push(one);
  return failed;
}

/** The items themselves. */
export function itemsOf(failed: readonly FailedItem[]): unknown[] {
  return failed.map(({ item }) => item);
}

/** A stream that takes one failed item at a time, when a test says so. */
export class Sink {
  readonly failed: FailedItem[] = [];
  closed = 0;
  /** The reasons of its aborts. */
  readonly aborts: unknown[] = [];
  readonly stream: WritableStream<FailedItem>;
  #release: () => void = () => {};

  constructor(isQuick = false) {
    this.stream = new WritableStream<FailedItem>({
      write: (one) => {
        this.failed.push(one);
        if (!isQuick) return new Promise((resolve) => (this.#release = resolve));
      },
      close: () => void this.closed++,
      abort: (reason) => void this.aborts.push(reason),
    });
  }

  release(): void {
    this.#release();
  }
}
