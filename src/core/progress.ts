/**
 * How a call of `Loop.advance` has ended.
 *
 * @module
 */

/** One of the four below. */
export type Progress = typeof MET | typeof WAITING | typeof ENDED | typeof FAILED;

/** The demand is met: as many items came out. */
export const MET = 0;
/** Wait for `pending`, pass its outcome to `accept` or `refuse`, advance again. */
export const WAITING = 1;
/** No more items. */
export const ENDED = 2;
/** `failure` says why no more items come; those that came out before it are good. */
export const FAILED = 3;

/** A demand that no loop meets in one go; a small integer, which engines count fastest. */
export const ENDLESS: number = 2 ** 30 - 1;
