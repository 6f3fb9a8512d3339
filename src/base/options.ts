/**
 * The options of stages and runs.
 *
 * @module
 */

import type { RunObserver } from "./observer.ts";
import type { ConcurrencyPolicy, Policy } from "./policy.ts";
import type { FailedItem, ListErrorStrategy, StreamingErrorStrategy } from "./errors.ts";

/**
 * How a stage works on its items.
 *
 * @typeParam TItem What its policies look at: the type of the item.
 * @category Functions and options
 */
export interface StageOptions<TItem = unknown> {
  /** Whether several items are worked on at a time. @default {false} */
  readonly parallel?: boolean | undefined;
  /**
   * The most calls that run at a time: a positive integer, or a policy that says it, such as
   * `semaphore(8)`, for all that share it. @default {10}
   */
  readonly concurrencyLimit?: number | ConcurrencyPolicy<TItem> | undefined;
  /** Whether results come out in the order of their items; needs `parallel`. @default {true} */
  readonly ordered?: boolean | undefined;
  /**
   * The most finished results that wait to be asked for: a non-negative integer; needs
   * `parallel`. @default {concurrencyLimit}
   */
  readonly highWaterMark?: number | undefined;
  /** What becomes of an item on which the stage fails. @default {"FAIL_FAST"} */
  readonly errorStrategy?: StreamingErrorStrategy | undefined;
  /** How a failed item is tried again, or how often; not at all by default, or as the step says. */
  readonly retry?: number | RetryOptions | undefined;
  /**
   * How long one attempt may take, in milliseconds, at least 1; for functions and steps of one
   * item. The function's signal is aborted then. No limit by default.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * What each attempt has to wait for, `retry` included: limits that stages share. What it waits is
   * not a part of `timeoutMs`. No limits by default.
   */
  readonly policy?: Policy<TItem> | undefined;
}

/**
 * How many items a function over arrays is called for.
 *
 * @typeParam TSize Inferred, to tell whether there is a batch.
 * @category Functions and options
 */
export interface CallBatching<TSize extends number = number> {
  /** The most items in one call: a positive integer. */
  readonly size: TSize;
  /**
   * How long the first item of a call waits for others, in milliseconds, at least 1. By default, for
   * those that come in the same turn, as from an array or another batch.
   */
  readonly maxWaitMs?: number | undefined;
}

/**
 * How `map` works on its items.
 *
 * @typeParam TItem What its policies look at: the type of the item, of an array of them with `batch`.
 * @typeParam TSize Inferred, to tell whether there is a `batch`: there is none by default.
 * @category Functions and options
 */
export interface MapOptions<TItem = unknown, TSize extends number = never>
  extends StageOptions<TItem> {
  /**
   * Calls the function for many items at once: it gets an array of them, and returns one with an
   * answer for each, in order. An `Error` among them fails that item alone. Items are worked on side
   * by side: `concurrencyLimit` counts items, and is `size` by default. `retry`, `timeoutMs` and
   * `policy` are for each call; an attempt that failed for some items is made again for these.
   */
  readonly batch?: CallBatching<TSize> | undefined;
  /**
   * Says that the function makes the same of an item whenever it is called for it, and changes
   * nothing: with `optimize` in `start`, it is not called for items that the next stages drop.
   * @default {false}
   */
  readonly pure?: boolean | undefined;
  /**
   * Whether a pure function looks at the index, which would change if items were dropped before it.
   * By default, a function of exactly one parameter does not, and any other may. JavaScript counts
   * no parameter with a default, and no rest: say `true` for `(item, index = 0)`.
   */
  readonly usesIndex?: boolean | undefined;
}

/**
 * How `filter` works on its items.
 *
 * @typeParam TItem What its policies look at: the type of the item.
 * @typeParam TRead The keys that it reads; inferred, none by default.
 * @category Functions and options
 */
export interface FilterOptions<TItem = unknown, TRead extends string = never>
  extends StageOptions<TItem> {
  /**
   * The keys of the earlier stages that the predicate looks at: it gets what they made of the item,
   * by key, and no item and no index. With `optimize` in `start`, it is asked right after the last
   * of them.
   */
  readonly reads?: readonly TRead[] | undefined;
}

/**
 * How `add` works on its items: a step over the whole stream is never worked on side by side.
 *
 * @category The whole stream
 */
export interface AddOptions<TItem = unknown>
  extends Pick<StageOptions<TItem>, "errorStrategy" | "retry" | "policy"> {
  /**
   * What the outputs of a generator step were made of, for durable runs in the mode `acks`, which
   * refuse a step that does not say. `item`: all that it yields before it asks for the next item was
   * made of the last one. `hold`: it keeps items back, and calls `ack()` of its context when all that
   * it makes of what it has read is yielded.
   */
  readonly lineage?: "item" | "hold" | undefined;
}

/**
 * How a batch pipeline works on the items of a list.
 *
 * @category Batch pipelines
 */
export interface ListOptions<TItem = unknown> {
  /** Whether several items are worked on at a time; results keep their order. @default {false} */
  readonly parallel?: boolean | undefined;
  /**
   * The most calls that run at a time where `parallel` is set: a positive integer, or a policy that
   * says it. @default {10}
   */
  readonly concurrencyLimit?: number | ConcurrencyPolicy<TItem> | undefined;
  /** What becomes of the list when an item fails. @default {"FAIL_FAST"} */
  readonly errorStrategy?: ListErrorStrategy | undefined;
  /** How a failed item is tried again, alone; not at all by default, or as the step says. */
  readonly retry?: number | RetryOptions | undefined;
  /** How long one attempt at an item may take, in milliseconds, at least 1. */
  readonly timeoutMs?: number | undefined;
  /** What each attempt at an item has to wait for. No limits by default. */
  readonly policy?: Policy<TItem> | undefined;
}

/**
 * What happens when a stage's function fails on an item, where items go through one at a time.
 *
 * @category Functions and options
 */
export type CallOptions<TItem = unknown> = Pick<
  StageOptions<TItem>,
  "errorStrategy" | "retry" | "timeoutMs" | "policy"
>;

/**
 * A function that the options of a stage bring: it gets what every function of a stage gets.
 *
 * @category Functions and options
 */
export type OptionFunction<TItem, TContext, TResult> = (
  item: TItem,
  index: number,
  context: TContext,
) => TResult | PromiseLike<TResult>;

/**
 * What `distinct` compares items by.
 *
 * @category Which items pass
 */
export interface DistinctOptions<TItem, TContext = unknown> extends CallOptions<TItem> {
  /** What must differ; the item itself by default. Compared as the keys of a `Map` are. */
  readonly by?: OptionFunction<TItem, TContext, unknown> | undefined;
  /**
   * How many keys are remembered, a positive integer: the one that was seen longest ago is
   * forgotten first. All of them by default, so that memory grows with their number.
   */
  readonly window?: number | undefined;
}

/**
 * How `window` counts.
 *
 * @category Several items together
 */
export interface WindowOptions {
  /** How many items a window has: a positive integer. */
  readonly size: number;
  /** How many items after one window the next begins: a positive integer. @default {size} */
  readonly slide?: number | undefined;
  /** Whether the last window comes out where it is shorter than `size`. @default {true} */
  readonly partial?: boolean | undefined;
}

/**
 * What closes a batch: the first of these to be reached. At least one is given.
 *
 * @category Several items together
 */
export interface BatchOptions<TItem, TContext = unknown> {
  /** How many items, a positive integer. No limit by default. */
  readonly size?: number | undefined;
  /** How long after its first item, in milliseconds, at least 1. No limit by default. */
  readonly maxWaitMs?: number | undefined;
  /** How much its items weigh in sum, a positive number; needs `weigh`. No limit by default. */
  readonly maxWeight?: number | undefined;
  /** What an item weighs: a non-negative number of bytes, tokens or what else is limited. */
  readonly weigh?: OptionFunction<TItem, TContext, number> | undefined;
  /**
   * What becomes of an item that weighs more than `maxWeight`: a batch of its own, or an error with
   * the code `ITEM_OVER_WEIGHT`. @default {"alone"}
   */
  readonly oversize?: "alone" | "error" | undefined;
}

/**
 * How `mapPartitioned` works on items side by side.
 *
 * @category Items by key
 */
export interface MapPartitionedOptions<TItem = unknown>
  extends CallOptions<TItem>, Pick<StageOptions<TItem>, "concurrencyLimit" | "highWaterMark"> {
  /**
   * How many items are taken in beyond `concurrencyLimit`, so that those which wait for an earlier one
   * of their key do not hold up others: a non-negative integer. @default {concurrencyLimit}
   */
  readonly waitingLimit?: number | undefined;
  /** Whether results come out in the order of all items, not of each key. @default {false} */
  readonly ordered?: boolean | undefined;
}

/**
 * How fast `throttle` lets items through.
 *
 * @category Pace
 */
export interface ThrottleOptions<TItem, TContext = unknown> {
  /** How much may pass in any interval: a positive integer. */
  readonly limit: number;
  /** In milliseconds, at least 1. */
  readonly intervalMs: number;
  /** How much of it an item costs: a non-negative number. @default {1} */
  readonly cost?: OptionFunction<TItem, TContext, number> | undefined;
  /**
   * Makes it a token bucket, and says how many tokens that holds at most: a positive integer.
   * Strict by default.
   */
  readonly burst?: number | undefined;
}

/**
 * How `delay` keeps items back.
 *
 * @category Pace
 */
export interface DelayOptions {
  /** How many items are on their way at a time, a positive integer. @default {1024} */
  readonly highWaterMark?: number | undefined;
}

/**
 * How long `timeout` waits; in milliseconds, at least 1.
 *
 * @category Pace
 */
export interface TimeoutOptions {
  /** From when an item is asked for until it comes. */
  readonly betweenMs: number;
  /** The same for the first item. @default {betweenMs} */
  readonly firstMs?: number | undefined;
}

/**
 * Windows of one length, in whole milliseconds: positive integers. An item is in at most 10,000 of
 * them, or the stage is refused with the code `TOO_MANY_WINDOWS`.
 *
 * @category Several items together
 */
export interface TimeWindowOptions {
  /** How long a window is. */
  readonly sizeMs: number;
  /** How long after one window the next begins; windows begin at its multiples. @default {sizeMs} */
  readonly slideMs?: number | undefined;
}

/**
 * Windows that grow as long as their items are near each other.
 *
 * @category Several items together
 */
export interface SessionOptions {
  /** How long after its last item a session ends, in milliseconds: a positive integer. */
  readonly gapMs: number;
}

/**
 * An item that came when its windows were closed.
 *
 * @category Several items together
 */
export interface LateItem<TItem> {
  /** The item. */
  readonly item: TItem;
  /** When it happened. */
  readonly timestamp: number;
  /** What the watermark was when it came. */
  readonly watermark: number;
  /** How many late items the run has had, this one included. */
  readonly lateCount: number;
}

/**
 * Where late items go; a promise that it returns, or a write, is waited for.
 *
 * @category Several items together
 */
export type LateItemSink<TItem> =
  | WritableStream<LateItem<TItem>>
  | ((late: LateItem<TItem>) => unknown);

/**
 * How the items themselves say when they happened.
 *
 * @category Several items together
 */
export interface EventTimeOptions<TItem, TContext = unknown, TGroup = unknown>
  extends Pick<StageOptions, "errorStrategy"> {
  /** When an item happened, in milliseconds since any fixed moment: a number within ±2^53. */
  readonly timestamp: OptionFunction<TItem, TContext, number>;
  /** What items have windows of their own by. All share their windows by default. */
  readonly by?: OptionFunction<TItem, TContext, TGroup> | undefined;
  /**
   * How far the watermark lags behind the latest item, in milliseconds: a non-negative number. The
   * larger, the fewer items are late, and the later windows come out. @default {0}
   */
  readonly allowedLatenessMs?: number | undefined;
  /** Gets the items that are late; a stream is not closed. They are dropped by default. */
  readonly lateItems?: LateItemSink<TItem> | undefined;
}

/**
 * Keeps one value per window in place of its items.
 *
 * @category Several items together
 */
export interface WindowAggregate<TItem, TValue> {
  /** Makes the value of a window without items. */
  readonly initial: () => TValue;
  /** Makes the next value of the last one and an item. */
  readonly add: (value: TValue, item: TItem) => TValue;
  /** Makes one value of those of two sessions that an item joins; needed with `gapMs`. */
  readonly merge?: ((earlier: TValue, later: TValue) => TValue) | undefined;
}

/**
 * What `windowTime` puts into a window.
 *
 * @category Several items together
 */
export interface WindowContentOptions<TItem, TValue> {
  /** Keeps one value per window in place of its items; all items by default. */
  readonly aggregate?: WindowAggregate<TItem, TValue> | undefined;
}

/**
 * How long the windows of `windowTime` are, by which time, and what they hold.
 *
 * @category Several items together
 */
export type WindowTimeOptions<TItem, TContext = unknown, TGroup = undefined, TValue = never> =
  & WindowContentOptions<TItem, TValue>
  & (
    | TimeWindowOptions
    | (EventTimeOptions<TItem, TContext, TGroup> & (TimeWindowOptions | SessionOptions))
  );

/**
 * How many groups `groupBy` has, and for how long.
 *
 * @category Items by key
 */
export interface GroupByOptions {
  /** How many keys have a group at a time, a positive integer. @default {1000} */
  readonly maxKeys?: number | undefined;
  /**
   * What becomes of a key over that number: an error with the code `TOO_MANY_KEYS`, or the group
   * that had its last item longest ago is ended. @default {"error"}
   */
  readonly whenFull?: "error" | "evict" | undefined;
  /**
   * A group that has had nothing to work on and no item waiting for this long is ended; in
   * milliseconds, at least 1. Never by default.
   */
  readonly idleMs?: number | undefined;
  /** How many groups work on an item at a time: a positive integer. @default {10} */
  readonly concurrencyLimit?: number | undefined;
}

/**
 * How a failed item is tried again; a number in its place is `maxAttempts`.
 *
 * @category Functions and options
 */
export interface RetryOptions {
  /** How often an item is tried, the first time included: a positive integer. */
  readonly maxAttempts: number;
  /** The wait before the second attempt, in milliseconds: at least 0. @default {250} */
  readonly backoffMs?: number | undefined;
  /** How many times as long each wait is as the one before: a number of at least 1. @default {2} */
  readonly backoffFactor?: number | undefined;
  /** The longest wait, in milliseconds, also where more is asked for. @default {30000} */
  readonly maxBackoffMs?: number | undefined;
  /**
   * How far waits are spread to both sides, as a share of them: 0 to 1. `"decorrelated"`: each is
   * anything between `backoffMs` and `backoffFactor` times the one before, 3 times by default, so
   * that clients that failed together part soonest. @default {0.2}
   */
  readonly jitter?: number | "decorrelated" | undefined;
  /**
   * The time for all attempts and the waits between them, in milliseconds: at least 1. No attempt
   * begins when it is over, and one that is asynchronous fails then. No limit by default.
   */
  readonly totalMs?: number | undefined;
  /** The codes to try again on, in place of what `StreamingError.retryable` says. */
  readonly retryableErrors?: readonly string[] | undefined;
  /**
   * Decides whether to try again after attempt number `attempt`, in place of all other rules; a
   * promise of the answer is waited for.
   */
  readonly shouldRetry?:
    | ((error: unknown, attempt: number) => boolean | PromiseLike<boolean>)
    | undefined;
  /**
   * Called when an attempt has failed, before the wait for the next; a promise that it returns is
   * waited for. What it throws fails the item, beside the error of the attempt.
   */
  readonly onAttempt?: ((failed: FailedAttempt) => unknown) | undefined;
}

/**
 * An attempt that has failed.
 *
 * @category Functions and options
 */
export interface FailedAttempt {
  /** Which attempt at its item it was, from 1. */
  readonly number: number;
  /** What it threw. */
  readonly error: unknown;
  /** How long the next one waits, in milliseconds; absent where there is none. */
  readonly waitMs?: number | undefined;
}

/**
 * Options of a step.
 *
 * @category Steps
 */
export interface StepOptions {
  /** How a failed item is tried again, or how often; not at all by default. */
  readonly retry?: number | RetryOptions | undefined;
}

/**
 * How a streaming step keeps something from item to item that a durable run in the mode `snapshots`
 * saves, and continues from. It gets what it keeps as `kept`, an object that it changes.
 *
 * @typeParam TKept What it keeps in a run.
 * @typeParam TSaved What is saved of it: plain values, maps, sets, dates and bytes.
 * @category Steps
 */
export interface StepMemory<TKept, TSaved> {
  /**
   * What is saved of `kept`. Called while the step waits for an item, and nothing is in progress.
   */
  snapshot(kept: TKept): TSaved;
  /** Makes what the step keeps in a run, of what was saved; anew where that is `undefined`. */
  restore(saved: TSaved | undefined): TKept;
}

/**
 * Options of a streaming step.
 *
 * @typeParam TKept What it keeps in a run.
 * @typeParam TSaved What is saved of it.
 * @category Steps
 */
export interface StreamingStepOptions<TKept = undefined, TSaved = never> extends StepOptions {
  /** What it keeps from item to item, for durable runs; nothing that is saved by default. */
  readonly memory?: StepMemory<TKept, TSaved> | undefined;
}

/**
 * Where the failed items of `SPLIT_ERRORS` go.
 *
 * - A stream is locked while it is written to, unlocked when the run ends, and neither closed nor
 *   aborted: it serves many runs, and belongs to its maker.
 * - A function that returns a stream, or the promise of one, is called once per run, at the first
 *   failed item. The stream is closed when the run ends, or aborted where the run is aborted.
 * - Any other function is called with each failed item; a promise that it returns is waited for.
 *
 * @category Runs
 */
export type ErrorSink = WritableStream<FailedItem> | ((failed: FailedItem) => unknown);

/**
 * Options of every way to run a pipeline.
 *
 * @category Runs
 */
export interface RunOptions {
  /** Ends the run when it is aborted: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Stops the run when it is aborted, without a rejection: its sources are closed, and what is in
   * flight comes out, for which it has `closeTimeoutMs`. See `PipelineRun.stop`.
   */
  readonly stop?: AbortSignal | undefined;
  /**
   * How long a run that is closed before its end waits for functions in flight, in milliseconds:
   * a non-negative number. @default {5000}
   */
  readonly closeTimeoutMs?: number | undefined;
  /** Takes the failed items of `SPLIT_ERRORS`. */
  readonly errorsTo?: ErrorSink | undefined;
  /** How many failed items wait for a reader of `run.errors`: an integer. @default {1024} */
  readonly errorBuffer?: number | undefined;
  /** The time between two snapshots of `run.metrics`, in milliseconds: at least 1. @default {1000} */
  readonly metricsIntervalMs?: number | undefined;
  /** Called with the run when its first item is asked for; may add hooks to its stages. */
  readonly observer?: RunObserver | undefined;
}

/**
 * Options of `PipelineRun.stop`.
 *
 * @category Runs
 */
export interface StopOptions {
  /**
   * How long what is in flight may take until running calls are aborted, in milliseconds: a
   * non-negative number. The run's `closeTimeoutMs` by default.
   */
  readonly deadlineMs?: number | undefined;
}

/**
 * Options of a run of a batch pipeline.
 *
 * @category Batch pipelines
 */
export type ExecuteOptions = Pick<RunOptions, "signal" | "closeTimeoutMs" | "observer">;

/**
 * How much is counted and timed.
 *
 * @category Runs
 */
export interface MetadataOptions {
  /**
   * `off` and `counts`: nothing is timed; `off` keeps no errors either. `timing`: samples are
   * timed. `full`: every call is. @default {"timing"}
   */
  readonly verbosity?: "off" | "counts" | "timing" | "full" | undefined;
  /**
   * The share of calls that is timed at `timing` in the long run, above 0, up to 1; more of the
   * first ones, and all of the first 16 asynchronous ones of a stage. @default {1 / 1024}
   */
  readonly sampleRate?: number | undefined;
  /** How many errors are kept per stage: a non-negative integer. @default {100} */
  readonly maxErrors?: number | undefined;
}

/**
 * Which stages `state.stream` and `state.materialize` can read. `on-demand`: all, if they are asked
 * for before the first item. `always`: those made by `add` also later; memory grows with their
 * items. `never`: none.
 *
 * @category Runs
 */
export type CheckpointMode = "on-demand" | "always" | "never";

/**
 * Options of a pipeline.
 *
 * @category Runs
 */
export interface StartOptions {
  /** Which stages can be read whole. @default {"on-demand"} */
  readonly checkpoints?: CheckpointMode | undefined;
  /** How much is counted and timed. */
  readonly metadata?: MetadataOptions | undefined;
  /**
   * Whether `skip`, `take`, and `filter` with `reads`, run before the pure stages that come right
   * before them. What comes out is the same; fewer calls are made. See `explain`.
   * @default {false}
   */
  readonly optimize?: boolean | undefined;
}
