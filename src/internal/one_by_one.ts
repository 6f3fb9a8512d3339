/**
 * Calls that overlap, one after the other.
 *
 * @module
 */

import { chain } from "./promises.ts";

/** Begins a call when the one before it has answered. */
export class OneByOne {
  #last: Promise<unknown> | undefined;

  /** Whether a call is pending. */
  get isBusy(): boolean {
    return this.#last !== undefined;
  }

  /** Calls `work` at once where no call is pending; its failure is its own. */
  run<T>(work: () => Promise<T>): Promise<T> {
    const answer = this.#last === undefined ? work() : chain(this.#last, work);
    const clear = () => {
      if (this.#last === last) this.#last = undefined;
    };
    const last = answer.then(clear, clear);
    this.#last = last;
    return answer;
  }
}
