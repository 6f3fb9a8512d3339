/**
 * One timer for everything in a policy that waits for a moment.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { Heap } from "../internal/heap.ts";

/** What waits for a moment. */
export interface Timed {
  /** When it is due; `Infinity` while it waits for no moment. Only the alarm writes it. */
  dueMs: number;
  /** Called when it is due. */
  onDue(nowMs: number): void;
  /** Called where no timer can be set: it is never due. */
  onFailure(error: unknown): void;
}

interface Entry {
  readonly timed: Timed;
  readonly dueMs: number;
}

/** How many entries, beyond the number that wait, may be over before they are cleared away. */
const MAX_OVER = 64;

/** Calls whatever is due, the earliest first. No timer runs while nothing waits. */
export class Alarm {
  /** Entries that were postponed or cancelled are in it as well, until they come up. */
  readonly #entries: Heap<Entry> = new Heap((a, b) => a.dueMs < b.dueMs);
  readonly #waiting: Set<Timed> = new Set();
  #timer: { readonly dueMs: number; stop(): void } | undefined;

  /** Has `timed` called at `dueMs`, or before: it checks itself whether it is due. */
  set(timed: Timed, dueMs: number): void {
    if (timed.dueMs <= dueMs) return;
    timed.dueMs = dueMs;
    this.#waiting.add(timed);
    this.#entries.push({ timed, dueMs });
    if (this.#entries.size > 2 * this.#waiting.size + MAX_OVER) this.#entries.retain(isWaiting);
    try {
      this.#setTimer();
    } catch (error) {
      this.clear(timed);
      throw error;
    }
  }

  /** Cancels the wait of `timed`. */
  clear(timed: Timed): void {
    if (!this.#waiting.delete(timed)) return;
    timed.dueMs = Infinity;
    if (this.#waiting.size > 0) return;
    this.#entries.retain(isWaiting);
    this.#timer?.stop();
    this.#timer = undefined;
  }

  #setTimer(): void {
    const dueMs = this.#first()?.dueMs ?? Infinity;
    if (dueMs >= (this.#timer?.dueMs ?? Infinity)) return;
    this.#timer?.stop();
    this.#timer = undefined;
    const stop = clock.schedule(this.#onTimer, dueMs - clock.now());
    this.#timer = { dueMs, stop };
  }

  readonly #onTimer = (): void => {
    this.#timer = undefined;
    const nowMs = clock.now();
    for (let first = this.#first(); first !== undefined; first = this.#first()) {
      if (first.dueMs > nowMs) break;
      this.clear(first.timed);
      first.timed.onDue(nowMs);
    }
    try {
      this.#setTimer();
    } catch (error) {
      for (const timed of [...this.#waiting]) {
        this.clear(timed);
        timed.onFailure(error);
      }
    }
  };

  /** The entry that is due first. */
  #first(): Entry | undefined {
    let first = this.#entries.peek();
    while (first !== undefined && !isWaiting(first)) {
      this.#entries.pop();
      first = this.#entries.peek();
    }
    return first;
  }
}

function isWaiting({ timed, dueMs }: Entry): boolean {
  return timed.dueMs === dueMs;
}
