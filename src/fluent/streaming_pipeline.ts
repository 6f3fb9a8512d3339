// deno-lint-ignore-file ban-types -- the empty intersection is the state of no stages

import { add } from "../operators/add.ts";
import { batch } from "../operators/batch.ts";
import { batchUntil } from "../operators/batch_until.ts";
import { branch } from "../operators/branch.ts";
import { buffer } from "../operators/buffer.ts";
import { checkpoint } from "../operators/checkpoint.ts";
import { combineLatestWith } from "../operators/combine_latest_with.ts";
import { concatWith } from "../operators/concat_with.ts";
import { debounce } from "../operators/debounce.ts";
import { delay } from "../operators/delay.ts";
import { distinct } from "../operators/distinct.ts";
import { fanOut } from "../operators/fan_out.ts";
import { filter } from "../operators/filter.ts";
import { flatMap } from "../operators/flat_map.ts";
import { flatten } from "../operators/flatten.ts";
import { fold } from "../operators/fold.ts";
import { groupBy } from "../operators/group_by.ts";
import { interleaveWith } from "../operators/interleave_with.ts";
import { joinWith } from "../operators/join_with.ts";
import { map } from "../operators/map.ts";
import { mapPartitioned } from "../operators/map_partitioned.ts";
import { mergeWith } from "../operators/merge_with.ts";
import { partition } from "../operators/partition.ts";
import { route } from "../operators/route.ts";
import { sample } from "../operators/sample.ts";
import { scan } from "../operators/scan.ts";
import { skip } from "../operators/skip.ts";
import { skipWhile } from "../operators/skip_while.ts";
import { take } from "../core/basics.ts";
import { takeUntil } from "../operators/take_until.ts";
import { takeWhile } from "../operators/take_while.ts";
import { tap } from "../operators/tap.ts";
import { throttle } from "../operators/throttle.ts";
import { through } from "../operators/through.ts";
import { timeout } from "../operators/timeout.ts";
import { window } from "../operators/window.ts";
import { transform } from "../operators/transform.ts";
import { windowTime } from "../operators/window_time.ts";
import { zipWith } from "../operators/zip_with.ts";
import type { Blueprint } from "../core/blueprint.ts";
import { CorePipeline, findBlueprint } from "../core/pipeline.ts";
import { refuseSurplus } from "../internal/refuse_surplus.ts";
import { explain, type PlanExplanation } from "../core/explain.ts";
import type { Operator } from "../core/operator.ts";
import { toReadableStream } from "../streams/to_readable_stream.ts";
import { toTransformStream } from "../streams/to_transform_stream.ts";
import { MeasuredItems } from "./measured_items.ts";
import { PipelineRun } from "./pipeline_run.ts";
import { createStartBlueprint } from "./start_blueprint.ts";
import type {
  AddOptions,
  BatchOptions,
  CallOptions,
  DelayOptions,
  DistinctOptions,
  FilterOptions,
  GroupByOptions,
  MapOptions,
  MapPartitionedOptions,
  RunOptions,
  StageOptions,
  StartOptions,
  ThrottleOptions,
  TimeoutOptions,
  WindowOptions,
  WindowTimeOptions,
} from "../base/options.ts";
import type { BranchOf, BranchOutput, FittingBranches } from "../base/branches.ts";
import type { ByOption, FilterWork, Loaded, MapWork } from "../base/optional_work.ts";
import type { JoinOptions, JoinRow } from "../sources/join.ts";
import type {
  Accepted,
  Composable,
  ElementOf,
  ExpandWork,
  ItemTransform,
  Late,
  OtherSource,
  PipelineOf,
  Predicate,
  QueueOptions,
  Reducer,
  Rejected,
  Source,
  StageContext,
  StageFunction,
  StageWork,
  Stop,
  StreamingStepResult,
  StreamWork,
  ValidateNewKey,
  WebTransform,
  WindowOf,
  WrittenItem,
} from "../base/types.ts";
import type { PipelineMetadata } from "../base/metadata_types.ts";

let construct: (blueprint: Blueprint) => AnyStreamingPipeline;

/** The pipeline of this face that is made from `blueprint`. */
export function createPipeline(blueprint: Blueprint): AnyStreamingPipeline {
  return construct(blueprint);
}

/**
 * A typed, lazy pipeline over streams of items.
 *
 * It is immutable: each method returns a new pipeline with one more stage. Building does nothing;
 * a run starts when its first item is asked for, and computes an item when it is asked for.
 *
 * - What becomes of each item: `map` `flatMap` `tap` `branch`
 * - Which items pass: `filter` `take` `skip` `takeWhile` `skipWhile` `takeUntil` `distinct`
 * - Steps over the whole stream: `add` `through` `buffer` `checkpoint`
 * - Several items together: `batch` `batchUntil` `flatten` `transform` `scan` `fold` `window` `windowTime`
 * - Items by key: `groupBy` `partition` `mapPartitioned`
 * - Several streams: `mergeWith` `concatWith` `interleaveWith` `zipWith` `combineLatestWith` `joinWith` `fanOut` `route`
 * - Pace: `throttle` `debounce` `sample` `delay` `timeout`
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext What the context builder returns.
 * @category Pipelines
 *
 * @example From urls to batches
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .map("words", (line) => line.split(" "))
 *   .flatten("word")
 *   .filter("long", (word) => word.length > 3)
 *   .batch("batches", 2);
 *
 * const batches = await pipeline.executeToArray(["a mill wheel", "turns with water"]);
 * assertEquals(batches, [["mill", "wheel"], ["turns", "with"], ["water"]]);
 * ```
 */
export class StreamingPipeline<
  TInitialInput,
  TCurrentOutput,
  TAccumulated = unknown,
  TContext = unknown,
> extends CorePipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext> {
  static {
    construct = (blueprint) => new StreamingPipeline(blueprint);
    refuseSurplus(this.prototype);
  }

  /**
   * Begins a pipeline without stages.
   *
   * @typeParam TInput The type of the items that a run reads.
   * @typeParam TContext What the context builder returns.
   * @param contextBuilder Called once per run, at its first pull; what it returns is passed to every
   * function of the run. The context is `{}` without it.
   * @param options How much is counted and timed, and which stages can be read whole.
   * @returns A pipeline whose items come out as they went in.
   * @throws {TypeError | RangeError} If `contextBuilder` is no function, or an option is not valid.
   * @category Building
   *
   * @example A context for every function
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string, { prefix: string }>(() => ({ prefix: "> " }))
   *   .map("quoted", (line, _index, { context }) => context.prefix + line);
   *
   * assertEquals(await pipeline.executeToArray(["mill"]), ["> mill"]);
   * ```
   */
  static override start<TInput, TContext = unknown>(
    contextBuilder?: () => TContext,
    options?: StartOptions,
  ): StreamingPipeline<TInput, TInput, {}, TContext> {
    return new StreamingPipeline(createStartBlueprint(contextBuilder, options));
  }

  /**
   * Adds a stage: what `operator` does, under `key`. Every other method of this class that adds a stage
   * is a shorthand of it.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOutput The type of the items that come out.
   * @typeParam TValue What state shows under the key: the item, but for a checkpoint.
   * @param key The stage's name in state and errors; not in use yet.
   * @param operator What it does: a value of `@headrace/pipeline/operators`, or a `pipe` of several.
   * @throws {TypeError | RangeError} If `key` is taken, or what the operator was given is not valid.
   * @category Building
   *
   * @example A part that many pipelines use
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { filter, map, pipe } from "@headrace/pipeline/operators";
   * import { assertEquals } from "@std/assert";
   *
   * const cleaned = pipe(map((text: string) => text.trim()), filter((text) => text !== ""));
   * const pipeline = StreamingPipeline.start<string>().use("clean", cleaned);
   *
   * assertEquals(await pipeline.executeToArray([" mill ", " "]), ["mill"]);
   * ```
   */
  override use<TKey extends string, TOutput, TValue = TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    operator: Operator<TCurrentOutput, TOutput, TAccumulated, TContext, TValue>,
  ): StreamingPipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TValue },
    TContext
  > {
    return super.use(key, operator) as never;
  }

  /**
   * Appends all stages of another pipeline. They run with the context of this one.
   *
   * @param other A pipeline that reads what comes out of this one, without keys in common.
   * @throws {TypeError} If both have a key in common.
   * @category Building
   *
   * @example Two pipelines, one after the other
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const words = StreamingPipeline.start<string>().flatMap("word", (line) => line.split(" "));
   * const lengths = StreamingPipeline.start<string>().map("length", (word) => word.length);
   *
   * assertEquals(await words.compose(lengths).executeToArray(["a mill"]), [1, 4]);
   * ```
   */
  override compose<TOtherInput, TOutput, TOtherAccumulated, TOtherContext>(
    other:
      & PipelineOf<TOtherInput, TOutput, TOtherAccumulated, TOtherContext>
      & Composable<
        TCurrentOutput,
        TOtherInput,
        TContext,
        TOtherContext,
        TAccumulated,
        TOtherAccumulated
      >,
  ): StreamingPipeline<TInitialInput, TOutput, TAccumulated & TOtherAccumulated, TContext> {
    return super.compose(other) as never;
  }

  // ---- What becomes of each item ---------------------------------------------------------------

  /**
   * Replaces each item by what `work` makes of it.
   *
   * One item comes out per item, in order. Items go through one at a time, each when it is asked
   * for; with `parallel`, up to `concurrencyLimit` at a time. A failure surfaces after the items
   * before it. A streaming step is run as `add` runs it; with `parallel`, once per item.
   *
   * With `batch`, `work` is a function over arrays, and is called for many items at once: it returns an
   * array with an answer for each, in order. An `Error` among them fails its item alone.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param work A function of `(item, index, context)`, sync or async, or a step.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Each item
   *
   * @example Two calls at a time, in order
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>()
   *   .map("length", (text) => Promise.resolve(text.length), { concurrencyLimit: 2 });
   *
   * assertEquals(await pipeline.executeToArray(["mill", "headrace"]), [4, 8]);
   * ```
   */
  override map<
    TKey extends string,
    TOutput,
    TLate extends Late = object,
    TSize extends number = never,
    TAnswer = unknown,
  >(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: MapWork<
      TCurrentOutput,
      TOutput,
      TAccumulated,
      TContext,
      TLate,
      TSize,
      TCurrentOutput,
      TAnswer
    >,
    options?: MapOptions<
      ByOption<TSize, readonly TCurrentOutput[], TCurrentOutput>,
      TSize
    >,
  ): StreamingPipeline<
    TInitialInput,
    Loaded<TSize, TOutput, TAnswer>,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : Loaded<TSize, TOutput, TAnswer> },
    TContext
  > {
    // The compiler cannot see that the two cases of the operator's types are those of the method's.
    return this.use(key, map(work as never, options as never)) as never;
  }

  /**
   * Replaces each item by all items of what `work` makes of it: an iterable, an async iterable,
   * a web stream, or a promise of one. A string is one item.
   *
   * Items come out in order. An iterable is read as its items are asked for, and closed when the
   * reader stops. With `parallel`, up to `concurrencyLimit` calls and iterators are open at a time;
   * those whose turn has not come compute one item ahead.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param work A function of `(item, index, context)`, sync or async, or a step.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Each item
   *
   * @example As many as are read
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .flatMap("multiple", function* (number) {
   *     for (let factor = 1;; factor++) yield number * factor;
   *   })
   *   .take("first", 3);
   *
   * assertEquals(await pipeline.executeToArray([7]), [7, 14, 21]);
   * ```
   */
  override flatMap<TKey extends string, TOutput, TLate extends Late = object>(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: ExpandWork<TCurrentOutput, TOutput, TAccumulated, TContext, TLate>,
    options?: StageOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    return this.use(key, flatMap(work, options));
  }

  /**
   * Calls a function for each item and lets the item pass as it is, when the function is done.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param work A function of `(item, index, context)`, sync or async; its result is not used.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Each item
   *
   * @example Counting what passes
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * let count = 0;
   * const pipeline = StreamingPipeline.start<string>().tap("counted", () => count++);
   *
   * assertEquals(await pipeline.executeToArray(["mill", "race"]), ["mill", "race"]);
   * assertEquals(count, 2);
   * ```
   */
  override tap<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: StageFunction<TCurrentOutput, unknown, TAccumulated, TContext>,
    options?: StageOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, tap(work, options));
  }

  /**
   * Runs one of two pieces of work on each item, as `predicate` decides. A type guard narrows the type
   * of the item for both.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param whenTrue A function or a step; a streaming step runs once per item.
   * @param whenFalse A function or a step; a streaming step runs once per item.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Each item
   *
   * @example Folders and files
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().branch(
   *   "size",
   *   (path) => path.endsWith("/"),
   *   () => "folder",
   *   (path) => path.length,
   * );
   *
   * assertEquals(await pipeline.executeToArray(["docs/", "mod.ts"]), ["folder", 6]);
   * ```
   */
  branch<
    TKey extends string,
    TTrue,
    TFalse,
    TGuarded extends TCurrentOutput = never,
    TLate extends Late = object,
    TAccepted = Accepted<TCurrentOutput, TGuarded>,
    TRejected = Rejected<TCurrentOutput, TGuarded>,
  >(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: Predicate<TCurrentOutput, TGuarded, TAccumulated, TContext, TLate>,
    whenTrue: StageWork<
      TCurrentOutput,
      TTrue,
      TAccumulated,
      TContext,
      TLate,
      unknown,
      NoInfer<TAccepted>
    >,
    whenFalse: StageWork<
      TCurrentOutput,
      TFalse,
      TAccumulated,
      TContext,
      TLate,
      unknown,
      NoInfer<TRejected>
    >,
    options?: StageOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TTrue | TFalse,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TTrue | TFalse },
    TContext
  > {
    // The types that the predicate leads to are the defaults of parameters, here and there.
    return this.use(
      key,
      branch(predicate, whenTrue as never, whenFalse as never, options),
    ) as never;
  }

  // ---- Which items pass ------------------------------------------------------------------------

  /**
   * Lets the items pass for which `predicate` answers with a truthy value. A type guard narrows the
   * type of the items. With `reads`, the predicate gets what the stages of these keys made of the item,
   * by key, in place of the item and its index.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Which items pass
   *
   * @example A type guard narrows the items
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string | undefined>()
   *   .filter("there", (text) => text !== undefined)
   *   .map("length", (text) => text.length);
   *
   * assertEquals(await pipeline.executeToArray(["mill", undefined]), [4]);
   * ```
   */
  override filter<
    TKey extends string,
    TOutput extends TCurrentOutput = TCurrentOutput,
    TLate extends Late = object,
    TRead extends keyof TAccumulated & string = never,
  >(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: FilterWork<TCurrentOutput, TOutput, TAccumulated, TContext, TLate, TRead>,
    options?: FilterOptions<TCurrentOutput, TRead>,
  ): StreamingPipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    // The compiler cannot see that the two cases of the operator's types are those of the method's.
    return this.use(key, filter(predicate as never, options as never)) as never;
  }

  /**
   * Lets the first `count` items pass, then closes what is before it without asking for another
   * item. With 0, the source is never opened.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param count How many items, a non-negative integer.
   * @throws {TypeError | RangeError} If `key` is taken, or `count` is not valid.
   * @category Which items pass
   *
   * @example No more calls than items
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * let calls = 0;
   * const pipeline = StreamingPipeline.start<number>()
   *   .map("counted", (number) => (calls++, number))
   *   .take("first", 2);
   *
   * assertEquals(await pipeline.executeToArray([1, 2, 3, 4]), [1, 2]);
   * assertEquals(calls, 2);
   * ```
   */
  override take<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    count: number,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, take(count));
  }

  /**
   * Drops the first `count` items.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param count How many items, a non-negative integer.
   * @throws {TypeError | RangeError} If `key` is taken, or `count` is not valid.
   * @category Which items pass
   *
   * @example Without the header
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().skip("rows", 1);
   *
   * assertEquals(await pipeline.executeToArray(["name", "ada", "bob"]), ["ada", "bob"]);
   * ```
   */
  skip<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    count: number,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, skip(count));
  }

  /**
   * Lets items pass until `predicate` answers with a falsy value; that item is dropped, and what is
   * before the stage is closed. A type guard narrows the type of the items.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Which items pass
   *
   * @example Up to a blank line
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().takeWhile("head", (line) => line !== "");
   *
   * assertEquals(await pipeline.executeToArray(["a: 1", "b: 2", "", "body"]), ["a: 1", "b: 2"]);
   * ```
   */
  takeWhile<
    TKey extends string,
    TOutput extends TCurrentOutput = TCurrentOutput,
    TLate extends Late = object,
  >(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: Predicate<TCurrentOutput, TOutput, TAccumulated, TContext, TLate>,
    options?: StageOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    return this.use(key, takeWhile(predicate, options));
  }

  /**
   * Drops items until `predicate` answers with a falsy value; that item and all after it pass.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Which items pass
   *
   * @example After the comment at the top
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>()
   *   .skipWhile("code", (line) => line.startsWith("#"));
   *
   * assertEquals(await pipeline.executeToArray(["# one", "x", "# two"]), ["x", "# two"]);
   * ```
   */
  skipWhile<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: StageFunction<TCurrentOutput, boolean, TAccumulated, TContext>,
    options?: StageOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, skipWhile(predicate, options));
  }

  /**
   * Lets items pass as they are until `stop`: a signal that is aborted, or a promise that is
   * fulfilled. Then the stream ends, and the source is closed, also while an item is waited for.
   *
   * An item that had come in before comes out. A promise that is rejected fails the stage. Nothing
   * is read ahead; where the stop has already happened, nothing is read at all. A signal or promise
   * ends all runs of the pipeline, in groups and branches too; a function is called when a run
   * begins and returns what ends that run. Nothing of a run that is over is held by what ends it.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param stop What ends the stream, or a function that returns it for each run.
   * @throws {TypeError} If `key` is taken, or `stop` is none of these.
   * @category Which items pass
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
    stop: Stop | (() => Stop),
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, takeUntil(stop));
  }

  /**
   * Drops the items that have been seen before.
   *
   * Items come out in order, each when it is asked for. With `window`, memory is bounded: that many
   * keys are remembered, and one that was forgotten is new again. Without it every key is
   * remembered, and memory grows with their number.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param by What must differ, or that and how many keys are remembered; the item itself by default.
   * @throws {TypeError | RangeError} If `key` is taken, or an option is not valid.
   * @category Which items pass
   *
   * @example One event per id, among the last thousand
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<{ id: string }>()
   *   .distinct("new", { by: ({ id }) => id, window: 1_000 });
   *
   * const events = [{ id: "a" }, { id: "b" }, { id: "a" }];
   * assertEquals(await pipeline.executeToArray(events), [{ id: "a" }, { id: "b" }]);
   * ```
   */
  distinct<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    by?:
      | StageFunction<TCurrentOutput, unknown, TAccumulated, TContext>
      | DistinctOptions<TCurrentOutput, StageContext<TAccumulated, TContext>>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, distinct(by));
  }

  // ---- Steps over the whole stream -------------------------------------------------------------

  /**
   * Adds a step over the whole stream: a generator function, a streaming step, or a step that runs
   * once per item.
   *
   * Items come out in the order in which the step yields them. The step runs as far as its output
   * is asked for, and what it reads is computed when it reads it. When the reader stops, the step's
   * `finally` runs. What it throws surfaces after the items that it yielded before.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param step What to run.
   * @param options What happens when it fails: it is started again on the items that are left.
   * @throws {TypeError} If `key` is taken or empty, or `step` is neither a function nor a step.
   * @category The whole stream
   *
   * @example Differences of neighbours
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .add("difference", async function* ({ input }) {
   *     let last: number | undefined;
   *     for await (const number of input) {
   *       if (last !== undefined) yield number - last;
   *       last = number;
   *     }
   *   });
   *
   * assertEquals(await pipeline.executeToArray([1, 4, 9]), [3, 5]);
   * ```
   */
  add<TKey extends string, TOutput, TLate extends Late = object>(
    key: ValidateNewKey<TAccumulated, TKey>,
    step: StreamWork<TCurrentOutput, TOutput, TAccumulated, TContext, TLate>,
    options?: AddOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    return this.use(key, add(step, options));
  }

  /**
   * Sends the items through a web transform, such as a `TextDecoderStream`.
   *
   * Items are written while a read is pending, and no further ahead than the transform's own queues
   * ask for. The stage ends, or fails, when the readable does. A pair of your own has to see to that
   * where its writable fails: what never ends is waited for.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param create Makes the transform; called once per run.
   * @throws {TypeError} If `key` is taken or `create` is not a function.
   * @category The whole stream
   *
   * @example Bytes to text
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<Uint8Array>()
   *   .through("text", () => new TextDecoderStream());
   *
   * const bytes = [Uint8Array.of(0xe2, 0x82), Uint8Array.of(0xac)];
   * assertEquals((await pipeline.executeToArray(bytes)).join(""), "€");
   * ```
   */
  through<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    create: () =>
      | WebTransform<TOutput, TCurrentOutput>
      | WebTransform<TOutput, WrittenItem<TCurrentOutput>>,
  ): StreamingPipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    return this.use(key, through(create));
  }

  /**
   * Computes up to `highWaterMark` items before they are asked for. The only stage that runs ahead
   * of its reader, from the first item that is read on.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param highWaterMark How many items wait at most, a positive integer.
   * @throws {TypeError | RangeError} If `key` is taken, or `highWaterMark` is not valid.
   * @category The whole stream
   *
   * @example Two items ahead of their reader
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const loaded: number[] = [];
   * const pipeline = StreamingPipeline.start<number>()
   *   .tap("load", (number) => loaded.push(number))
   *   .buffer("ready", 2);
   *
   * for await (const number of pipeline.execute([1, 2, 3, 4])) {
   *   if (number === 2) break;
   * }
   * assertEquals(loaded.slice(0, 3), [1, 2, 3]);
   * ```
   */
  buffer<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    highWaterMark: number,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, buffer(highWaterMark));
  }

  /**
   * A barrier: gathers all items up to here, then lets them flow on, one at a time. Later stages
   * read them as `state.accumulated[key]`, a readonly array.
   *
   * Memory grows with the number of items from here on, and nothing comes out before the source has
   * ended. When it fails, what was gathered comes out first.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @throws {TypeError} If `key` is taken or empty.
   * @category The whole stream
   *
   * @example Each item as a share of all
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const shares = StreamingPipeline.start<number>()
   *   .checkpoint("all")
   *   .map("share", (number, _index, { state }) => {
   *     return number / state.accumulated.all.reduce((sum, each) => sum + each);
   *   });
   *
   * assertEquals(await shares.executeToArray([1, 3]), [0.25, 0.75]);
   * ```
   */
  checkpoint<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : readonly TCurrentOutput[] },
    TContext
  > {
    return this.use(key, checkpoint());
  }

  // ---- Several items together ------------------------------------------------------------------

  /**
   * Gathers items into arrays: `TCurrentOutput[]`, length `size`; the last may be shorter, none is
   * empty.
   *
   * A batch comes out as soon as it is full. When the source ends or fails, what was gathered comes
   * out first. With options instead of a size, the first limit to be reached closes a batch: the
   * number of its items, the time since its first item came in, or the weight of its items.
   *
   * With a size or a weight alone, no item is read that was not asked for. With `maxWaitMs`, a batch
   * that has begun is read on to its limits also while no `next()` is pending, so that one that is due and not
   * taken grows no further than that; the time of the next batch begins with its own first item.
   * A run that is closed leaves no timer. A failure surfaces after what was gathered before it.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param size How many items, a positive integer, or what else closes a batch.
   * @throws {TypeError | RangeError} If `key` is taken, or `size` or an option is not valid.
   * @category Several items together
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
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput[] },
    TContext
  > {
    return this.use(key, batch(size));
  }

  /**
   * Gathers items into arrays, each up to and with the item that satisfies `predicate`:
   * `TCurrentOutput[]`, never empty; the last may lack such an item.
   *
   * A batch comes out as soon as its last item has come. Its length has no limit. When the source,
   * or `predicate`, fails, what was gathered comes out first; an item that is left out when it
   * fails is in no batch.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async: whether the item is the
   * last of its batch.
   * @param options What happens when an item fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Several items together
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
    options?: CallOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput[],
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput[] },
    TContext
  > {
    return this.use(key, batchUntil(predicate, options));
  }

  /**
   * Replaces each item by what an object makes of it that knows the items before: any number of
   * items, and more when no further item comes. For decoders, parsers, and whatever else keeps
   * something between two items.
   *
   * Items come out in order, each when it is asked for. The object is made once per run, when the first
   * item comes or the stream ends, so that runs share nothing. What `transform` answers with is read as
   * the answers of `flatMap` are; an array is the fastest. An item that fails is left out as
   * `errorStrategy` says, and the object is called with the next. Where the source fails, `flush(false)`
   * is called and what it gives comes out first; where `transform` itself ends the run, it is not called.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOutput The type of what comes out.
   * @param key The stage's name in state and errors; not in use yet.
   * @param create Makes the object of a run.
   * @param options What happens when an item fails. With `retry`, `transform` is called again with the
   * item that it has failed on.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Several items together
   *
   * @example Words that chunks of text cut in two
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const words = StreamingPipeline.start<string>().transform("word", () => {
   *   let rest = "";
   *   return {
   *     transform(chunk) {
   *       const words = (rest + chunk).split(" ");
   *       rest = words.pop()!;
   *       return words;
   *     },
   *     flush: () => [rest],
   *   };
   * });
   *
   * assertEquals(await words.executeToArray(["a mi", "ll wh", "eel"]), ["a", "mill", "wheel"]);
   * ```
   */
  transform<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    create: () => ItemTransform<TCurrentOutput, TOutput, StageContext<TAccumulated, TContext>>,
    options?: CallOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    return this.use(key, transform(create, options));
  }

  /**
   * Takes arrays apart, one level deep. Does not compile where the items are not arrays.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @throws {TypeError} If `key` is taken or empty.
   * @category Several items together
   *
   * @example Rows to cells
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number[]>().flatten("cell");
   *
   * assertEquals(await pipeline.executeToArray([[1, 2], [], [3]]), [1, 2, 3]);
   * ```
   */
  flatten<TKey extends string>(
    this: PipelineOf<TInitialInput, readonly unknown[], TAccumulated, TContext>,
    key: ValidateNewKey<TAccumulated, TKey>,
  ): StreamingPipeline<
    TInitialInput,
    ElementOf<TCurrentOutput>,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : ElementOf<TCurrentOutput> },
    TContext
  > {
    return (this as AnyStreamingPipeline).use(key, flatten()) as never;
  }

  /**
   * Emits, for each item, what `reducer` has made of all items so far.
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
   * @category Several items together
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
    reducer: Reducer<TValue, TCurrentOutput, TAccumulated, TContext>,
    initial: TValue,
    options?: CallOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TValue,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TValue },
    TContext
  > {
    return this.use(key, scan(reducer, initial, options));
  }

  /**
   * Folds all items into one value, which comes out when the stream ends: `TValue`, once; `initial`
   * where no item has come. In a group or a branch, one for each of them.
   *
   * Only the value is kept. An item that fails leaves the value as it was. When the source fails, the
   * value of the items before comes out first, as what a batch has gathered does.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TValue The type of the value.
   * @param key The stage's name in state and errors; not in use yet.
   * @param reducer Makes the next value from the last one and an item; may be async. It must not
   * change the value in place: `initial` belongs to all runs.
   * @param initial The value before the first item.
   * @param options What happens when an item fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Several items together
   *
   * @example A sum per user
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<{ user: string; amount: number }>()
   *   .groupBy("sums", ({ user }) => user, (orders, user) =>
   *     orders.fold("sum", (sum, { amount }) => sum + amount, 0)
   *       .map("row", (sum) => `${user}: ${sum}`));
   *
   * const orders = [{ user: "a", amount: 1 }, { user: "b", amount: 5 }, { user: "a", amount: 2 }];
   * const sums = await pipeline.executeToArray(orders);
   * assertEquals(sums.toSorted(), ["a: 3", "b: 5"]);
   * ```
   */
  fold<TKey extends string, TValue>(
    key: ValidateNewKey<TAccumulated, TKey>,
    reducer: Reducer<TValue, TCurrentOutput, TAccumulated, TContext>,
    initial: TValue,
    options?: CallOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TValue,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TValue },
    TContext
  > {
    return this.use(key, fold(reducer, initial, options));
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
   * @param size How many items a window has, a positive integer, or all options.
   * @param slide How many items after one window the next begins; `size` by default.
   * @throws {TypeError | RangeError} If `key` is taken, or an option is not valid.
   * @category Several items together
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
    size: number | WindowOptions,
    slide?: number,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput[],
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput[] },
    TContext
  > {
    return this.use(key, window(size, slide));
  }

  /**
   * Gathers items by time: `{ start, end, items, key }`, `items` never empty, `key` undefined
   * without `by`.
   *
   * **By the clock**, with `sizeMs` alone: an item is in the window of the moment at which it comes
   * in, and a window comes out when its time is over. Windows begin at multiples of `slideMs` since
   * the Unix epoch; a smaller one than `sizeMs` makes them overlap. Nothing is read while no
   * `next()` is pending; there is one timer at most, and none after the run.
   *
   * **By event time**, with `timestamp`: an item is in the windows of the moment that it gives, and
   * no timer is used. The watermark is the highest timestamp seen, less `allowedLatenessMs`. A
   * window comes out when the watermark has reached its end, those that end first before others, and
   * takes no more items. An item that has no open window left is late: it goes to `lateItems`, and
   * is dropped. With `gapMs` instead of `sizeMs`, windows are sessions: items less than `gapMs`
   * apart are in one, which ends `gapMs` after its last; an item between two open ones makes them
   * one. With `by`, each key has windows of its own, under one watermark; keys are compared as those
   * of a `Map` are, and forgotten with their last window.
   *
   * Sizes, slides and gaps are whole milliseconds, and times any number within ±2^53: whether an item
   * is in a window is decided in whole numbers, which are exact.
   *
   * With `aggregate`, one value per window is kept instead of its items, and comes out as `value`.
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
   * @category Several items together
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
  windowTime<TKey extends string, TGroup = undefined, TValue = never>(
    key: ValidateNewKey<TAccumulated, TKey>,
    options: WindowTimeOptions<
      TCurrentOutput,
      StageContext<TAccumulated, TContext>,
      TGroup,
      TValue
    >,
  ): StreamingPipeline<
    TInitialInput,
    WindowOf<TCurrentOutput, TGroup, TValue>,
    & TAccumulated
    & { [P in TKey]: string extends TKey ? unknown : WindowOf<TCurrentOutput, TGroup, TValue> },
    TContext
  > {
    return this.use(key, windowTime(options));
  }

  // ---- Items by key ----------------------------------------------------------------------------

  /**
   * Runs a pipeline of its own over the items of each key, and emits what the pipelines make.
   *
   * `build` is called once for each group, with a pipeline to add stages to and the key; what it
   * adds keeps its state, its batches and its windows per key. What groups make comes out as it
   * comes: in order within a key, in none between keys. State shows the stages of the group alone.
   * Where it takes no key, a durable job calls it once more when it is made.
   *
   * Items are read on demand, each when the one before has gone into its group; a group takes its
   * next item when its pipeline asks for it, so that nothing is buffered between. Up to
   * `concurrencyLimit` groups work at a time. A group is ended, and emits what it keeps, when the
   * source ends or fails, when it has had nothing to do for `idleMs`, or when it must make room for
   * another key; a key that comes again waits for its old group to end, and begins a new one. What
   * a group does not read, as after its `take`, is dropped. Over `maxKeys` the stage fails, or ends
   * the group that had its last item longest ago and waits for it; there is one timer at most, and
   * none after the run.
   *
   * A failure of a group's pipeline fails the stage, the other groups are closed, and the group's
   * own error is its `cause`. Where the source or an earlier stage fails, what groups work on is
   * aborted, and what their later stages keep comes out before the error.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TGroup The type of the groups' keys.
   * @typeParam TOutput The type of the items that come out.
   * @param key The stage's name in state and errors; not in use yet.
   * @param keyOf A function of `(item, index, context)`, sync or async: what an item belongs to.
   * Keys are compared as those of a `Map` are.
   * @param build Adds the stages of a group.
   * @param options How many groups there are, and for how long.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Items by key
   *
   * @example Batches per user
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<{ user: string; page: string }>()
   *   .groupBy("visits", ({ user }) => user, (group, user) =>
   *     group.map("page", ({ page }) => page)
   *       .batch("pages", 2)
   *       .map("visit", (pages) => ({ user, pages })));
   *
   * const clicks = [{ user: "a", page: "1" }, { user: "b", page: "2" }, { user: "a", page: "3" }];
   * assertEquals(await pipeline.executeToArray(clicks), [
   *   { user: "a", pages: ["1", "3"] },
   *   { user: "b", pages: ["2"] },
   * ]);
   * ```
   */
  groupBy<TKey extends string, TGroup, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    keyOf: StageFunction<TCurrentOutput, TGroup, TAccumulated, TContext>,
    build: (
      group: StreamingPipeline<TCurrentOutput, TCurrentOutput, {}, TContext>,
      key: TGroup,
    ) => PipelineOf<TCurrentOutput, TOutput>,
    options?: GroupByOptions,
  ): StreamingPipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    return this.use(key, groupBy(keyOf, build as never, options));
  }

  /**
   * Runs one of two pipelines over the items, as `predicate` decides, and emits what they make. A type
   * guard narrows the type of the items for both.
   *
   * Each of the two sees all of its items as one stream, with batches and windows of its own, as a
   * group of `groupBy` does; `branch` is for work on one item. Either is made when its first item
   * comes. What they make comes out as it comes, in order within each. Where both have ended, so does
   * the stage.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TTrue The type of the items that the first makes.
   * @typeParam TFalse The type of the items that the second makes.
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param whenTrue Adds the stages for the items for which it answers with a truthy value.
   * @param whenFalse Adds the stages for the others.
   * @throws {TypeError} If `key` is taken, or an argument is not a function.
   * @category Items by key
   *
   * @example Large orders one by one, small ones together
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>().partition(
   *   "orders",
   *   (amount) => amount >= 100,
   *   (large) => large.map("alone", (amount) => [amount]),
   *   (small) => small.batch("together", 2),
   * );
   *
   * assertEquals(await pipeline.executeToArray([5, 100, 7]), [[100], [5, 7]]);
   * ```
   */
  partition<
    TKey extends string,
    TTrue,
    TFalse,
    TGuarded extends TCurrentOutput = never,
    TLate extends Late = object,
    TAccepted = Accepted<TCurrentOutput, TGuarded>,
    TRejected = Rejected<TCurrentOutput, TGuarded>,
  >(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: Predicate<TCurrentOutput, TGuarded, TAccumulated, TContext, TLate>,
    whenTrue: (
      group: NoInfer<StreamingPipeline<TAccepted, TAccepted, {}, TContext>>,
    ) => PipelineOf<NoInfer<TAccepted>, TTrue>,
    whenFalse: (
      group: NoInfer<StreamingPipeline<TRejected, TRejected, {}, TContext>>,
    ) => PipelineOf<NoInfer<TRejected>, TFalse>,
  ): StreamingPipeline<
    TInitialInput,
    TTrue | TFalse,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TTrue | TFalse },
    TContext
  > {
    return this.use(key, partition(predicate, whenTrue as never, whenFalse as never));
  }

  /**
   * Replaces each item by what `work` makes of it, many at a time, but one after the other for
   * each key.
   *
   * One item comes out per item. Those of one key come out in their order; others as they finish,
   * unless `ordered`. At most `concurrencyLimit` calls run; `waitingLimit` more items are read ahead
   * to wait for an earlier one of their key, and `highWaterMark` results wait to be asked for. Keys
   * are compared as those of a `Map` are, and forgotten when nothing of theirs is left. An item that
   * is tried again holds up its key, and no other. A failure aborts what is in flight.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOutput The type of the items that come out.
   * @param key The stage's name in state and errors; not in use yet.
   * @param keyOf A function of `(item, index, context)`, sync or async: what an item belongs to.
   * @param work A function of `(item, index, context)`, sync or async.
   * @param options How many are worked on at a time, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Items by key
   *
   * @example Each account's entries in order
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const balance = new Map<string, number>();
   * const pipeline = StreamingPipeline.start<{ account: string; amount: number }>()
   *   .mapPartitioned("booked", ({ account }) => account, async ({ account, amount }) => {
   *     const before = await Promise.resolve(balance.get(account) ?? 0);
   *     balance.set(account, before + amount);
   *   }, { concurrencyLimit: 8 });
   *
   * await pipeline.executeToArray([{ account: "a", amount: 1 }, { account: "a", amount: 2 }]);
   * assertEquals(balance.get("a"), 3);
   * ```
   */
  mapPartitioned<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    keyOf: StageFunction<TCurrentOutput, unknown, TAccumulated, TContext>,
    work: StageFunction<TCurrentOutput, TOutput, TAccumulated, TContext>,
    options?: MapPartitionedOptions<TCurrentOutput>,
  ): StreamingPipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    return this.use(key, mapPartitioned(keyOf, work, options));
  }

  // ---- Several streams -------------------------------------------------------------------------

  /**
   * Reads another source beside the stream; the items of both come out as they come.
   *
   * Each source keeps its own order. Both are read while `next()` is pending, and at most one item of each
   * waits; an idle one does not hold the other up. It ends when both have ended. When one fails, the
   * failure surfaces at once and the other is closed.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @throws {TypeError} If `key` is taken, or `other` is not many items or a function.
   * @category Several streams
   *
   * @example Events of two sources
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>()
   *   .mergeWith("events", ["c"]);
   *
   * const events = await pipeline.executeToArray(["a", "b"]);
   * assertEquals(events.toSorted(), ["a", "b", "c"]);
   * ```
   */
  mergeWith<TKey extends string, TOther>(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput | TOther,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput | TOther },
    TContext
  > {
    return this.use(key, mergeWith(other));
  }

  /**
   * Emits the stream and then another source, which is opened when the stream has ended.
   *
   * Nothing is read ahead. A failure of the stream surfaces, and the other source is never opened.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @throws {TypeError} If `key` is taken, or `other` is not many items or a function.
   * @category Several streams
   *
   * @example A last line
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .concatWith("end", [-1]);
   *
   * assertEquals(await pipeline.executeToArray([1, 2]), [1, 2, -1]);
   * ```
   */
  concatWith<TKey extends string, TOther>(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput | TOther,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput | TOther },
    TContext
  > {
    return this.use(key, concatWith(other));
  }

  /**
   * Takes an item of the stream and one of another source in turns; when one has ended, the other
   * continues alone.
   *
   * Nothing is read ahead. A failure surfaces in its turn, and the other source is closed.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @throws {TypeError} If `key` is taken, or `other` is not many items or a function.
   * @category Several streams
   *
   * @example In turns
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .interleaveWith("both", [10, 20, 30]);
   *
   * assertEquals(await pipeline.executeToArray([1, 2]), [1, 10, 2, 20, 30]);
   * ```
   */
  interleaveWith<TKey extends string, TOther>(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput | TOther,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput | TOther },
    TContext
  > {
    return this.use(key, interleaveWith(other));
  }

  /**
   * Pairs each item of the stream with one of another source. It ends with the shorter one, and closes
   * the other.
   *
   * Both are read when a pair is asked for, and no further. A failure surfaces after the pairs before
   * it, and the other source is closed.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @throws {TypeError} If `key` is taken, or `other` is not many items or a function.
   * @category Several streams
   *
   * @example Numbered items
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .zipWith("numbered", ["a", "b", "c"]);
   *
   * assertEquals(await pipeline.executeToArray([1, 2]), [[1, "a"], [2, "b"]]);
   * ```
   */
  zipWith<TKey extends string, TOther>(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
  ): StreamingPipeline<
    TInitialInput,
    [TCurrentOutput, TOther],
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : [TCurrentOutput, TOther] },
    TContext
  > {
    return this.use(key, zipWith(other));
  }

  /**
   * Pairs the latest item of the stream with the latest of another source, each time that one of them
   * has a new item and both have had one.
   *
   * Both are read while `next()` is pending, and at most one item of each waits. It ends when both have ended,
   * or one without an item. When one fails, the failure surfaces at once and the other is closed.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @throws {TypeError} If `key` is taken, or `other` is not many items or a function.
   * @category Several streams
   *
   * @example A price in the latest currency
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .combineLatestWith("priced", ["EUR"]);
   *
   * assertEquals((await pipeline.executeToArray([1, 2])).at(-1), [2, "EUR"]);
   * ```
   */
  combineLatestWith<TKey extends string, TOther>(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
  ): StreamingPipeline<
    TInitialInput,
    [TCurrentOutput, TOther],
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : [TCurrentOutput, TOther] },
    TContext
  > {
    return this.use(key, combineLatestWith(other));
  }

  /**
   * Pairs each item of the stream, on the left, with the items of another source that have its key.
   *
   * With `strategy: "hash"`, the side named by `build`, the other source by default, is read to its
   * end and held in memory, up to `maxItems`; then the stream flows past it. With `"sorted"`, both
   * sides come sorted by key, and only the items of one key are held. With `kind: "left"`, items of
   * the stream without a match come out as well. A failure surfaces after the pairs before it, and
   * the other side is closed.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOther The type of the other source's items.
   * @typeParam TJoinKey The type of the keys that are compared.
   * @typeParam TKind Which rows come out.
   * @param key The stage's name in state and errors; not in use yet.
   * @param other The other source, or a function that opens one per run.
   * @param options How they are joined.
   * @throws {TypeError | RangeError} If `key` is taken, or `other` or an option is not valid.
   * @category Several streams
   *
   * @example Orders with the cities of their customers
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const customers = [{ name: "ada", city: "London" }];
   * const pipeline = StreamingPipeline.start<{ id: number; customer: string }>()
   *   .joinWith("rows", customers, {
   *     leftKey: (order) => order.customer,
   *     rightKey: (customer) => customer.name,
   *     kind: "inner",
   *     strategy: "hash",
   *   })
   *   .map("line", ([order, customer]) => `${order.id} to ${customer.city}`);
   *
   * const orders = [{ id: 1, customer: "ada" }, { id: 2, customer: "bob" }];
   * assertEquals(await pipeline.executeToArray(orders), ["1 to London"]);
   * ```
   */
  joinWith<TKey extends string, TOther, TJoinKey, TKind extends "inner" | "left">(
    key: ValidateNewKey<TAccumulated, TKey>,
    other: OtherSource<TOther, TAccumulated, TContext>,
    options: JoinOptions<TCurrentOutput, TOther, TJoinKey, TKind>,
  ): StreamingPipeline<
    TInitialInput,
    JoinRow<TCurrentOutput, TOther, TKind>,
    & TAccumulated
    & { [P in TKey]: string extends TKey ? unknown : JoinRow<TCurrentOutput, TOther, TKind> },
    TContext
  > {
    return this.use(key, joinWith(other, options));
  }

  /**
   * Passes each item to every branch, and emits what their pipelines make, as it comes.
   *
   * Each branch sees all items as one stream, with batches and windows of its own, and its results
   * come out in order. Items are read on demand. Up to `bufferSize` of them wait for a branch; what
   * happens to the next one is its policy, `whenFull`: by default everything waits for the slowest
   * branch. What a branch does not read any more, as after its `take`, is released. Where no branch
   * reads any more, the stage ends and closes what is before it. Where a branch has a sink in `to`,
   * its results go there and do not come out.
   *
   * A failure of a branch fails the stage, the others are closed, and its own error is the `cause`.
   * Where the source or an earlier stage fails, what branches work on is aborted, and what their
   * later stages keep comes out before the error.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TBranches The branches, by name.
   * @param key The stage's name in state and errors; not in use yet.
   * @param branches For each name what adds the branch's stages, or options with `build`.
   * @throws {TypeError | RangeError} If `key` is taken, or a branch is not valid.
   * @category Several streams
   *
   * @example Every order is filed, and large ones are reported
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const large: number[] = [];
   * const pipeline = StreamingPipeline.start<number>().fanOut("orders", {
   *   filed: (orders) => orders.batch("page", 2),
   *   large: {
   *     build: (orders) => orders.filter("large", (amount) => amount > 100),
   *     to: (amount: number) => large.push(amount),
   *   },
   * });
   *
   * assertEquals(await pipeline.executeToArray([50, 200, 75]), [[50, 200], [75]]);
   * assertEquals(large, [200]);
   * ```
   */
  fanOut<
    TKey extends string,
    const TBranches extends Record<
      string,
      BranchOf<
        TCurrentOutput,
        StreamingPipeline<TCurrentOutput, TCurrentOutput, {}, TContext>
      >
    >,
  >(
    key: ValidateNewKey<TAccumulated, TKey>,
    branches: TBranches & FittingBranches<TBranches>,
  ): StreamingPipeline<
    TInitialInput,
    BranchOutput<TBranches[keyof TBranches]>,
    & TAccumulated
    & { [P in TKey]: string extends TKey ? unknown : BranchOutput<TBranches[keyof TBranches]> },
    TContext
  > {
    return this.use(key, fanOut(branches as never)) as never;
  }

  /**
   * Passes each item to the branch that `choose` names, and emits what their pipelines make, as
   * it comes.
   *
   * The branches are those of `fanOut`. A name that no branch has fails the run.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TBranches The branches, by name.
   * @param key The stage's name in state and errors; not in use yet.
   * @param choose A function of `(item, index, context)`, sync or async: the name of a branch.
   * @param branches For each name what adds the branch's stages, or options with `build`.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument is not valid.
   * @category Several streams
   *
   * @example By kind
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>().route(
   *   "parity",
   *   (number) => number % 2 === 0 ? "even" : "odd",
   *   {
   *     even: (numbers) => numbers.map("half", (number) => number / 2),
   *     odd: (numbers) => numbers.map("text", (number) => `odd ${number}`),
   *   },
   * );
   *
   * assertEquals(await pipeline.executeToArray([1, 2]), ["odd 1", 1]);
   * ```
   */
  route<
    TKey extends string,
    const TBranches extends Record<
      string,
      BranchOf<
        TCurrentOutput,
        StreamingPipeline<TCurrentOutput, TCurrentOutput, {}, TContext>
      >
    >,
  >(
    key: ValidateNewKey<TAccumulated, TKey>,
    choose: StageFunction<
      TCurrentOutput,
      NoInfer<`${keyof TBranches & (string | number)}`>,
      TAccumulated,
      TContext
    >,
    branches: TBranches & FittingBranches<TBranches>,
  ): StreamingPipeline<
    TInitialInput,
    BranchOutput<TBranches[keyof TBranches]>,
    & TAccumulated
    & { [P in TKey]: string extends TKey ? unknown : BranchOutput<TBranches[keyof TBranches]> },
    TContext
  > {
    return this.use(key, route(choose as never, branches as never)) as never;
  }

  // ---- Pace ------------------------------------------------------------------------------------

  /**
   * Lets items pass no faster than `limit` in `intervalMs`, as they are and in order.
   *
   * It is strict: in no interval of that length, wherever it begins, do items pass that cost more than
   * `limit`. One that costs more than that fails with the code `COST_EXCEEDS_LIMIT`. With `burst` it is
   * a token bucket instead, which is full at first and filled evenly, so that in one interval up to
   * `burst` and `limit` together may pass; an item that costs more than it holds passes when it is full
   * and leaves a debt. Nothing is read ahead: the next item is asked for when the one before has
   * passed. A run that is closed ends the wait.
   *
   * It is a stage of its own, so it cannot see that a later stage tries again, and it belongs to
   * one run. Where a service limits calls, give the stage that calls it a `rateLimit` of
   * `@headrace/pipeline/policies` as its `policy`.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param options The rate, the cost of an item, and how much may pass at once.
   * @throws {TypeError | RangeError} If `key` is taken, or an option is not valid.
   * @category Pace
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
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, throttle(options));
  }

  /**
   * Emits an item when no other has come for `waitMs`; those that others follow are dropped.
   *
   * The last item comes out at once when the source ends or fails. Items are read while `next()`
   * is pending, and one is kept; else nothing is read, and an item whose time is up waits. A
   * failure surfaces after the item before it. A run that is closed leaves no timer.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param waitMs In milliseconds, at least 1.
   * @throws {TypeError | RangeError} If `key` is taken, or `waitMs` is not valid.
   * @category Pace
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
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, debounce(waitMs));
  }

  /**
   * Emits the last item of each interval of `intervalMs`; the others are dropped.
   *
   * The first interval begins when the first item is asked for; one without an item gives nothing.
   * The last item comes out at once when the source ends or fails. Items are read while `next()`
   * is pending, and one is kept. A failure surfaces after the item before it. A run that is closed leaves
   * no timer.
   *
   * @typeParam TKey The stage's key.
   * @param key The stage's name in state and errors; not in use yet.
   * @param intervalMs In milliseconds, at least 1.
   * @throws {TypeError | RangeError} If `key` is taken, or `intervalMs` is not valid.
   * @category Pace
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
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, sample(intervalMs));
  }

  /**
   * Emits each item `delayMs` after it came in, as it is and in order.
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
   * @category Pace
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
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, delay(delayMs, options));
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
   * @param betweenMs How long an item may take, or how long that and the first one may take.
   * @throws {TypeError | RangeError} If `key` is taken, or an option is not valid.
   * @category Pace
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
    betweenMs: number | TimeoutOptions,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, timeout(betweenMs));
  }
  // ---- More ends --------------------------------------------------------------------------

  /**
   * Explains how the pipeline runs: which stages share a loop, which go at their own pace, and what
   * each computes before it is asked. Nothing runs.
   *
   * @returns The plan, as data and as text.
   * @category Building
   *
   * @example Which stages share a loop
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .map("double", (number) => number * 2)
   *   .filter("large", (number) => number > 10);
   *
   * assertEquals(pipeline.explain().text, "source → double (map) → large (filter)");
   * ```
   */
  explain(): PlanExplanation {
    return explain(this);
  }

  /**
   * Runs the pipeline as `execute` does, each item with what is known of how it was made.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param options How the run is aborted and closed, and where failed items go.
   * @returns The items, each as `{ data, metadata }`.
   * @category Running
   *
   * @example Which items took long
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().map("length", (text) => text.length);
   *
   * const report: string[] = [];
   * for await (const { data, metadata } of pipeline.executeWithMetadata(["mill", "race"])) {
   *   if (metadata.durationMs > 10_000) report.push("slow");
   *   report.push(`${metadata.stepName} ${metadata.itemIndex}: ${data}`);
   * }
   * assertEquals(report, ["length 0: 4", "length 1: 4"]);
   * ```
   */
  executeWithMetadata(
    source: Source<TInitialInput>,
    options?: RunOptions,
  ): AsyncGenerator<StreamingStepResult<TCurrentOutput>, void, undefined> {
    const blueprint = findBlueprint(this)!;
    const items = blueprint.createRun("executeWithMetadata", source, options).items();
    return new MeasuredItems(items, blueprint.stages.at(-1)?.name ?? "source");
  }

  /**
   * What is known of the latest run, when it is over.
   *
   * @returns The counts, durations and errors of each stage, and of the run.
   * @throws {Error} If the pipeline was never run.
   * @category Running
   *
   * @example What a run came to
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>()
   *   .map("half", (number) => number / 2)
   *   .filter("whole", (half) => Number.isInteger(half));
   * await pipeline.executeToArray([1, 2, 3, 4]);
   *
   * const { status, outputCount, steps } = await pipeline.getMetadata();
   * assertEquals([status, outputCount], ["completed", 2]);
   * assertEquals(steps.map(({ key, droppedCount }) => `${key}: ${droppedCount} dropped`), [
   *   "half: 0 dropped",
   *   "whole: 2 dropped",
   * ]);
   * ```
   */
  getMetadata(): Promise<PipelineMetadata> {
    const latest = findBlueprint(this)!.latest;
    if (latest !== undefined) return latest.finalMetadata;
    return Promise.reject(new Error("Cannot get metadata: the pipeline was never run"));
  }

  /**
   * Runs the pipeline and returns the run: to abort it, to close it with `await using`, or to read
   * it as a web stream.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param options How the run is aborted and closed, and where failed items go.
   * @category Running
   *
   * @example A run that ends with its block
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().map("length", (text) => text.length);
   *
   * await using run = pipeline.run(["mill", "race"]);
   * assertEquals(await Array.fromAsync(run), [4, 4]);
   * assertEquals(run.metadata().status, "completed");
   * ```
   */
  run(source: Source<TInitialInput>, options?: RunOptions): PipelineRun<TCurrentOutput> {
    return new PipelineRun(findBlueprint(this)!.createRun("run", source, options));
  }

  /**
   * Runs the pipeline as a web stream.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param strategy How many items are computed before they are read; none by default.
   * @param options How the run is aborted and closed, and where failed items go.
   * @category Running
   *
   * @example As the body of a response
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>()
   *   .map("bytes", (line) => new TextEncoder().encode(`${line}\n`));
   *
   * const response = new Response(pipeline.toReadableStream(["mill", "race"]));
   * assertEquals(await response.text(), "mill\nrace\n");
   * ```
   */
  toReadableStream(
    source: Source<TInitialInput>,
    strategy?: QueueOptions<TCurrentOutput>,
    options?: RunOptions,
  ): ReadableStream<TCurrentOutput> {
    return toReadableStream(this, source, strategy, options);
  }

  /**
   * Makes one run whose source is a writable stream, for `pipeThrough`. A write is done when the
   * pipeline has taken its chunk.
   *
   * @param writableStrategy The queue in front of the pipeline; one chunk by default.
   * @param readableStrategy How many items are computed before they are read; none by default.
   * @param options How the run is aborted and closed, and where failed items go.
   * @category Running
   *
   * @example In a chain of web streams
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().map("length", (text) => text.length);
   *
   * const lengths = ReadableStream.from(["mill", "headrace"])
   *   .pipeThrough(pipeline.toTransformStream());
   * assertEquals(await Array.fromAsync(lengths), [4, 8]);
   * ```
   */
  toTransformStream(
    writableStrategy?: QueueOptions<TInitialInput>,
    readableStrategy?: QueueOptions<TCurrentOutput>,
    options?: RunOptions,
  ): WebTransform<TCurrentOutput, TInitialInput> {
    return toTransformStream(this, writableStrategy, readableStrategy, options);
  }
}

/**
 * A pipeline of any types.
 *
 * @category Pipelines
 */
// deno-lint-ignore no-explicit-any -- `unknown` would accept no further stage: keys and items are checked at run time
export type AnyStreamingPipeline = StreamingPipeline<any, any, any, any>;
