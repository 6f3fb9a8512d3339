/**
 * Quantiles of a stream of numbers in fixed memory: DDSketch, after Masson, Rim and Lee, "DDSketch:
 * A fast and fully-mergeable quantile sketch with relative-error guarantees" (VLDB 2019).
 *
 * @module
 */

/** A quantile is off by at most this share of the exact value. */
export const RELATIVE_ERROR = 0.01;

const GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR);
const LOG_GAMMA = Math.log(GAMMA);
/** Smaller values count as this: a nanosecond where values are milliseconds. */
const MIN_VALUE = 1e-6;
/** Larger values count as this: 31 years. It bounds the number of buckets to about 1,750. */
const MAX_VALUE = 1e12;

/** Counts values in buckets whose bounds grow by a constant factor. */
export class QuantileSketch {
  /** How many values were added. */
  count = 0;
  /** Their sum. */
  sum = 0;
  /** The smallest, exact; infinite while there is none. */
  min: number = Infinity;
  /** The largest, exact up to {@linkcode MAX_VALUE}; 0 while there is none. */
  max = 0;
  #zeros = 0;
  readonly #buckets: Map<number, number> = new Map();

  /** Adds a value; one below zero, as from a clock that was set back, counts as zero. */
  add(value: number): void {
    this.count++;
    const bounded = Math.min(Math.max(value, 0), MAX_VALUE);
    if (bounded < this.min) this.min = bounded;
    if (bounded > this.max) this.max = bounded;
    if (bounded < MIN_VALUE) {
      this.#zeros++;
      return;
    }
    this.sum += bounded;
    const bucket = Math.ceil(Math.log(bounded) / LOG_GAMMA);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
  }

  /**
   * For each of `fractions` (0 to 1, ascending) the value that this share of the values does not
   * exceed, by nearest rank; 0 where there are none.
   */
  quantiles(fractions: readonly number[]): number[] {
    const buckets = [...this.#buckets].sort(([first], [second]) => first - second);
    let next = 0;
    let seen = this.#zeros;
    let value = 0;
    return fractions.map((fraction) => {
      const rank = Math.ceil(fraction * this.count);
      while (seen < rank && next < buckets.length) {
        const [bucket, count] = buckets[next++]!;
        seen += count;
        value = 2 * GAMMA ** bucket / (GAMMA + 1);
      }
      return Math.min(Math.max(value, this.min), this.max);
    });
  }
}
