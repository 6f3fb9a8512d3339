/**
 * How long a run of a job waits for what may never answer: its store, its sink, functions of the
 * caller.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { createDeferred, toPromise } from "../internal/promises.ts";

/** The waits of one run. Each is rejected when it is given up; a late outcome is ignored. */
export class Waits {
  /** Called once, when the run is to be over. */
  onEnd: (reason: unknown) => void = () => {};
  readonly #closeTimeoutMs: number;
  readonly #working: Set<(reason: unknown) => void> = new Set();
  readonly #closing: Set<() => void> = new Set();
  #ended: { readonly reason: unknown } | undefined;
  #isClosed = false;
  #dueMs = Infinity;
  #stopTimer: () => void = () => {};

  constructor(closeTimeoutMs: number) {
    this.#closeTimeoutMs = closeTimeoutMs;
  }

  /** Whether the run is to be over. */
  get isEnded(): boolean {
    return this.#ended !== undefined;
  }

  /** The outcome of work, which is given up when the run is to be over. */
  work<T>(work: T | PromiseLike<T>): Promise<T> {
    return this.#wait(work, this.#working, this.#ended);
  }

  /** The outcome of what `name` does to close, which is given up `closeTimeoutMs` after that. */
  close<T>(name: string, work: T | PromiseLike<T>): Promise<T> {
    const message = `${name} has not answered within ${this.#closeTimeoutMs} ms (closeTimeoutMs) ` +
      "after its run was to be over";
    const late = new DOMException(message, "TimeoutError");
    const over = this.#isClosed ? { reason: late } : undefined;
    return this.#wait(work, this.#closing, over, late);
  }

  #wait<T>(
    work: T | PromiseLike<T>,
    waiting: Set<(reason: unknown) => void>,
    over: { readonly reason: unknown } | undefined,
    late?: unknown,
  ): Promise<T> {
    const { promise, resolve, reject } = createDeferred<T>();
    const giveUp = (reason: unknown) => reject(late ?? reason);
    waiting.add(giveUp);
    const settle = (settled: () => void) => {
      waiting.delete(giveUp);
      settled();
    };
    // The cast: it resolves with what `work` does.
    const outcome = toPromise(work) as Promise<T>;
    outcome.then((value) => settle(() => resolve(value)), (error) => settle(() => reject(error)));
    if (over !== undefined) settle(() => giveUp(over.reason));
    return promise;
  }

  /** The run is to be over now; later calls change nothing. */
  end(reason: unknown): void {
    if (this.#ended !== undefined) return;
    this.#ended = { reason };
    this.#stopTimer();
    this.#stopTimer = clock.schedule(() => this.#close(), this.#closeTimeoutMs);
    for (const giveUp of this.#working) giveUp(reason);
    this.onEnd(reason);
  }

  /** The same `delayMs` from now; of several times, the earliest counts. */
  endIn(delayMs: number, reason: unknown): void {
    const dueMs = clock.now() + delayMs;
    if (this.#ended !== undefined || dueMs >= this.#dueMs) return;
    this.#dueMs = dueMs;
    this.#stopTimer();
    this.#stopTimer = clock.schedule(() => this.end(reason), delayMs);
  }

  #close(): void {
    this.#isClosed = true;
    for (const giveUp of this.#closing) giveUp();
  }

  /** Stops the timer, where all is over. */
  dispose(): void {
    this.#stopTimer();
  }
}
