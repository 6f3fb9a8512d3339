/**
 * Every default, with its reason. Read once, when a stage or a run is made.
 *
 * @module
 */

/** Calls at a time in a parallel stage: what public HTTP APIs commonly allow one client. */
export const DEFAULT_CONCURRENCY_LIMIT = 10;

/** Milliseconds that a closing run waits for functions in flight: long enough for a clean-up. */
export const DEFAULT_CLOSE_TIMEOUT_MS = 5_000;
