/**
 * The time that a run is given to end in when it is stopped.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { ignoreLateOutcome } from "../internal/promises.ts";
import type { Cutoff } from "./cutoff.ts";
import type { RunScope } from "./scope.ts";

/** What is done to a run while it is stopped. */
export interface StoppedRun {
  /** Aborts what is in progress. */
  giveUp(cutoff: Cutoff): void;
  /** Ends the run, whatever is in flight: nothing is waited for any more. */
  cutOff(): void;
}

/** Has one timer at a time, until it is ended. */
export class Stop implements Cutoff {
  readonly reason: unknown = new DOMException("The run was stopped", "AbortError");
  /** Whether all the time is over: nothing is waited for any more. */
  isOutOfTime = false;
  readonly #scope: RunScope;
  readonly #run: StoppedRun;
  readonly #leftovers: Promise<unknown>[] = [];
  readonly #callbacks: (() => void)[] = [];
  #isOver = false;
  #cancel: () => void = () => {};

  constructor(scope: RunScope, run: StoppedRun) {
    this.#scope = scope;
    this.#run = run;
  }

  /**
   * Abandoned work, which must be waited for before the run is over; absent where there is none.
   */
  get leftovers(): Promise<unknown> | undefined {
    return this.#leftovers.length === 0 ? undefined : Promise.allSettled(this.#leftovers);
  }

  /** Starts the time after which running calls are aborted, and then that for all that is left. */
  begin(deadlineMs: number): void {
    this.#after(deadlineMs, () => {
      this.#run.giveUp(this);
      // Work that obeys its signal gets a turn to end.
      this.#after(0, () => {
        for (const abandon of this.#callbacks) abandon();
        this.#after(this.#scope.closeTimeoutMs, () => {
          this.isOutOfTime = true;
          this.#run.cutOff();
        });
      });
    });
  }

  waitFor(work: Promise<unknown>): void {
    ignoreLateOutcome(work);
    this.#leftovers.push(work);
  }

  onAbandon(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** Nothing is done any more, and no timer is left. */
  end(): void {
    this.#isOver = true;
    this.#cancel();
  }

  /** Where no timer can be set, there is no time. */
  #after(delayMs: number, action: () => void): void {
    const act = () => {
      if (!this.#isOver) action();
    };
    if (this.#isOver) return;
    try {
      this.#cancel = clock.schedule(act, delayMs);
    } catch (error) {
      this.#scope.cleanupFailed(error);
      Promise.resolve().then(act);
    }
  }
}
