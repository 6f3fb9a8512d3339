/**
 * A step on one value: what it gets, and what it returns.
 *
 * @module
 */

import type { RunObserver } from "./observer.ts";
import type { RetryOptions } from "./options.ts";

/**
 * The parameter of a {@linkcode Step}.
 *
 * @category Steps
 */
export interface StepContext<TInput, TState, TContext> {
  /** The value to work on. */
  input: TInput;
  /** The outputs of earlier stages by key; in a batch pipeline one object, which a step may write to. */
  state: TState;
  /** The result of the context builder for this run; `{}` without a builder. */
  context: TContext;
  /** Aborted when the result is no longer wanted; absent where a step is called by hand. */
  signal?: AbortSignal;
  /** The run's trace id (W3C Trace Context); absent where a step is called by hand. */
  traceId?: string;
  /** The span id of the stage that runs the step (W3C Trace Context). */
  spanId?: string;
  /** How long a run that is closed waits for the step; absent where it is called by hand. */
  closeTimeoutMs?: number;
  /** Observes runs that the step makes; absent where the stage's own run is not observed. */
  observer?: RunObserver;
  /** See `StageContext.perRun`; absent where a step is called by hand. */
  perRun?: <T>(open: () => T) => T;
}

/**
 * The failure of a {@linkcode Step}.
 *
 * @category Batch pipelines
 */
export interface StepError {
  /** A stable name of the failure. */
  code: string;
  /** The failure in words. */
  message: string;
  /** The value that was thrown; absent where nothing was. */
  cause?: unknown;
  /** Whether another attempt could succeed. */
  retryable: boolean;
}

/**
 * When a {@linkcode Step} ran, and for how long.
 *
 * @category Batch pipelines
 */
export interface StepMetadata {
  /** The step's name; `pipeline_complete` for a whole pipeline that has succeeded. */
  stepName: string;
  /** The stage's key, in the `steps` of a pipeline. */
  key?: string;
  /** Start, in milliseconds since the Unix epoch. */
  startTime: number;
  /** End, in milliseconds since the Unix epoch. */
  endTime: number;
  /** `endTime - startTime`, to fractions of a millisecond, from a monotonic clock. */
  durationMs: number;
  /** The run's trace id: 16 bytes in lower-case hex (W3C Trace Context). */
  traceId?: string;
  /** The span id of the stage, or of the pipeline's run: 8 bytes in lower-case hex. */
  spanId?: string;
  /** The counts of the step's list; of a pipeline, those of its last list stage. */
  listMetadata?: ListOperationMetadata;
  /** The metadata of the stages that a pipeline has begun, in order; absent for a step. */
  steps?: StepMetadata[];
}

/**
 * Durations of the work on single items of a list, in milliseconds.
 *
 * @category Batch pipelines
 */
export interface ItemTimings {
  /** The shortest. */
  min: number;
  /** The longest. */
  max: number;
  /** The mean. */
  avg: number;
  /** Half of the items took no longer, within 1 %. */
  p50: number;
  /** 95 % of the items took no longer, within 1 %. */
  p95: number;
  /** 99 % of the items took no longer, within 1 %. */
  p99: number;
}

/**
 * A failed item of a list.
 *
 * @category Batch pipelines
 */
export interface ItemFailure {
  /** Its position in the list, from 0. */
  index: number;
  /** Its failure. */
  error: StepError;
}

/**
 * Counts and durations of the items of a list.
 *
 * @category Batch pipelines
 */
export interface ListOperationMetadata {
  /** The length of the list. */
  totalItems: number;
  /** The number of items that have succeeded. */
  successCount: number;
  /** The number of items that have failed. */
  failureCount: number;
  /**
   * The number of items that are not in the result although none of them has failed the list:
   * failed ones with `SKIP_FAILED`, those that a filter dropped, and after a failure those that
   * were not begun.
   */
  skippedCount: number;
  /** The failed items by index; absent where there is none. */
  failures?: ItemFailure[];
  /** Durations, of a sample where the list is long; absent where no item was timed. */
  itemTimings?: ItemTimings;
  /** Whether one item is worked on at a time, or several. */
  executionStrategy: "sequential" | "parallel";
  /** The limit of calls that run at a time; absent where it is one. */
  concurrencyLimit?: number;
}

/**
 * The result of a {@linkcode Step}.
 *
 * @category Batch pipelines
 */
export type StepResult<T> =
  | { success: true; data: T; metadata: StepMetadata }
  | { success: false; error: StepError; metadata: StepMetadata };

/**
 * The retry options of a {@linkcode Step}: {@linkcode RetryOptions} that can be written to.
 *
 * @category Steps
 */
export type StepRetry =
  & {
    -readonly [TKey in keyof Omit<RetryOptions, "maxAttempts" | "backoffMs" | "retryableErrors">]:
      RetryOptions[TKey];
  }
  & {
    /** The number of attempts, the first included: a positive integer. */
    maxAttempts: number;
    /** The wait before the second attempt, in milliseconds: a non-negative number. */
    backoffMs: number;
    /** The codes that are tried again, in place of `StepError.retryable`. */
    retryableErrors?: string[] | undefined;
  };

/**
 * A reusable, named unit of work on one value. Streaming stages run it once per item.
 *
 * @typeParam TInput The type of the value.
 * @typeParam TOutput The type of its result.
 * @category Steps
 */
export interface Step<TInput, TOutput, TState = unknown, TContext = unknown> {
  /** Distinguishes it from a `StreamingStep`; absent on steps written by hand. */
  readonly isStep?: true | undefined;
  /** The name in errors and metadata. */
  name: string;
  /** Does the work; a failure is a result, not an exception. */
  execute: (
    context: StepContext<TInput, TState, TContext>,
  ) => Promise<StepResult<TOutput>>;
  /** The retry options; absent where a failure is final. */
  retry?: StepRetry | undefined;
}

/**
 * A {@linkcode Step} made by the library. It is marked as one, so that the types of a step that is
 * made inside a call such as `map` are inferred.
 *
 * @category Steps
 */
export interface CreatedStep<TInput, TOutput, TState = unknown, TContext = unknown>
  extends Step<TInput, TOutput, TState, TContext> {
  /** Distinguishes it from a `CreatedStreamingStep`. */
  readonly isStep: true;
}

/**
 * A {@linkcode Step} of any types.
 *
 * @category Steps
 */
export type AnyStep = Step<never, unknown, never, never>;

/**
 * The type of a step that runs several on one value: its input suits all, its output is a tuple.
 *
 * @category Steps
 */
export type ParallelStep<TSteps extends readonly AnyStep[]> = [TSteps[number]] extends
  [Step<infer TInput, infer _O, infer TState, infer TContext>] ? CreatedStep<
    TInput,
    { -readonly [TIndex in keyof TSteps]: StepOutput<TSteps[TIndex]> },
    TState,
    TContext
  >
  : never;

/**
 * The input type of a {@linkcode Step}.
 *
 * @category Steps
 */
export type StepInput<TStep> = TStep extends Step<infer TInput, infer _O, infer _S, infer _C>
  ? TInput
  : never;

/**
 * The output type of a {@linkcode Step}.
 *
 * @category Steps
 */
export type StepOutput<TStep> = TStep extends Step<infer _I, infer TOutput, infer _S, infer _C>
  ? TOutput
  : never;

/**
 * The state that a {@linkcode Step} needs.
 *
 * @category Steps
 */
export type StepAccumulatedState<TStep> = TStep extends
  Step<infer _I, infer _O, infer TState, infer _C> ? TState
  : never;
