/**
 * What a turn of a loop comes to.
 *
 * @module
 */

/** What `Segment.advance` came to. */
export type Progress = typeof MET | typeof WAITING | typeof ENDED | typeof FAILED;

/** As many items came out as were asked for. */
export const MET = 0;
/** Wait for `pending`, hand its outcome in, advance again. */
export const WAITING = 1;
/** No more items. */
export const ENDED = 2;
/** `failure` says why no more items come; those that came out before it are good. */
export const FAILED = 3;

/** A demand that no loop meets in one go; a small integer, which engines count fastest. */
export const ENDLESS: number = 2 ** 30 - 1;
