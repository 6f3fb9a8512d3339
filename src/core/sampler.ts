/**
 * Decides which calls are timed.
 *
 * @module
 */

import type { MetadataSettings } from "./scope.ts";

/**
 * The first item is due, then the second, the fourth and so on, each interval twice the one before
 * up to one in `sampleEvery`: short runs get figures, and long ones do not pay for them. Items that
 * are worked on asynchronously are all due, up to a budget, and the intervals begin after that.
 */
export class Sampler {
  readonly #every: number;
  #interval = 1;
  #budget: number;
  #until: number;
  /** Whether the item that was due last is known to be asynchronous. */
  #isNoted = false;

  constructor({ sampleEvery, asyncBudget }: MetadataSettings) {
    this.#every = sampleEvery;
    this.#budget = asyncBudget;
    // A countdown from 0 never comes back to 0.
    this.#until = sampleEvery === Infinity ? 0 : 1;
  }

  /** Whether to time the item that is about to be worked on. */
  isDue(): boolean {
    if (--this.#until !== 0) return false;
    this.#until = this.#interval;
    this.#interval = Math.min(this.#interval * 2, this.#every);
    this.#isNoted = false;
    return true;
  }

  /** What is timed is asynchronous: it costs more than a look at the clock. */
  noteAsync(): void {
    if (this.#isNoted) return;
    this.#isNoted = true;
    if (this.#budget-- > 0) this.#until = this.#interval = 1;
  }
}
