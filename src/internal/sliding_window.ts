/**
 * Counts what was taken in the last interval.
 *
 * @module
 */

import { Ring } from "./ring.ts";

/** With more moments than this, those that are near each other are kept as one. */
const MAX_MOMENTS = 1_024;

/** What was taken at one moment, or in a short span. */
interface Taken {
  amount: number;
  readonly fromMs: number;
  /** When it stops to count. */
  untilMs: number;
}

/** What is saved of it. */
export type SavedTaken = Readonly<Taken>;

/**
 * A sliding log: never more than `limit` is taken in any interval of that length. Of many moments in
 * one interval, neighbours within a thousandth of it count until the last of them is over, so that
 * memory is bounded and the limit still holds.
 */
export class SlidingWindow {
  readonly #limit: number;
  readonly #intervalMs: number;
  readonly #log: Ring<Taken> = new Ring();
  #used = 0;

  constructor(limit: number, intervalMs: number) {
    this.#limit = limit;
    this.#intervalMs = intervalMs;
  }

  /** What counts at this moment, in times from now on. */
  save(nowMs: number): SavedTaken[] {
    this.used(nowMs);
    return Array.from(this.#log, ({ amount, fromMs, untilMs }) => ({
      amount,
      fromMs: fromMs - nowMs,
      untilMs: untilMs - nowMs,
    }));
  }

  /** Takes what was saved, as if it had been saved now: a pause in between counts for nothing. */
  restore(saved: readonly SavedTaken[], nowMs: number): void {
    for (const { amount, fromMs, untilMs } of saved) {
      this.#log.push({ amount, fromMs: nowMs + fromMs, untilMs: nowMs + untilMs });
      this.#used += amount;
    }
  }

  /** How much counts at this moment. */
  used(nowMs: number): number {
    for (let first = this.#log.peek(); first !== undefined; first = this.#log.peek()) {
      if (first.untilMs > nowMs) break;
      this.#log.shift();
      // What fractions have left over goes with the last of them.
      this.#used = this.#log.length === 0 ? 0 : this.#used - first.amount;
    }
    return this.#used;
  }

  /** How long until `amount`, which is no more than the limit, can be taken: 0 for now. */
  waitMs(amount: number, nowMs: number): number {
    let excess = this.used(nowMs) + amount - this.#limit;
    if (this.#fits(excess)) return 0;
    let untilMs = nowMs;
    for (const taken of this.#log) {
      untilMs = taken.untilMs;
      excess -= taken.amount;
      if (this.#fits(excess)) break;
    }
    return untilMs - nowMs;
  }

  /** Takes `amount`. */
  take(amount: number, nowMs: number): void {
    if (amount === 0) return;
    this.#used += amount;
    const untilMs = nowMs + this.#intervalMs;
    const last = this.#log.peekLast();
    if (last === undefined || nowMs - last.fromMs > this.#spanMs) {
      this.#log.push({ amount, fromMs: nowMs, untilMs });
      return;
    }
    last.amount += amount;
    last.untilMs = untilMs;
  }

  /** How far moments that are kept as one are apart. */
  get #spanMs(): number {
    return this.#log.length < MAX_MOMENTS ? 0 : this.#intervalMs / MAX_MOMENTS;
  }

  /** Sums of fractions are not exact. Of whole units, no limit allows one more. */
  #fits(excess: number): boolean {
    return excess <= Math.min(this.#limit, 1e6) * 1e-9;
  }
}
