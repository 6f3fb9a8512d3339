/**
 * The time that a run is given to come to its end when it is stopped.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { ignoreLateOutcome } from "../internal/promises.ts";
import { Cutoff } from "./cutoff.ts";

/** What is done to a run while it is stopped. */
export interface StoppedRun {
  /** Aborts what is in work. */
  giveUp(cutoff: Cutoff): void;
  /** Ends the run, whatever is in flight: nothing is waited for any more. */
  cutOff(): void;
  /** Takes why a timer cannot be set. */
  report(error: unknown): void;
}

/** How long a stop may take. */
export interface StopTimes {
  /** From when on running calls are aborted. */
  readonly deadlineMs: number;
  /** How long the rest may take from then on. */
  readonly closeTimeoutMs: number;
}

/** Has one timer at a time, until it is ended. */
export class Stop {
  /** What the sources are closed with, and what aborted signals are given. */
  readonly reason: unknown = new DOMException("The run was stopped", "AbortError");
  readonly #run: StoppedRun;
  readonly #times: StopTimes;
  /** Whether all the time is over: nothing is waited for any more. */
  isOutOfTime = false;
  readonly #leftovers: Promise<unknown>[] = [];
  #isOver = false;
  #cancel: () => void = () => {};

  constructor(run: StoppedRun, times: StopTimes) {
    this.#run = run;
    this.#times = times;
  }

  /** From now on time runs. */
  begin(): void {
    this.#after(this.#times.deadlineMs, () => this.#onDeadline());
  }

  /** Nothing is done any more, and no timer is left. */
  end(): void {
    this.#isOver = true;
    this.#cancel();
  }

  /** Work that was let go of, to be waited for before the run is over; absent where there is none. */
  get leftovers(): Promise<unknown> | undefined {
    return this.#leftovers.length === 0 ? undefined : Promise.allSettled(this.#leftovers);
  }

  #onDeadline(): void {
    const cutoff = new Cutoff(this.reason, (work) => {
      ignoreLateOutcome(work);
      this.#leftovers.push(work);
    });
    this.#run.giveUp(cutoff);
    // What obeys its signal has its turn to end.
    this.#after(0, () => {
      cutoff.letGo();
      this.#after(this.#times.closeTimeoutMs, () => {
        this.isOutOfTime = true;
        this.#run.cutOff();
      });
    });
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
      this.#run.report(error);
      Promise.resolve().then(act);
    }
  }
}
