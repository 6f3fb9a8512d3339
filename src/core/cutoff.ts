/**
 * The deadline of a run that was stopped.
 *
 * @module
 */

/**
 * Handed to all that may have work in flight when the deadline comes: they abort it, and let go of
 * what has not ended by the time that {@linkcode Cutoff.letGo} is called.
 */
export class Cutoff {
  /** What aborted signals are given. */
  readonly reason: unknown;
  /** Has work that was let go of waited for when the run ends; it is never rejected. */
  readonly waitFor: (work: Promise<unknown>) => void;
  readonly #callbacks: (() => void)[] = [];

  constructor(reason: unknown, waitFor: (work: Promise<unknown>) => void) {
    this.reason = reason;
    this.waitFor = waitFor;
  }

  /** Has `callback` called when what was aborted has had its turn. */
  onLetGo(callback: () => void): void {
    this.#callbacks.push(callback);
  }

  /** Ends the turn, for what stands first in the run before what stands behind. */
  letGo(): void {
    for (const callback of this.#callbacks.splice(0)) callback();
  }
}
