/**
 * Decides which calls are timed.
 *
 * @module
 */

import type { MetadataSettings } from "./scope.ts";

/** One call in so many is due, the first among them; asynchronous ones all are, up to a budget. */
export class Sampler {
  readonly #every: number;
  #budget: number;
  #until: number;

  constructor({ sampleEvery, asyncBudget }: MetadataSettings) {
    this.#every = sampleEvery;
    this.#budget = asyncBudget;
    // 0 is never counted down to.
    this.#until = sampleEvery === Infinity ? 0 : 1;
  }

  /** Whether the call that is about to be made is to be timed. */
  isDue(): boolean {
    if (--this.#until !== 0) return false;
    this.#until = this.#every;
    return true;
  }

  /** The call that was timed is asynchronous: it costs more than a look at the clock. */
  noteAsync(): void {
    if (this.#budget-- > 0) this.#until = 1;
  }
}
