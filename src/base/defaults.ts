/**
 * Every default, with its reason. Read once, when a stage or a run is made.
 *
 * @module
 */

/** Calls at a time in a parallel stage: what public HTTP APIs commonly allow one client. */
export const DEFAULT_CONCURRENCY_LIMIT = 10;

/** Milliseconds that a closing run waits for functions in flight: long enough for a clean-up. */
export const DEFAULT_CLOSE_TIMEOUT_MS = 5_000;

/** Failed items that wait for a reader: enough for a burst, and little memory. */
export const DEFAULT_ERROR_BUFFER = 1_024;

/** The wait before the second attempt, in milliseconds: most short outages are over by then. */
export const DEFAULT_BACKOFF_MS = 250;

/** Each wait between attempts is twice the one before: the usual exponential backoff. */
export const DEFAULT_BACKOFF_FACTOR = 2;

/**
 * How many times as long as the one before a wait can be with decorrelated jitter: as in its
 * source.
 */
export const DECORRELATED_FACTOR = 3;

/** The longest wait between attempts, in milliseconds: longer than most rate limits ask for. */
export const DEFAULT_MAX_BACKOFF_MS = 30_000;

/** Waits are spread by a fifth to both sides, so that clients that failed together part. */
export const DEFAULT_JITTER = 0.2;

/** Errors kept per stage: enough to see what is wrong, bounded because items may hang on them. */
export const DEFAULT_MAX_ERRORS = 100;

/**
 * One call in this many is timed, in the long run: timing an item costs a microsecond and more, and
 * the figures must cost no more than a tenth of the quickest loop, 5 ns per item.
 */
export const DEFAULT_SAMPLE_EVERY = 1_024;

/**
 * Asynchronous calls of a stage that are all timed before samples are taken: enough for a mean, and
 * few, for timing one costs as much as the call itself where that only waits for a promise.
 */
export const DEFAULT_ASYNC_BUDGET = 16;

/** The same for a list of a batch pipeline, whose figures are read as those of all its items. */
export const DEFAULT_LIST_ASYNC_BUDGET = 512;

/** Milliseconds between two snapshots: often enough to watch, too seldom to cost. */
export const DEFAULT_METRICS_INTERVAL_MS = 1_000;

/** Items on their way through a delay: enough for a thousand in its time, and little memory. */
export const DEFAULT_DELAY_HIGH_WATER_MARK = 1_024;

/** Groups at a time: more keys than that are mostly a key that is different for each item. */
export const DEFAULT_MAX_KEYS = 1_000;

/** Items between two commits of a durable job: few to do again, and enough that a commit costs little. */
export const DEFAULT_COMMIT_ITEMS = 500;

/** Milliseconds after which a durable job commits what has come: little to do again where items are few. */
export const DEFAULT_COMMIT_MS = 1_000;
