import type { Stage } from "../engine/stage.ts";
import { createDebounceStage } from "../operators/debounce.ts";
import { createDelayStage } from "../operators/delay.ts";
import { createSampleStage } from "../operators/sample.ts";
import { createTakeUntilStage } from "../operators/take_until.ts";
import { createThrottleStage } from "../operators/throttle.ts";
import { createTimeoutStage } from "../operators/timeout.ts";
import type { DelayOptions, ThrottleOptions, TimeoutOptions } from "../options.ts";
import type { AddToState, StageContext, ValidateNewKey } from "../types.ts";
import { RunnablePipeline } from "./runnable_pipeline.ts";
import type { StreamingPipeline } from "./streaming_pipeline.ts";

/**
 * The stages that look at the time: the part of `StreamingPipeline` that is about pace.
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext What the context builder returns.
 */
export abstract class PacedPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext>
  extends RunnablePipeline<TInitialInput, TCurrentOutput> {
  /**
   * Returns a pipeline with one more stage; its types are made by the signatures alone.
   *
   * @internal
   */
  // deno-lint-ignore no-explicit-any -- as above
  protected abstract append(stage: Stage): StreamingPipeline<any, any, any, any>;

  /**
   * Lets items pass no faster than `limit` in `intervalMs`, as they are and in order.
   *
   * It is a token bucket: it holds `burst` tokens at most, is full at first, and is filled evenly.
   * An item waits until it can pay its cost. One that costs more than the bucket holds passes when
   * that is full and leaves a debt, so that the rate holds in the long run. Nothing is read ahead:
   * the next item is asked for when the one before has passed. A run that is closed ends the wait.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param options The rate, the cost of an item, and how much may pass at once.
   * @throws {TypeError | RangeError} If `key` is taken, or an option is not valid.
   *
   * @example At most a hundred requests a second
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>()
   *   .throttle("paced", { limit: 100, intervalMs: 1_000 })
   *   .map("length", (text) => text.length);
   *
   * assertEquals(await pipeline.executeToArray(["a", "bc"]), [1, 2]);
   * ```
   */
  throttle<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    options: ThrottleOptions<TCurrentOutput, StageContext<TAccumulated, TContext>>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createThrottleStage(key, options));
  }

  /**
   * Hands out an item when no other has come for `waitMs`; those that others follow are dropped.
   *
   * The last item comes out at once when the source ends or fails. Items are read while somebody
   * asks, and one is kept; while nobody asks nothing is read, and an item whose time is up waits. A
   * failure surfaces after the item before it. A run that is closed leaves no timer.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param waitMs In milliseconds, at least 1.
   * @throws {TypeError | RangeError} If `key` is taken, or `waitMs` is not valid.
   *
   * @example What was typed last
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().debounce("settled", 200);
   *
   * assertEquals(await pipeline.executeToArray(["w", "wh", "wheel"]), ["wheel"]);
   * ```
   */
  debounce<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    waitMs: number,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createDebounceStage(key, waitMs));
  }

  /**
   * Hands out the last item of each interval of `intervalMs`; the others are dropped.
   *
   * The first interval begins when the first item is asked for; one without an item gives nothing.
   * The last item comes out at once when the source ends or fails. Items are read while somebody
   * asks, and one is kept. A failure surfaces after the item before it. A run that is closed leaves
   * no timer.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param intervalMs In milliseconds, at least 1.
   * @throws {TypeError | RangeError} If `key` is taken, or `intervalMs` is not valid.
   *
   * @example One reading a second
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>().sample("reading", 1_000);
   *
   * assertEquals(await pipeline.executeToArray([20.1, 20.2, 20.4]), [20.4]);
   * ```
   */
  sample<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    intervalMs: number,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createSampleStage(key, intervalMs));
  }

  /**
   * Hands out each item `delayMs` after it came in, as it is and in order.
   *
   * The items that follow are read meanwhile, so that the stream is shifted, not slowed down, as
   * long as no more than `highWaterMark` come in the time; so many are read ahead. When the source
   * fails, the items before come out first, each at its time. A run that is closed ends all waits.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param delayMs In milliseconds, at least 0.
   * @param options How many items are on their way at a time.
   * @throws {TypeError | RangeError} If `key` is taken, or `delayMs` or an option is not valid.
   *
   * @example A little later
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>().delay("later", 5);
   *
   * assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 2, 3]);
   * ```
   */
  delay<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    delayMs: number,
    options?: DelayOptions,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createDelayStage(key, delayMs, options));
  }

  /**
   * Lets items pass as they are, and fails where one does not come in time: with a `StreamingError`
   * whose code is `TimeoutError`. The source is closed then.
   *
   * The time counts from when an item is asked for, so that a slow reader does not run out of it.
   * Nothing is read ahead. There is one timer at most, and none after the run.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param options How long an item, and the first one, may take.
   * @throws {TypeError | RangeError} If `key` is taken, or an option is not valid.
   *
   * @example A source that must not fall silent
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .timeout("alive", { betweenMs: 5_000, firstMs: 30_000 });
   *
   * assertEquals(await pipeline.executeToArray([1, 2]), [1, 2]);
   * ```
   */
  timeout<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    options: TimeoutOptions,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createTimeoutStage(key, options));
  }

  /**
   * Lets items pass as they are until `stop`: a signal that is aborted, or a promise that is
   * fulfilled. Then the stream ends, and the source is closed, also while an item is waited for.
   *
   * An item that had come in before comes out. A promise that is rejected fails the stage. Nothing
   * is read ahead; where the stop was there before, nothing is read at all. A signal is not listened
   * to after the run; a promise cannot be left, so use a signal where it outlives many runs.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param stop What ends the stream; of all runs of the pipeline.
   * @throws {TypeError} If `key` is taken, or `stop` is neither a signal nor a promise.
   *
   * @example Until a signal
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const stop = new AbortController();
   * const pipeline = StreamingPipeline.start<number>()
   *   .takeUntil("running", stop.signal)
   *   .tap("stop", (item) => item === 2 && stop.abort());
   *
   * assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 2]);
   * ```
   */
  takeUntil<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    stop: AbortSignal | PromiseLike<unknown>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.append(createTakeUntilStage(key, stop));
  }
}
