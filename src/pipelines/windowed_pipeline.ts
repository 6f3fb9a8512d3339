import { createBatchStage } from "../operators/batch.ts";
import { createBatchUntilStage } from "../operators/batch_until.ts";
import { createScanStage } from "../operators/scan.ts";
import { createWindowStage } from "../operators/window.ts";
import { createWindowTimeStage } from "../operators/window_time.ts";
import type {
  BatchOptions,
  CallOptions,
  EventTimeOptions,
  SessionOptions,
  TimeWindowOptions,
  WindowOptions,
} from "../options.ts";
import type {
  AddToState,
  StageContext,
  StageFunction,
  TimeWindow,
  ValidateNewKey,
} from "../types.ts";
import { KeyedPipeline } from "./keyed_pipeline.ts";
import type { StreamingPipeline } from "./streaming_pipeline.ts";

/**
 * The stages that look at several items together: the part of `StreamingPipeline` that is about
 * batches and windows.
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext What the context builder returns.
 */
export abstract class WindowedPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext>
  extends KeyedPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext> {
  /**
   * Hands out, for each item, what `reducer` has made of all items so far.
   *
   * One value comes out per item, in order, each when it is asked for; `initial` itself does not.
   * Nothing is kept but the last value. An item that fails leaves the value as it was; a failure
   * surfaces after the values before it.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TValue The type of the value.
   * @param key The stage's name in state and errors; not in use yet.
   * @param reducer Makes the next value from the last one and an item; may be async. It must not
   * change the value in place: `initial` belongs to all runs.
   * @param initial The value before the first item.
   * @param options What happens when an item fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   *
   * @example A running total
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .scan("total", (total, item) => total + item, 0);
   *
   * assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 3, 6]);
   * ```
   */
  scan<TKey extends string, TValue>(
    key: ValidateNewKey<TAccumulated, TKey>,
    reducer: (
      value: TValue,
      item: TCurrentOutput,
      index: number,
      context: StageContext<TAccumulated, TContext>,
    ) => TValue | PromiseLike<TValue>,
    initial: TValue,
    options?: CallOptions,
  ): StreamingPipeline<TInitialInput, TValue, AddToState<TAccumulated, TKey, TValue>, TContext> {
    return this.append(createScanStage({ key, reducer, initial, options }));
  }

  /**
   * Gathers items into arrays: `TCurrentOutput[]`, length `size`; the last may be shorter, none is
   * empty.
   *
   * A batch comes out as soon as it is full. When the source ends or fails, what was gathered comes
   * out first. With options in place of a size, the first limit to be reached closes a batch: the
   * number of its items, the time since its first item came in, or the weight of its items.
   *
   * With a size or a weight alone, no item is read that was not asked for. With `maxWaitMs`, a batch
   * that has begun is read on to its limits also while nobody asks, so that one that is due and not
   * taken grows no further than that; the time of the next batch begins with its own first item.
   * A run that is closed leaves no timer. A failure surfaces after what was gathered before it.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param size How many items, a positive integer, or what else closes a batch.
   * @throws {TypeError | RangeError} If `key` is taken, or `size` or an option is not valid.
   *
   * @example Two items at most, and ten characters
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>()
   *   .batch("texts", { size: 2, maxWeight: 10, weigh: (text) => text.length });
   *
   * assertEquals(
   *   await pipeline.executeToArray(["one", "two", "three", "thirteen", "a very long one"]),
   *   [["one", "two"], ["three"], ["thirteen"], ["a very long one"]],
   * );
   * ```
   */
  batch<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    size: number | BatchOptions<TCurrentOutput, StageContext<TAccumulated, TContext>>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput[],
    AddToState<TAccumulated, TKey, TCurrentOutput[]>,
    TContext
  > {
    return this.append(createBatchStage(key, size));
  }

  /**
   * Gathers items into arrays, each up to and with the item that satisfies `predicate`:
   * `TCurrentOutput[]`, never empty; the last may lack such an item.
   *
   * A batch comes out as soon as its last item is there. Its length has no limit. When the source,
   * or `predicate`, fails, what was gathered comes out first; an item that is left out when it fails
   * is in no batch.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async: whether the item is the
   * last of its batch.
   * @param options What happens when an item fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   *
   * @example Lines up to a blank one
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>()
   *   .batchUntil("paragraph", (line) => line === "");
   *
   * assertEquals(await pipeline.executeToArray(["a", "b", "", "c"]), [["a", "b", ""], ["c"]]);
   * ```
   */
  batchUntil<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: StageFunction<TCurrentOutput, boolean, TAccumulated, TContext>,
    options?: CallOptions,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput[],
    AddToState<TAccumulated, TKey, TCurrentOutput[]>,
    TContext
  > {
    return this.append(createBatchUntilStage(key, predicate, options));
  }

  /**
   * Gathers items into arrays that begin every `slide` items: `TCurrentOutput[]`, length `size`. A
   * smaller `slide` makes them overlap, a larger one leaves items out.
   *
   * A window comes out as soon as it is full; `size` items are kept. When the source ends or fails,
   * items that no window has had yet come out in one that is shorter, unless `partial` is false.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param options How long the windows are, and where they begin.
   * @throws {TypeError | RangeError} If `key` is taken, or an option is not valid.
   *
   * @example Neighbours
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>().window("pairs", { size: 2, slide: 1 });
   *
   * assertEquals(await pipeline.executeToArray([1, 2, 3]), [[1, 2], [2, 3]]);
   * ```
   */
  window<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    options: WindowOptions,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput[],
    AddToState<TAccumulated, TKey, TCurrentOutput[]>,
    TContext
  > {
    return this.append(createWindowStage(key, options));
  }

  /**
   * Gathers items by time: `{ start, end, items, key }`, `items` never empty, `key` undefined
   * without `by`.
   *
   * **By the clock**, with `sizeMs` alone: an item is in the window of the moment at which it comes
   * in, and a window comes out when its time is over. Windows begin at multiples of `slideMs` since
   * the Unix epoch; a smaller one than `sizeMs` makes them overlap. Nothing is read while nobody
   * asks; there is one timer at most, and none after the run.
   *
   * **By event time**, with `timestamp`: an item is in the windows of the moment that it gives, and
   * no timer is used. The watermark is the highest timestamp seen, less `allowedLatenessMs`. A
   * window comes out when the watermark has reached its end, those that end first before others, and
   * takes no more items. An item that has no open window left is late: it goes to `lateItems`, and
   * is dropped. With `gapMs` in place of `sizeMs`, windows are sessions: items less than `gapMs`
   * apart are in one, which ends `gapMs` after its last; an item between two open ones makes them
   * one. With
   * `by`, each key has windows of its own, under one watermark; keys are compared as those of a
   * `Map` are, and forgotten with their last window.
   *
   * Open windows are kept in memory. When the source, or a function of the options, fails, the
   * windows that are open come out first, as they do at the end.
   *
   * Of "The Dataflow Model" (Akidau et al., VLDB 2015) this keeps event time, fixed and sliding
   * windows and merging sessions, per key, and a heuristic watermark. It leaves out triggers other
   * than the watermark, and with them accumulation and retraction: each window comes out once. The
   * watermark moves with items alone, not while the source is silent.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TGroup The type of the windows' keys.
   * @param key The stage's name in state and errors; not in use yet.
   * @param options How long the windows are, and by which time.
   * @throws {TypeError | RangeError} If `key` is taken, or an option is not valid.
   *
   * @example Sessions by event time
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const clicks = [{ user: "a", at: 0 }, { user: "b", at: 50 }, { user: "a", at: 90 }];
   * const pipeline = StreamingPipeline.start<typeof clicks[number]>()
   *   .windowTime("session", { timestamp: ({ at }) => at, gapMs: 100, by: ({ user }) => user })
   *   .map("summary", ({ key, start, end, items }) => [key, start, end, items.length]);
   *
   * assertEquals(await pipeline.executeToArray(clicks), [["b", 50, 150, 1], ["a", 0, 190, 2]]);
   * ```
   */
  windowTime<TKey extends string, TGroup = undefined>(
    key: ValidateNewKey<TAccumulated, TKey>,
    options:
      | TimeWindowOptions
      | (
        & EventTimeOptions<TCurrentOutput, StageContext<TAccumulated, TContext>, TGroup>
        & (TimeWindowOptions | SessionOptions)
      ),
  ): StreamingPipeline<
    TInitialInput,
    TimeWindow<TCurrentOutput, TGroup>,
    AddToState<TAccumulated, TKey, TimeWindow<TCurrentOutput, TGroup>>,
    TContext
  > {
    return this.append(createWindowTimeStage(key, options));
  }
}
