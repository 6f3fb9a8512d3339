/**
 * What a step reads, and what is read ahead of it for the readers of its state.
 *
 * @module
 */

import { OneByOne } from "../internal/one_by_one.ts";
import { ignoreLateOutcome } from "../internal/promises.ts";
import { Ring } from "../internal/ring.ts";
import { ItemIterator } from "../core/items.ts";
import type { Upstream } from "../core/upstream.ts";

type Result = IteratorResult<unknown, void>;

/** An item on its way to the step, and the path that it came on. */
interface Arrival {
  readonly result: Promise<Result>;
  readonly item: unknown;
  readonly path: unknown[];
}

/** The items of a loop, for a step; they can be pulled before the step asks for them. */
export class StepItems extends ItemIterator {
  /** The item that the step has. */
  item: unknown;
  /** Its path, which stays as it is while the loop works on the next item. */
  path: unknown[];
  /** How many items the step was given. */
  given = 0;
  /** Whether the step works on that item. */
  isHolding = false;
  /** Whether the step has asked for an item. */
  hasBegun = false;
  /** Called when it does for the first time. */
  onBegin: () => void = () => {};

  readonly #upstream: Upstream;
  /** The path for all items; absent where each needs a copy of its own. */
  readonly #sharedPath: unknown[] | undefined;
  readonly #ahead: Ring<Arrival> = new Ring();
  /** Calls of the step's that wait until nothing is read ahead. */
  readonly #waiting: OneByOne = new OneByOne();
  #isReadingAhead = false;
  /** The end, or the failure: told to each reader, and to the step when it has read what is ahead. */
  #outcome: Promise<Result> | undefined;
  #isOutcomeTold = false;
  /** What the step, or a reader of its state, waits for. */
  #pulling: Promise<unknown> = Promise.resolve();
  #tap: ((item: unknown) => void) | undefined;

  constructor(upstream: Upstream, sharedPath: unknown[] | undefined) {
    super({
      open: () => upstream,
      ended: () => {},
      close: async (reason) => void await upstream.close(reason),
      taken: (item) => this.#take(item),
    });
    this.#upstream = upstream;
    this.#sharedPath = sharedPath;
    this.path = sharedPath ?? upstream.path.slice();
  }

  /** Whether all was pulled that there is. */
  get isReadToEnd(): boolean {
    return this.#outcome !== undefined;
  }

  /** Whether the step was told of the end, or the failure. */
  get isOutcomeTold(): boolean {
    return this.#isOutcomeTold;
  }

  /** How many items were pulled and not given to the step yet. */
  get aheadCount(): number {
    return this.#ahead.length;
  }

  /** Has `listener` called with each item that leaves the loop from now on. */
  tap(listener: (item: unknown) => void): void {
    this.#tap = listener;
  }

  override ask(): Promise<Result> | undefined {
    this.isHolding = false;
    if (!this.hasBegun) this.#begin();
    if (!this.#isReadingAhead && !this.#waiting.isBusy) return this.#ask();
    return this.#waiting.run(() => this.#nextAfterReadingAhead());
  }

  async #nextAfterReadingAhead(): Promise<Result> {
    while (this.#isReadingAhead) await this.#pulling;
    return await (this.#ask() ?? { done: false, value: this.taken });
  }

  #ask(): Promise<Result> | undefined {
    const arrival = this.#ahead.shift();
    if (arrival !== undefined) {
      this.#give(arrival.item, arrival.path);
      return arrival.result;
    }
    const outcome = this.#outcome;
    if (outcome === undefined || this.#isOutcomeTold) return this.#track(this.pull());
    this.#isOutcomeTold = true;
    return outcome;
  }

  /** Pulls an item; the step gets it when it asks. False when there are no more. */
  async readAhead(): Promise<boolean> {
    if (this.#outcome !== undefined) return !(await this.#outcome).done;
    if (this.#isReadingAhead || this.isAsked) {
      await this.#pulling;
      return true;
    }
    this.#isReadingAhead = true;
    if (this.#track(this.pull()) !== undefined) await this.#pulling;
    this.#isReadingAhead = false;
    return true;
  }

  override cancel(reason: unknown): void {
    if (this.#outcome === undefined) {
      this.#outcome = Promise.reject(reason);
      ignoreLateOutcome(this.#outcome);
      this.#isOutcomeTold = this.isAsked && !this.#isReadingAhead;
    }
    super.cancel(reason);
  }

  #begin(): void {
    this.hasBegun = true;
    this.onBegin();
  }

  /** Notes how it ends, where there is no item at once. */
  #track(result: Promise<Result> | undefined): Promise<Result> | undefined {
    if (result === undefined) return undefined;
    const isSteps = !this.#isReadingAhead;
    const note = () => {
      if (this.#outcome !== undefined) return;
      this.#outcome = result;
      this.#isOutcomeTold = isSteps;
    };
    this.#pulling = result.then(({ done }) => {
      if (done) note();
    }, note);
    return result;
  }

  #take(item: unknown): void {
    this.#tap?.(item);
    const path = this.#sharedPath ?? this.#upstream.path.slice();
    if (!this.#isReadingAhead) return this.#give(item, path);
    this.#ahead.push({ result: Promise.resolve({ done: false, value: item }), item, path });
  }

  #give(item: unknown, path: unknown[]): void {
    this.item = item;
    this.path = path;
    this.given++;
    this.isHolding = true;
  }
}
