/**
 * How long a run of a job waits for what may never answer: its store, its sink, functions of the
 * caller.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { createDeferred, toPromise } from "../internal/promises.ts";

/** Why waits are given up when the run is over. Made once, as below: making one reads the stack. */
export const OVER: DOMException = new DOMException("The run is over", "AbortError");

/** Why a job that was told to stop gives up what it still waits for. */
export const STOPPED: DOMException = new DOMException("The job was stopped", "AbortError");

/** The waits of one run. Each is rejected when it is given up; a late outcome is ignored. */
export class Waits {
  /** Called once, when the run must end. */
  onEnd: (reason: unknown) => void = () => {};
  readonly #closeTimeoutMs: number;
  /** Called for each wait when the run must end. */
  readonly #waiting: Set<(reason: unknown) => void> = new Set();
  #ended: { readonly reason: unknown } | undefined;
  #dueMs = Infinity;
  #stopTimer: () => void = () => {};

  constructor(closeTimeoutMs: number) {
    this.#closeTimeoutMs = closeTimeoutMs;
  }

  /** Whether the run must end. */
  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** The outcome of work, which is given up when the run must end. */
  work<T>(work: T | PromiseLike<T>): Promise<T> {
    const { promise, resolve, reject } = createDeferred<T>();
    this.#wait(work, resolve, reject, reject);
    return promise;
  }

  /**
   * The outcome of what `name` does to save or to close. It is given up `closeTimeoutMs` after that
   * has begun and the run must end, whichever is later.
   */
  close<T>(name: string, work: T | PromiseLike<T>): Promise<T> {
    const { promise, resolve, reject } = createDeferred<T>();
    let stopTimer = () => {};
    const message = `${name} has not answered within ${this.#closeTimeoutMs} ms (closeTimeoutMs) ` +
      "after the end of its run";
    const giveUp = () => reject(new DOMException(message, "TimeoutError"));
    const settled = this.#wait(work, resolve, reject, () => {
      stopTimer = clock.schedule(giveUp, this.#closeTimeoutMs);
    });
    settled.then(() => stopTimer());
    return promise;
  }

  /** Resolves when `work` is settled; calls `onEnd` where the run must end before. */
  async #wait<T>(
    work: T | PromiseLike<T>,
    resolve: (value: T) => void,
    reject: (error: unknown) => void,
    onEnd: (reason: unknown) => void,
  ): Promise<void> {
    this.#waiting.add(onEnd);
    // The cast: it resolves with what `work` does.
    const outcome = (toPromise(work) as Promise<T>).then(resolve, reject);
    if (this.#ended !== undefined) onEnd(this.#ended.reason);
    await outcome;
    this.#waiting.delete(onEnd);
  }

  /** The run must end now; later calls change nothing. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    this.#stopTimer();
    for (const onEnd of this.#waiting) onEnd(reason);
    this.onEnd(reason);
  }

  /** The same `delayMs` from now, for a stop; of several times, the earliest counts. */
  stopIn(delayMs: number): void {
    const dueMs = clock.now() + delayMs;
    if (this.#ended !== undefined || dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    this.#stopTimer();
    this.#stopTimer = clock.schedule(() => this.end(STOPPED), delayMs);
  }

  /** Stops the timer: all is over. */
  dispose(): void {
    this.#stopTimer();
  }
}
