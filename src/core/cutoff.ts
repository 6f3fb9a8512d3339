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
  /** Calls `callback` once aborted work has had its time to end: upstream callbacks first. */
  onAbandon(callback: () => void): void;
}
