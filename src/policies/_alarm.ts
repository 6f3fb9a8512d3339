/**
 * One timer for everything in a policy that waits for a moment.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { RemovableHeap } from "../internal/removable_heap.ts";

/** What waits for a moment. */
export interface Timed {
  /** Called when it is due. */
  onDue(nowMs: number): void;
  /** Called where no timer can be set: it is never due. */
  onFailure(error: unknown): void;
}

interface Entry {
  readonly timed: Timed;
  readonly dueMs: number;
}

/** Calls whatever is due, the earliest first. No timer runs while nothing waits. */
export class Alarm {
  readonly #queue: RemovableHeap<Entry> = new RemovableHeap((a, b) => a.dueMs < b.dueMs);
  readonly #waiting: Map<Timed, Entry> = new Map();
  #timer: { readonly dueMs: number; stop(): void } | undefined;

  /** Has `timed` called at `dueMs`, or before: it checks itself whether it is due. */
  set(timed: Timed, dueMs: number): void {
    const known = this.#waiting.get(timed);
    if (known !== undefined) {
      if (known.dueMs <= dueMs) return;
      this.#queue.remove(known);
    }
    const entry = { timed, dueMs };
    this.#waiting.set(timed, entry);
    this.#queue.push(entry);
    try {
      this.#setTimer();
    } catch (error) {
      this.clear(timed);
      throw error;
    }
  }

  /** Cancels the wait of `timed`. */
  clear(timed: Timed): void {
    const entry = this.#waiting.get(timed);
    if (entry === undefined) return;
    this.#waiting.delete(timed);
    this.#queue.remove(entry);
    if (this.#waiting.size > 0) return;
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #setTimer(): void {
    const dueMs = this.#queue.peek()?.dueMs ?? Infinity;
    if (dueMs >= (this.#timer?.dueMs ?? Infinity)) return;
    this.#timer?.stop();
    this.#timer = undefined;
    const stop = clock.schedule(this.#onTimer, dueMs - clock.now());
    this.#timer = { dueMs, stop };
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    const nowMs = clock.now();
    for (let first = this.#queue.peek(); first !== undefined; first = this.#queue.peek()) {
      if (first.dueMs > nowMs) break;
      this.clear(first.timed);
      first.timed.onDue(nowMs);
    }
    try {
      this.#setTimer();
    } catch (error) {
      for (const timed of [...this.#waiting.keys()]) {
        this.clear(timed);
        timed.onFailure(error);
      }
    }
  };
}
