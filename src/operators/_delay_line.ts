/**
 * Waits that are all of one length.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { Ring } from "../internal/ring.ts";

/** A wait, and when it ends. */
interface Waiting {
  readonly dueMs: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
  isOver: boolean;
}

/** Ends waits in the order in which they began, with one timer for all. */
export class DelayLine {
  readonly #delayMs: number;
  readonly #line: Ring<Waiting> = new Ring();
  #stopTimer: (() => void) | undefined;

  constructor(delayMs: number) {
    this.#delayMs = delayMs;
  }

  /** Resolves when the time is over, or the signal aborts; nothing where there is no wait. */
  wait(signal: AbortSignal): Promise<void> | undefined {
    if (this.#delayMs === 0 || signal.aborted) return undefined;
    return new Promise((resolve, reject) => {
      const dueMs = clock.now() + this.#delayMs;
      const onAbort = () => {
        waiting.isOver = true;
        resolve();
        this.#turn();
      };
      const settling = <T>(settle: (value: T) => void) => (value: T) => {
        signal.removeEventListener("abort", onAbort);
        settle(value);
      };
      const waiting: Waiting = {
        dueMs,
        resolve: settling(resolve),
        reject: settling(reject),
        isOver: false,
      };
      signal.addEventListener("abort", onAbort, { once: true });
      this.#line.push(waiting);
      this.#setTimer();
    });
  }

  /** Ends the waits that are over, and schedules the next. */
  #turn(): void {
    const nowMs = clock.now();
    for (let head = this.#line.peek(); head !== undefined; head = this.#line.peek()) {
      if (!head.isOver && head.dueMs > nowMs) break;
      this.#line.shift();
      if (!head.isOver) head.resolve();
    }
    if (this.#line.length === 0) {
      this.#stopTimer?.();
      this.#stopTimer = undefined;
    } else this.#setTimer();
  }

  #setTimer(): void {
    const head = this.#line.peek();
    if (head === undefined || this.#stopTimer !== undefined) return;
    try {
      this.#stopTimer = clock.schedule(this.#onTimer, head.dueMs - clock.now());
    } catch (error) {
      for (let next = this.#line.shift(); next !== undefined; next = this.#line.shift()) {
        if (!next.isOver) next.reject(error);
      }
    }
  }

  readonly #onTimer = (): void => {
    this.#stopTimer = undefined;
    this.#turn();
  };
}
