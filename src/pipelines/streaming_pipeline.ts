import type { Stage } from "../engine/stage.ts";
import { resolveContextBuilder } from "../internal/context_builder.ts";
import { requireNewKey } from "../internal/validation.ts";
import { createAddStage } from "../operators/add.ts";
import { createBranchStage } from "../operators/branch.ts";
import { createBufferStage } from "../operators/buffer.ts";
import { createCheckpointStage } from "../operators/checkpoint.ts";
import { createFlatMapStage } from "../operators/flat_map.ts";
import { createFlattenStage } from "../operators/flatten.ts";
import { createMapStage } from "../operators/map.ts";
import { createThroughStage } from "../operators/through.ts";
import type { AddOptions, StageOptions, StartOptions } from "../options.ts";
import type { CreatedStep, Step } from "../step_types.ts";
import type {
  AddToState,
  Composable,
  CreatedStreamingStep,
  ElementOf,
  ExpandWork,
  HybridStep,
  InlineExpandWork,
  InlineWork,
  StageFunction,
  StageWork,
  StreamingFunction,
  StreamingStep,
  ValidateNewKey,
} from "../types.ts";
import { type PipelineSettings, resolveStartOptions } from "./_start_options.ts";
import { BranchingPipeline } from "./branching_pipeline.ts";

/** What a {@linkcode StreamingPipeline} is made from. */
export interface StreamingPipelineParts {
  readonly stages: readonly Stage[];
  readonly createContext: () => unknown;
  readonly settings: PipelineSettings;
}

/**
 * A typed, lazy pipeline over streams of items.
 *
 * It is immutable: each method returns a new pipeline with one more stage. Building does nothing;
 * a run starts when its first item is asked for, and computes an item when it is asked for.
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext What the context builder returns.
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
> extends BranchingPipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext> {
  readonly #stages: readonly Stage[];
  readonly #createContext: () => unknown;
  readonly #settings: PipelineSettings;

  private constructor(
    stages: readonly Stage[],
    createContext: () => unknown,
    settings: PipelineSettings,
  ) {
    super(stages, createContext, settings);
    this.#stages = stages;
    this.#createContext = createContext;
    this.#settings = settings;
  }

  /**
   * Opens a pipeline, for the bridge.
   *
   * @internal
   */
  static open(pipeline: AnyStreamingPipeline): StreamingPipelineParts {
    return {
      stages: pipeline.#stages,
      createContext: pipeline.#createContext,
      settings: pipeline.#settings,
    };
  }

  /**
   * Makes a pipeline, for the bridge.
   *
   * @internal
   */
  static of({ stages, createContext, settings }: StreamingPipelineParts): AnyStreamingPipeline {
    return new StreamingPipeline(stages, createContext, settings);
  }

  /**
   * Begins a pipeline without stages.
   *
   * @typeParam TInput The type of the items that a run reads.
   * @typeParam TContext What the context builder returns.
   * @param contextBuilder Called once per run, at its first pull; what it returns is handed to every
   * function of the run. The context is `{}` without it.
   * @param options How much is counted and timed, and which stages can be read whole.
   * @returns A pipeline whose items come out as they went in.
   * @throws {TypeError | RangeError} If `contextBuilder` is no function, or an option is not valid.
   */
  static start<TInput, TContext = unknown>(
    contextBuilder?: () => TContext,
    options?: StartOptions,
    // deno-lint-ignore ban-types -- the empty intersection is the identity of AddToState
  ): StreamingPipeline<TInput, TInput, {}, TContext> {
    const createContext = resolveContextBuilder(contextBuilder);
    const settings = resolveStartOptions("start a pipeline", options);
    return new StreamingPipeline([], createContext, settings);
  }

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
   */
  add<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    step:
      | StreamingFunction<TCurrentOutput, TOutput, TAccumulated, TContext>
      | CreatedStreamingStep<TCurrentOutput, TOutput, TAccumulated, TContext>
      | CreatedStep<TCurrentOutput, TOutput, TAccumulated, TContext>,
    options?: AddOptions,
  ): StreamingPipeline<TInitialInput, TOutput, AddToState<TAccumulated, TKey, TOutput>, TContext>;
  /** Adds a hybrid step, or one that was written by hand. */
  add<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    step:
      | HybridStep<TCurrentOutput, TOutput, TAccumulated, TContext>
      | StreamingStep<TCurrentOutput, TOutput, TAccumulated, TContext>
      | Step<TCurrentOutput, TOutput, TAccumulated, TContext>,
    options?: AddOptions,
  ): StreamingPipeline<TInitialInput, TOutput, AddToState<TAccumulated, TKey, TOutput>, TContext>;
  // A key that is `never`: else the compiler proposes this signature in its messages.
  add(key: never, step: unknown, options?: AddOptions): never {
    return this.#append(createAddStage(key, step, options)) as never;
  }

  /**
   * Puts in each item's place what `work` makes of it.
   *
   * One item comes out per item, in order. Items go through one at a time, each when it is asked
   * for; with `parallel`, up to `concurrencyLimit` at a time. A failure surfaces after the items
   * before it. A streaming step is run as `add` runs it; with `parallel`, once per item.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param work A function of `(item, index, context)`, sync or async, or a step.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   */
  map<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: InlineWork<TCurrentOutput, TOutput, TAccumulated, TContext>,
    options?: StageOptions,
  ): StreamingPipeline<TInitialInput, TOutput, AddToState<TAccumulated, TKey, TOutput>, TContext>;
  /** Puts in each item's place what a step makes of it that was written by hand. */
  map<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: StageWork<TCurrentOutput, TOutput, TAccumulated, TContext>,
    options?: StageOptions,
  ): StreamingPipeline<TInitialInput, TOutput, AddToState<TAccumulated, TKey, TOutput>, TContext>;
  map(key: never, work: unknown, options?: StageOptions): never {
    return this.#append(createMapStage(key, work, options)) as never;
  }

  /**
   * Puts in each item's place all items of what `work` makes of it: an iterable, an async iterable,
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
   */
  flatMap<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: InlineExpandWork<TCurrentOutput, TOutput, TAccumulated, TContext>,
    options?: StageOptions,
  ): StreamingPipeline<TInitialInput, TOutput, AddToState<TAccumulated, TKey, TOutput>, TContext>;
  /** Puts in each item's place all that a step makes of it that was written by hand. */
  flatMap<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: ExpandWork<TCurrentOutput, TOutput, TAccumulated, TContext>,
    options?: StageOptions,
  ): StreamingPipeline<TInitialInput, TOutput, AddToState<TAccumulated, TKey, TOutput>, TContext>;
  flatMap(key: never, work: unknown, options?: StageOptions): never {
    return this.#append(createFlatMapStage(key, work, options)) as never;
  }

  /**
   * Takes arrays apart, one level deep. Does not compile where the items are not arrays.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @throws {TypeError} If `key` is taken or empty.
   */
  flatten<TKey extends string>(
    this: StreamingPipeline<TInitialInput, readonly unknown[], TAccumulated, TContext>,
    key: ValidateNewKey<TAccumulated, TKey>,
  ): StreamingPipeline<
    TInitialInput,
    ElementOf<TCurrentOutput>,
    AddToState<TAccumulated, TKey, ElementOf<TCurrentOutput>>,
    TContext
  > {
    return this.#append(createFlattenStage(key));
  }

  /**
   * Runs one of two pieces of work on each item, as `predicate` decides.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param whenTrue A function or a step; a streaming step runs once per item.
   * @param whenFalse A function or a step; a streaming step runs once per item.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   */
  branch<TKey extends string, TTrue, TFalse>(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: StageFunction<TCurrentOutput, boolean, TAccumulated, TContext>,
    whenTrue: InlineWork<TCurrentOutput, TTrue, TAccumulated, TContext>,
    whenFalse: InlineWork<TCurrentOutput, TFalse, TAccumulated, TContext>,
    options?: StageOptions,
  ): StreamingPipeline<
    TInitialInput,
    TTrue | TFalse,
    AddToState<TAccumulated, TKey, TTrue | TFalse>,
    TContext
  >;
  /** Runs one of two steps on each item that were written by hand. */
  branch<TKey extends string, TTrue, TFalse>(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: StageFunction<TCurrentOutput, boolean, TAccumulated, TContext>,
    whenTrue: StageWork<TCurrentOutput, TTrue, TAccumulated, TContext>,
    whenFalse: StageWork<TCurrentOutput, TFalse, TAccumulated, TContext>,
    options?: StageOptions,
  ): StreamingPipeline<
    TInitialInput,
    TTrue | TFalse,
    AddToState<TAccumulated, TKey, TTrue | TFalse>,
    TContext
  >;
  branch(
    key: never,
    predicate: unknown,
    whenTrue: unknown,
    whenFalse: unknown,
    options?: StageOptions,
  ): never {
    return this.#append(
      createBranchStage({ key, predicate, whenTrue, whenFalse, options }),
    ) as never;
  }

  /**
   * Sends the items through a web transform, such as a `TextDecoderStream`.
   *
   * Items are written while somebody reads, and no further ahead than the transform's own queues
   * ask for.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param create Makes the transform; called once per run.
   * @throws {TypeError} If `key` is taken or `create` is not a function.
   */
  through<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    create: () => ReadableWritablePair<TOutput, TCurrentOutput>,
  ): StreamingPipeline<TInitialInput, TOutput, AddToState<TAccumulated, TKey, TOutput>, TContext> {
    return this.#append(createThroughStage(key, create));
  }

  /**
   * Computes up to `highWaterMark` items before they are asked for. The only stage that runs ahead
   * of its reader, from the first item that is read on.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param highWaterMark How many items wait at most, a positive integer.
   * @throws {TypeError | RangeError} If `key` is taken, or `highWaterMark` is not valid.
   */
  buffer<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    highWaterMark: number,
  ): StreamingPipeline<
    TInitialInput,
    TCurrentOutput,
    AddToState<TAccumulated, TKey, TCurrentOutput>,
    TContext
  > {
    return this.#append(createBufferStage(key, highWaterMark));
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
    AddToState<TAccumulated, TKey, readonly TCurrentOutput[]>,
    TContext
  > {
    return this.#append(createCheckpointStage(key));
  }

  /**
   * Appends all stages of another pipeline. They run with the context of this one.
   *
   * @param other A pipeline that reads what comes out of this one, without keys in common.
   * @throws {TypeError} If both have a key in common.
   */
  compose<TOtherInput, TOutput, TOtherAccumulated, TOtherContext>(
    other:
      & StreamingPipeline<TOtherInput, TOutput, TOtherAccumulated, TOtherContext>
      & Composable<
        TCurrentOutput,
        TOtherInput,
        TContext,
        TOtherContext,
        TAccumulated,
        TOtherAccumulated
      >,
  ): StreamingPipeline<TInitialInput, TOutput, TAccumulated & TOtherAccumulated, TContext> {
    if (!(other instanceof StreamingPipeline)) {
      throw new TypeError("Cannot compose: other must be a StreamingPipeline");
    }
    return other.#stages.reduce<AnyStreamingPipeline>(
      (composed, stage) => composed.#append(stage),
      this,
    );
  }

  /** @internal */
  protected override startGroup(createContext: () => unknown): AnyStreamingPipeline {
    return new StreamingPipeline([], createContext, this.#settings);
  }

  /** @internal */
  protected override append(stage: Stage): AnyStreamingPipeline {
    return this.#append(stage);
  }

  #append(stage: Stage): AnyStreamingPipeline {
    requireNewKey(stage.operator, stage.key, this.#stages);
    return new StreamingPipeline([...this.#stages, stage], this.#createContext, this.#settings);
  }
}

/** A pipeline of any types. */
// deno-lint-ignore no-explicit-any -- the builder's types are made by its signatures alone
export type AnyStreamingPipeline = StreamingPipeline<any, any, any, any>;
