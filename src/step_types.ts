/**
 * A step on one value: what it gets, and what it returns.
 *
 * @module
 */

import type { RetryOptions } from "./options.ts";

/** What a {@linkcode Step} gets. */
export interface StepContext<TInput, TState, TContext> {
  /** The value to work on. */
  input: TInput;
  /** What earlier stages produced, by key. */
  state: TState;
  /** What the context builder returned for this run. */
  context: TContext;
  /** Aborted when the result is no longer wanted; absent where a step is called by hand. */
  signal?: AbortSignal;
  /** The run's trace id (W3C Trace Context); absent where a step is called by hand. */
  traceId?: string;
  /** The span id of the stage that runs the step (W3C Trace Context). */
  spanId?: string;
  /** How long a run that is closed waits for the step; absent where it is called by hand. */
  closeTimeoutMs?: number;
}

/** How a {@linkcode Step} failed. */
export interface StepError {
  /** A stable name of the failure. */
  code: string;
  /** The failure in words. */
  message: string;
  /** What was thrown. */
  cause?: unknown;
  /** Whether another attempt could succeed. */
  retryable: boolean;
}

/** When a {@linkcode Step} ran, and for how long. */
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
  /** What became of a list: of the step's, or of the last list stage of a pipeline. */
  listMetadata?: ListOperationMetadata;
  /** The stages that a pipeline has run, in order; absent for a step. */
  steps?: StepMetadata[];
}

/** How long the work on an item of a list took, in milliseconds. */
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

/** An item of a list that has failed. */
export interface ItemFailure {
  /** Its position in the list, from 0. */
  index: number;
  /** How it failed. */
  error: StepError;
}

/** What became of the items of a list. */
export interface ListOperationMetadata {
  /** How many items the list has. */
  totalItems: number;
  /** How many were taken on. */
  successCount: number;
  /** How many have failed. */
  failureCount: number;
  /** How many were left out of a list that succeeded: they failed, or a filter dropped them. */
  skippedCount: number;
  /** Those that have failed, by index; absent where none has. */
  failures?: ItemFailure[];
  /** Of samples where the list is long; absent where no item was timed. */
  itemTimings?: ItemTimings;
  /** Whether items were worked on one at a time or side by side. */
  executionStrategy: "sequential" | "parallel";
  /** The most that were worked on at a time; absent where it was one. */
  concurrencyLimit?: number;
}

/** What a {@linkcode Step} returns. */
export type StepResult<T> =
  | { success: true; data: T; metadata: StepMetadata }
  | { success: false; error: StepError; metadata: StepMetadata };

/** How a {@linkcode Step} is tried again: {@linkcode RetryOptions} that can be written to. */
export type StepRetry =
  & {
    -readonly [TKey in keyof Omit<RetryOptions, "maxAttempts" | "backoffMs" | "retryableErrors">]:
      RetryOptions[TKey];
  }
  & {
    /** How often it is tried, the first time included: a positive integer. */
    maxAttempts: number;
    /** The wait before the second attempt, in milliseconds: a non-negative number. */
    backoffMs: number;
    /** The codes to try again on, in place of what `StepError.retryable` says. */
    retryableErrors?: string[] | undefined;
  };

/**
 * A reusable, named unit of work on one value. Streaming stages run it once per item.
 *
 * @typeParam TInput The type of the value.
 * @typeParam TOutput The type of its result.
 */
export interface Step<TInput, TOutput, TState = unknown, TContext = unknown> {
  /** Tells this kind from a `StreamingStep`; absent on steps that were written by hand. */
  readonly isStep?: true | undefined;
  /** The name that errors and metadata show. */
  name: string;
  /** Does the work; a failure is a result, not an exception. */
  execute: (
    context: StepContext<TInput, TState, TContext>,
  ) => Promise<StepResult<TOutput>>;
  /** How it is tried again when it fails. */
  retry?: StepRetry | undefined;
}

/**
 * A {@linkcode Step} that the library has made. It says of which kind it is, so that the types of a
 * step that is made inside a call such as `map` are inferred.
 */
export interface CreatedStep<TInput, TOutput, TState = unknown, TContext = unknown>
  extends Step<TInput, TOutput, TState, TContext> {
  /** Tells this kind from a `CreatedStreamingStep`. */
  readonly isStep: true;
}

/** A {@linkcode Step} of any types. */
// deno-lint-ignore no-explicit-any -- stands where steps of all types stand side by side
export type AnyStep = Step<any, any, any, any>;

/** A step that runs several on the same value: it reads what all can read, and makes a tuple. */
export type ParallelStep<TSteps extends readonly AnyStep[]> = [TSteps[number]] extends
  [Step<infer TInput, infer _O, infer TState, infer TContext>] ? CreatedStep<
    TInput,
    { -readonly [TIndex in keyof TSteps]: StepOutput<TSteps[TIndex]> },
    TState,
    TContext
  >
  : never;

/** The type that a {@linkcode Step} reads. */
export type StepInput<TStep> = TStep extends Step<infer TInput, infer _O, infer _S, infer _C>
  ? TInput
  : never;

/** The type of what a {@linkcode Step} makes. */
export type StepOutput<TStep> = TStep extends Step<infer _I, infer TOutput, infer _S, infer _C>
  ? TOutput
  : never;

/** The state that a {@linkcode Step} needs. */
export type StepAccumulatedState<TStep> = TStep extends
  Step<infer _I, infer _O, infer TState, infer _C> ? TState
  : never;
