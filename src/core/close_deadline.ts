/**
 * The time that work in flight is given when a run, or a part of it, is closed.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";

/** One deadline for all that is waited for, so that waits one after another do not add up. */
export class CloseDeadline {
  /** What is not settled yet, also when the time is over. */
  readonly #waiting: Set<() => void> = new Set();
  #cancel: () => void = () => {};
  #isOver = false;

  /** Begins to run at once; `report` gets why its timer cannot be set, and nothing is waited for. */
  constructor(timeoutMs: number, report: (error: unknown) => void) {
    try {
      this.#cancel = clock.schedule(this.#end, timeoutMs);
    } catch (error) {
      this.#end();
      report(error);
    }
  }

  /** Resolves when `work` is settled, whatever its outcome, or when the time is over. */
  wait(work: Promise<unknown>): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        this.#waiting.delete(resolve);
        resolve();
      };
      this.#waiting.add(resolve);
      if (this.#isOver) resolve();
      work.then(settle, settle);
    });
  }

  /** Whether something is still waited for. */
  get isNeeded(): boolean {
    return this.#waiting.size > 0 && !this.#isOver;
  }

  /** Stops the timer; what is still pending is not waited for any more. */
  end(): void {
    this.#cancel();
    this.#end();
  }

  readonly #end = (): void => {
    this.#isOver = true;
    for (const release of this.#waiting) release();
  };
}
