/**
 * Where windows of one length lie, in whole numbers.
 *
 * @module
 */

import { complaint, requireInteger, type Subject } from "../internal/validation.ts";
import { createCodedError } from "./_coded_error.ts";

/** How many windows an item may be in: more are mostly a size and a slide in different units. */
const MAX_WINDOWS = 10_000;

/** The largest time, to both sides, up to which all whole milliseconds are exact numbers. */
export const MAX_TIME_MS: number = 2 ** 53;

/** A window that a moment is in. */
export interface WindowPlace {
  /** Which window it is, counted from the one that begins at 0: exact, whatever the time. */
  readonly id: number | bigint;
  /** Its first millisecond; the nearest number where it is below -2^53. */
  readonly start: number;
  /** Its last millisecond; a larger number than any time where it is above 2^53. */
  readonly last: number;
}

/** Windows of `sizeMs`, one of which begins at each multiple of `slideMs`. */
export class WindowGrid {
  readonly #sizeMs: number;
  readonly #slideMs: number;

  /** Throws a `RangeError` unless both are positive integers, and an item is in few windows. */
  constructor(subject: Subject, sizeMs: unknown, slideMs: unknown) {
    requireInteger(subject, "sizeMs", sizeMs, 1);
    requireInteger(subject, "slideMs", slideMs, 1);
    const windows = Math.ceil(sizeMs / slideMs);
    if (windows > MAX_WINDOWS) {
      const rule = `at most ${MAX_WINDOWS}, for an item is in so many windows`;
      throw createCodedError(
        "TOO_MANY_WINDOWS",
        complaint(subject, "sizeMs / slideMs", rule, windows),
      );
    }
    this.#sizeMs = sizeMs;
    this.#slideMs = slideMs;
  }

  /**
   * The windows that a moment within ±2^53 is in, the last to begin first. A window has a moment if
   * it has the whole millisecond below it; remainders of whole numbers are exact, quotients are not.
   */
  *placesOf(atMs: number): Generator<WindowPlace, void, undefined> {
    const at = Math.floor(atMs) + 0;
    const rest = at % this.#slideMs;
    const latest = (at - rest) / this.#slideMs - (rest < 0 ? 1 : 0);
    let elapsed = rest < 0 ? rest + this.#slideMs : rest;
    for (let back = 0; elapsed < this.#sizeMs; back++) {
      const id = toExact(latest, back);
      yield { id, start: at - elapsed, last: at + (this.#sizeMs - 1 - elapsed) };
      elapsed += this.#slideMs;
    }
  }
}

/** `whole - back`, as a number where that is exact. */
function toExact(whole: number, back: number): number | bigint {
  const difference = whole - back;
  return Number.isSafeInteger(difference) ? difference : BigInt(whole) - BigInt(back);
}

/**
 * `atMs` less all others, rounded down to whole milliseconds: exact even where the difference is
 * not.
 */
export function floorDifference(atMs: number, ...othersMs: readonly number[]): number {
  let whole = Math.floor(atMs);
  let fraction = atMs - whole;
  for (const otherMs of othersMs) {
    const other = Math.floor(otherMs);
    whole -= other;
    fraction -= otherMs - other;
  }
  return whole + Math.floor(fraction);
}
