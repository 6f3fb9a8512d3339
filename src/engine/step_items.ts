/**
 * What a step reads, and what is read ahead of it for the readers of its state.
 *
 * @module
 */

import { Ring } from "../internal/ring.ts";
import { ItemIterator } from "./items.ts";
import type { Segment } from "./segment.ts";

type Result = IteratorResult<unknown, void>;

/** The items of a loop, for a step; they can be pulled before the step asks for them. */
export class StepItems extends ItemIterator {
  readonly #upstream: Segment;
  /** Items that were pulled ahead, each with its path. */
  readonly #ahead: Ring<{ readonly result: Promise<Result>; readonly path: unknown[] }> =
    new Ring();
  #readingAhead: Promise<void> | undefined;
  /** The path of the item that the step has, where the loop has gone on since. */
  #path: unknown[] | undefined;

  constructor(upstream: Segment) {
    super({
      open: () => upstream,
      ended: () => {},
      close: async (reason) => void await upstream.close(reason),
    });
    this.#upstream = upstream;
  }

  /** Has `listener` called with each item that leaves the loop from now on. */
  tap(listener: (item: unknown) => void): void {
    this.#upstream.fold = (_, item) => (listener(item), item);
  }

  /** The path of the item that the step has. */
  get path(): unknown[] {
    return this.#path ?? this.#upstream.path;
  }

  override next(): Promise<Result> {
    if (this.#readingAhead !== undefined) return this.#readingAhead.then(() => this.next());
    const ahead = this.#ahead.shift();
    this.#path = ahead?.path;
    return ahead === undefined ? this.pull() : ahead.result;
  }

  /** Pulls an item; the step gets it when it asks. False when there are no more. */
  async readAhead(): Promise<boolean> {
    if (this.#readingAhead !== undefined) {
      await this.#readingAhead;
      return true;
    }
    this.#path ??= this.#upstream.path.slice();
    const result = this.pull();
    this.#readingAhead = result.then(() => {}, () => {});
    await this.#readingAhead;
    this.#readingAhead = undefined;
    this.#ahead.push({ result, path: this.#upstream.path.slice() });
    return !(await result).done;
  }
}
