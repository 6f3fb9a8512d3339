/**
 * Decides which calls are timed.
 *
 * @module
 */

import type { MetadataSettings } from "./scope.ts";

/**
 * The first call is due, then the second, the fourth and so on, each interval twice the one before
 * up to one in `sampleEvery`: short runs get figures, and long ones do not pay for them.
 * Asynchronous calls are all due, up to a budget.
 */
export class Sampler {
  readonly #every: number;
  #interval = 1;
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
    this.#until = this.#interval;
    this.#interval = Math.min(this.#interval * 2, this.#every);
    return true;
  }

  /** What was timed is asynchronous: it costs more than a look at the clock. */
  noteAsync(): void {
    if (this.#until !== 1 && this.#budget-- > 0) this.#until = 1;
  }
}
