/**
 * The deadline of a run that was stopped.
 *
 * @module
 */

/**
 * Passed to all that may have work in flight when the deadline comes: they abort it, and
 * abandon what has not ended when their callback is called.
 */
export interface Cutoff {
  /** What aborted signals are given. */
  readonly reason: unknown;
  /** Has abandoned work waited for when the run ends, whether it resolves or rejects. */
  waitFor(work: Promise<unknown>): void;
  /**
   * Has `callback` called when what was aborted had the time to end: for what comes first in the run
   * before what comes after.
   */
  onAbandon(callback: () => void): void;
}
