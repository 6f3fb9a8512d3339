/**
 * The options of stages and runs.
 *
 * @module
 */

/** How a stage works on items side by side. */
export interface StageOptions {
  /** Whether several items are worked on at a time. @default {false} */
  readonly parallel?: boolean;
  /** The most calls that run at a time: a positive integer; needs `parallel`. @default {10} */
  readonly concurrencyLimit?: number;
  /** Whether results come out in the order of their items; needs `parallel`. @default {true} */
  readonly ordered?: boolean;
  /**
   * The most finished results that wait while nobody asks for them: a non-negative integer; needs
   * `parallel`. @default {concurrencyLimit}
   */
  readonly highWaterMark?: number;
}

/** Options of every way to run a pipeline. */
export interface RunOptions {
  /** Ends the run when it is aborted: it rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  /**
   * How long a run that is closed before its end waits for functions in flight, in milliseconds:
   * a non-negative number. @default {5000}
   */
  readonly closeTimeoutMs?: number;
}

/** How a failed item is tried again. */
export interface RetryOptions {
  /** How often an item is tried, the first time included: a positive integer. */
  readonly maxAttempts: number;
  /** The wait before the second attempt, in milliseconds: a non-negative number. */
  readonly backoffMs: number;
}
