/**
 * What all parts of one run share.
 *
 * @module
 */

/** One run, as its parts see it. */
export interface RunScope {
  /** The run's trace id. */
  readonly traceId: string;
  /** What the pipeline's context builder returned for this run. */
  readonly context: unknown;
  /** How long work in flight is waited for when the run is closed. */
  readonly closeTimeoutMs: number;
  /** Takes the error of a clean-up, which must not cost a result. */
  cleanupFailed(error: unknown): void;
}
