import type { BatchStage } from "../batch/batch_stage.ts";
import {
  createBatchList,
  createFilterList,
  createFlatMapList,
  createFlattenList,
  createMapList,
} from "../batch/list_stages.ts";
import { runStages } from "../batch/run_stages.ts";
import { createAddBatchStage, createBranchBatchStage } from "../batch/step_stages.ts";
import { resolveContextBuilder } from "../internal/context_builder.ts";
import { requireNewKey } from "../internal/validation.ts";
import type { ExecuteOptions, ListOptions } from "../options.ts";
import type { Step, StepResult } from "../step_types.ts";
import type {
  AddToState,
  ElementOf,
  HybridStep,
  InlineExpandWork,
  InlineWork,
  Many,
  StageContext,
  StageFunction,
  StreamingStep,
  ValidateNewKey,
} from "../types.ts";
import { resolveRunOptions } from "../core/run_options.ts";

const EXECUTE_OPTIONS: readonly string[] = ["signal", "closeTimeoutMs"];

/** What a {@linkcode Pipeline} is made from. */
export interface PipelineParts {
  readonly stages: readonly BatchStage[];
  readonly createContext: () => unknown;
}

/**
 * A typed pipeline over whole values: each stage has the whole output of the stage before it, and
 * every output is kept for the stages after it.
 *
 * It is immutable: each method returns a new pipeline with one more stage. A failure is a result
 * with `success: false`, not an exception. For data that does not fit in memory, or is to come out
 * piece by piece, there is `StreamingPipeline`, with the same methods.
 *
 * @typeParam TInitialInput The type of what `execute` takes.
 * @typeParam TCurrentOutput The type of what comes out.
 * @typeParam TState The output of each stage, by its key.
 * @typeParam TContext What the context builder returns.
 *
 * @example From lines to batches of words
 * ```ts
 * import { createStep, Pipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const split = createStep("split", ({ input }: { input: string }) => input.split(" "));
 * const pipeline = Pipeline.start<string[]>()
 *   .flatMap("words", split, { parallel: true, concurrencyLimit: 4 })
 *   .filter("long", (word) => word.length > 3)
 *   .batch("batches", 2);
 *
 * const result = await pipeline.execute(["a mill wheel", "turns with water"]);
 * assert(result.success);
 * assertEquals(result.data, [["mill", "wheel"], ["turns", "with"], ["water"]]);
 * ```
 */
export class Pipeline<TInitialInput, TCurrentOutput, TState = unknown, TContext = unknown> {
  readonly #stages: readonly BatchStage[];
  readonly #createContext: () => unknown;

  private constructor(stages: readonly BatchStage[], createContext: () => unknown) {
    this.#stages = stages;
    this.#createContext = createContext;
  }

  /**
   * Opens a pipeline, for the bridge.
   *
   * @internal
   */
  static open(pipeline: AnyPipeline): PipelineParts {
    return { stages: pipeline.#stages, createContext: pipeline.#createContext };
  }

  /**
   * Makes a pipeline, for the bridge.
   *
   * @internal
   */
  static of({ stages, createContext }: PipelineParts): AnyPipeline {
    return new Pipeline(stages, createContext);
  }

  /**
   * Begins a pipeline without stages.
   *
   * @typeParam TInput The type of what `execute` takes.
   * @typeParam TContext What the context builder returns.
   * @param contextBuilder Called once per `execute`; what it returns is handed to every step. The
   * context is `{}` without it.
   * @returns A pipeline whose output is its input.
   * @throws {TypeError} If `contextBuilder` is no function.
   */
  static start<TInput, TContext = unknown>(
    contextBuilder?: () => TContext,
    // deno-lint-ignore ban-types -- the empty intersection is the identity of AddToState
  ): Pipeline<TInput, TInput, {}, TContext> {
    return new Pipeline([], resolveContextBuilder(contextBuilder));
  }

  /**
   * Adds a step on the whole value.
   *
   * @param key The stage's name in state; not in use yet.
   * @param step What to run; it is tried again as its own `retry` says.
   * @throws {TypeError} If `key` is taken or empty, or `step` is not a step.
   */
  add<TKey extends string, TOutput>(
    key: ValidateNewKey<TState, TKey>,
    step: Step<TCurrentOutput, TOutput, TState, TContext>,
  ): Pipeline<TInitialInput, TOutput, AddToState<TState, TKey, TOutput>, TContext>;
  /**
   * Adds a streaming step, or the batch body of a hybrid one, over the items of the list; a value
   * that is not an array is one item. Its output is an array.
   */
  add<TKey extends string, TOutput>(
    key: ValidateNewKey<TState, TKey>,
    step:
      | HybridStep<ElementOf<TCurrentOutput>, TOutput, TState, TContext>
      | StreamingStep<ElementOf<TCurrentOutput>, TOutput, TState, TContext>,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext>;
  // A key that is `never`: else the compiler proposes this signature in its messages.
  add(key: never, step: unknown): never {
    return this.#append(createAddBatchStage(key, step)) as never;
  }

  /**
   * Runs one of two steps on the whole value, as `condition` decides.
   *
   * @param key The stage's name in state; not in use yet.
   * @param condition A function of `(input, state, context)`, sync or async.
   * @param whenTrue The step for a truthy answer; it is tried again as its own `retry` says.
   * @param whenFalse The step for a falsy answer; it is tried again as its own `retry` says.
   * @throws {TypeError} If `key` is taken or empty, or an argument is not valid.
   */
  branch<TKey extends string, TOutput>(
    key: ValidateNewKey<TState, TKey>,
    condition: (
      input: TCurrentOutput,
      state: TState,
      context: TContext,
    ) => boolean | PromiseLike<boolean>,
    whenTrue: Step<TCurrentOutput, TOutput, TState, TContext>,
    whenFalse: Step<TCurrentOutput, TOutput, TState, TContext>,
  ): Pipeline<TInitialInput, TOutput, AddToState<TState, TKey, TOutput>, TContext> {
    return this.#append(createBranchBatchStage({ key, condition, whenTrue, whenFalse }));
  }

  /**
   * Puts in the place of each item of a list what `work` makes of it. Does not compile where the
   * value is not an array. With `parallel`, up to `concurrencyLimit` items are worked on at a time;
   * results keep their order.
   *
   * @param key The stage's name in state; not in use yet.
   * @param work A step, or a function of `(item, index, context)`, sync or async.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   */
  map<TKey extends string, TOutput>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    work: InlineWork<ElementOf<TCurrentOutput>, TOutput, TState, TContext>,
    options?: ListOptions,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext>;
  /** Puts in each item's place what a step makes of it that is written inside the call. */
  map<TKey extends string, TOutput>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    work: Step<ElementOf<TCurrentOutput>, TOutput, TState, TContext>,
    options?: ListOptions,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext>;
  /** Puts in each item's place what a streaming step makes of it that was written by hand. */
  map<TKey extends string, TOutput>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    work: StreamingStep<ElementOf<TCurrentOutput>, TOutput, TState, TContext>,
    options?: ListOptions,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext>;
  map(key: never, work: unknown, options?: ListOptions): never {
    return this.#append(createMapList(key, work, options)) as never;
  }

  /**
   * As `map`, where `work` makes an array of each item; the result is one array, one level flatter.
   *
   * @param key The stage's name in state; not in use yet.
   * @param work A step, or a function of `(item, index, context)`, sync or async.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   */
  flatMap<TKey extends string, TOutput>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    work: InlineExpandWork<ElementOf<TCurrentOutput>, TOutput, TState, TContext>,
    options?: ListOptions,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext>;
  /** Puts in each item's place all that a step makes of it that is written inside the call. */
  flatMap<TKey extends string, TOutput>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    work: Step<ElementOf<TCurrentOutput>, Many<TOutput>, TState, TContext>,
    options?: ListOptions,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext>;
  /** Puts in each item's place all that a streaming step makes of it that was written by hand. */
  flatMap<TKey extends string, TOutput>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    work: StreamingStep<ElementOf<TCurrentOutput>, TOutput, TState, TContext>,
    options?: ListOptions,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext>;
  flatMap(key: never, work: unknown, options?: ListOptions): never {
    return this.#append(createFlatMapList(key, work, options)) as never;
  }

  /**
   * Keeps the items for which `predicate` answers with a truthy value. A type guard narrows the
   * type of the items.
   *
   * @param key The stage's name in state; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param options How items are worked on side by side, and what happens when one fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   */
  filter<TKey extends string, TOutput extends ElementOf<TCurrentOutput>>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    predicate: (
      item: ElementOf<TCurrentOutput>,
      index: number,
      context: StageContext<TState, TContext>,
    ) => item is TOutput,
    options?: ListOptions,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext>;
  /** Keeps the items for which `predicate` answers with a truthy value. */
  filter<TKey extends string>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    predicate: StageFunction<ElementOf<TCurrentOutput>, boolean, TState, TContext>,
    options?: ListOptions,
  ): Pipeline<
    TInitialInput,
    ElementOf<TCurrentOutput>[],
    AddToState<TState, TKey, ElementOf<TCurrentOutput>[]>,
    TContext
  >;
  filter(key: never, predicate: unknown, options?: ListOptions): never {
    return this.#append(createFilterList(key, predicate, options)) as never;
  }

  /**
   * Gathers items into arrays of `size`; the last may be shorter, none is empty.
   *
   * @param key The stage's name in state; not in use yet.
   * @param size How many items, a positive integer.
   * @throws {TypeError | RangeError} If `key` is taken, or `size` is not valid.
   */
  batch<TKey extends string>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    size: number,
  ): Pipeline<
    TInitialInput,
    ElementOf<TCurrentOutput>[][],
    AddToState<TState, TKey, ElementOf<TCurrentOutput>[][]>,
    TContext
  > {
    return this.#append(createBatchList(key, size));
  }

  /**
   * Takes arrays apart, one level deep. Does not compile where the items are not arrays.
   *
   * @param key The stage's name in state; not in use yet.
   * @throws {TypeError} If `key` is taken or empty.
   */
  flatten<TKey extends string>(
    this: Pipeline<TInitialInput, readonly (readonly unknown[])[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
  ): Pipeline<
    TInitialInput,
    ElementOf<ElementOf<TCurrentOutput>>[],
    AddToState<TState, TKey, ElementOf<ElementOf<TCurrentOutput>>[]>,
    TContext
  > {
    return this.#append(createFlattenList(key));
  }

  /** The keys of the stages, in order. */
  getStageNames(): string[] {
    return this.#stages.map(({ key }) => key);
  }

  /**
   * Runs the stages, one after the other, up to the first that fails.
   *
   * @param input What the first stage works on.
   * @param options How the run is aborted and closed.
   * @returns The last output, or why it failed, with the times of the run and of each stage. It is
   * rejected only where an option is not valid.
   */
  async execute(
    input: TInitialInput,
    options?: ExecuteOptions,
  ): Promise<StepResult<TCurrentOutput>> {
    const { signal, closeTimeoutMs } = resolveRunOptions("execute", options, EXECUTE_OPTIONS);
    const stages = this.#stages;
    const createContext = this.#createContext;
    const result = await runStages({ stages, input, createContext, signal, closeTimeoutMs });
    return result as StepResult<TCurrentOutput>;
  }

  #append(stage: BatchStage): AnyPipeline {
    requireNewKey(stage.operator, stage.key, this.#stages);
    return new Pipeline([...this.#stages, stage], this.#createContext);
  }
}

/** A pipeline of any types. */
// deno-lint-ignore no-explicit-any -- the builder's types are made by its signatures alone
export type AnyPipeline = Pipeline<any, any, any, any>;
