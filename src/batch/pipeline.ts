import type { BatchStage } from "./batch_stage.ts";
import {
  createBatchList,
  createFilterList,
  createFlatMapList,
  createFlattenList,
  createMapList,
} from "./list_stages.ts";
import { runStages } from "./run_stages.ts";
import { createAddBatchStage, createBranchBatchStage } from "./step_stages.ts";
import { resolveContextBuilder } from "../internal/context_builder.ts";
import { hasProperty } from "../internal/thrown.ts";
import { refuse, requireNewKey } from "../internal/validation.ts";
import type { ExecuteOptions, ListOptions } from "../base/options.ts";
import type { Step, StepResult } from "../base/step_types.ts";
import type {
  AddToState,
  ElementOf,
  ExpandWork,
  HybridStep,
  Late,
  Predicate,
  StageWork,
  StreamingStep,
  Unasked,
  ValidateNewKey,
} from "../base/types.ts";
import { resolveRunOptions } from "../core/run_options.ts";

const EXECUTE_OPTIONS: readonly string[] = ["signal", "closeTimeoutMs", "observer"];

/** The parameters of a {@linkcode Pipeline}. */
export interface PipelineParts {
  readonly stages: readonly BatchStage[];
  readonly createContext: () => unknown;
}

/** Beside the class and not in a static block of it, so that bundlers can leave the class out. */
const PARTS = new WeakMap<AnyPipeline, PipelineParts>();

/** What a pipeline is made of, for the bridge; absent for anything else. */
export function findParts(pipeline: unknown): PipelineParts | undefined {
  return PARTS.get(pipeline as AnyPipeline);
}

/** Makes a pipeline of stages that exist, for the bridge. */
export function assemblePipeline(parts: PipelineParts): AnyPipeline {
  return new (Pipeline as unknown as new (parts: PipelineParts) => AnyPipeline)(parts);
}

/**
 * A typed pipeline over whole values: each stage gets the whole output of the stage before it, and
 * every output is kept for the stages after it.
 *
 * It is immutable: each method returns a new pipeline with one more stage. A failure is a result
 * with `success: false`, not an exception. For data that does not fit in memory, or is needed piece
 * by piece, there is `StreamingPipeline`, with the same methods.
 *
 * @typeParam TInitialInput The type of the input of `execute`.
 * @typeParam TCurrentOutput The type of the output of the last stage.
 * @typeParam TState The output type of each stage, by its key.
 * @typeParam TContext The type of the context.
 * @category Batch pipelines
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
  private constructor(parts: PipelineParts) {
    if (!hasProperty(parts, "stages")) {
      refuse({ operator: "start a pipeline" }, "call start(), not new");
    }
    PARTS.set(this, parts);
  }

  /**
   * Begins a pipeline without stages.
   *
   * @typeParam TInput The type of the input of `execute`.
   * @typeParam TContext The type of the context.
   * @param contextBuilder Called once per `execute`; its result is passed to every step. Without it
   * the context is `{}`.
   * @returns A pipeline whose output is its input.
   * @throws {TypeError} If `contextBuilder` is not a function.
   * @category Building
   *
   * @example A context for every step
   * ```ts
   * import { Pipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = Pipeline.start<string[], { prefix: string }>(() => ({ prefix: "> " }))
   *   .map("quoted", (line, _index, { context }) => context.prefix + line);
   *
   * const result = await pipeline.execute(["mill"]);
   * assertEquals(result.success && result.data, ["> mill"]);
   * ```
   */
  static start<TInput, TContext = unknown>(
    contextBuilder?: () => TContext,
    // deno-lint-ignore ban-types -- the empty intersection is the identity of AddToState
  ): Pipeline<TInput, TInput, {}, TContext> {
    return new Pipeline({ stages: [], createContext: resolveContextBuilder(contextBuilder) });
  }

  /**
   * Adds a step on the whole value.
   *
   * @param key The stage's name in state; not in use yet.
   * @param step The step, with its own `retry`.
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
  /**
   * Adds a step: on the whole value, or a streaming or hybrid one over the items of the list.
   *
   * @category The whole value
   *
   * @example A step that reads what an earlier one made
   * ```ts
   * import { createStep, createTransform, Pipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const share = createStep("share", ({ input, state }: {
   *   input: number;
   *   state: { numbers: number[] };
   * }) => state.numbers.map((number) => number / input));
   * const pipeline = Pipeline.start<string>()
   *   .add("numbers", createTransform("split", (text: string) => text.split(" ").map(Number)))
   *   .add("sum", createTransform("sum", (numbers: number[]) => numbers.reduce((a, b) => a + b)))
   *   .add("share", share);
   *
   * const result = await pipeline.execute("1 3");
   * assertEquals(result.success && result.data, [0.25, 0.75]);
   * ```
   */
  // A key that is `never`: else the compiler proposes this signature in its messages.
  add(key: never, step: unknown): never {
    return this.#append(createAddBatchStage(key, step)) as never;
  }

  /**
   * Runs one of two steps on the whole value, as `condition` decides.
   *
   * @param key The stage's name in state; not in use yet.
   * @param condition A function of `(input, state, context)`, sync or async.
   * @param whenTrue The step for a truthy result, with its own `retry`.
   * @param whenFalse The step for a falsy result, with its own `retry`.
   * @throws {TypeError} If `key` is taken or empty, or an argument is not valid.
   * @category The whole value
   *
   * @example Short and long texts
   * ```ts
   * import { createTransform, Pipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = Pipeline.start<string>().branch(
   *   "line",
   *   (text) => text.length > 8,
   *   createTransform("cut", (text: string) => `${text.slice(0, 8)}…`),
   *   createTransform("keep", (text: string) => text),
   * );
   *
   * const result = await pipeline.execute("a headrace");
   * assertEquals(result.success && result.data, "a headra…");
   * ```
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
   * Replaces each item of a list by the result of `work`. Does not compile where the value is not an
   * array. With `parallel`, up to `concurrencyLimit` calls run at a time; results keep the order of
   * their items.
   *
   * @param key The stage's name in state; not in use yet.
   * @param work A step, or a function of `(item, index, context)`, sync or async.
   * @param options Parallel calls, retries, a time limit, and what happens when an item fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Lists
   *
   * @example Four calls at a time
   * ```ts
   * import { Pipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = Pipeline.start<string[]>().map(
   *   "length",
   *   (text) => Promise.resolve(text.length),
   *   { parallel: true, concurrencyLimit: 4 },
   * );
   *
   * const result = await pipeline.execute(["mill", "headrace"]);
   * assertEquals(result.success && result.data, [4, 8]);
   * ```
   */
  map<TKey extends string, TOutput, TLate extends Late = object>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    work: StageWork<ElementOf<TCurrentOutput>, TOutput, TState, TContext, TLate, Unasked>,
    options?: ListOptions<ElementOf<TCurrentOutput>>,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext> {
    return this.#append(createMapList(key, work, options));
  }

  /**
   * Replaces each item of a list by the items of the result of `work`, an array or another iterable.
   * Otherwise as `map`.
   *
   * @param key The stage's name in state; not in use yet.
   * @param work A step, or a function of `(item, index, context)`, sync or async.
   * @param options Parallel calls, retries, a time limit, and what happens when an item fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Lists
   *
   * @example The words of each line
   * ```ts
   * import { Pipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = Pipeline.start<string[]>().flatMap("word", (line) => line.split(" "));
   *
   * const result = await pipeline.execute(["a mill", "a race"]);
   * assertEquals(result.success && result.data, ["a", "mill", "a", "race"]);
   * ```
   */
  flatMap<TKey extends string, TOutput, TLate extends Late = object>(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    work: ExpandWork<ElementOf<TCurrentOutput>, TOutput, TState, TContext, TLate, Unasked>,
    options?: ListOptions<ElementOf<TCurrentOutput>>,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext> {
    return this.#append(createFlatMapList(key, work, options));
  }

  /**
   * Keeps the items for which `predicate` returns a truthy value. A type guard narrows the type of the
   * items.
   *
   * @param key The stage's name in state; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @param options Parallel calls, retries, a time limit, and what happens when an item fails.
   * @throws {TypeError | RangeError} If `key` is taken, or an argument or option is not valid.
   * @category Lists
   *
   * @example A type guard narrows the items
   * ```ts
   * import { Pipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = Pipeline.start<(string | undefined)[]>()
   *   .filter("there", (text) => text !== undefined)
   *   .map("length", (text) => text.length);
   *
   * const result = await pipeline.execute(["mill", undefined]);
   * assertEquals(result.success && result.data, [4]);
   * ```
   */
  filter<
    TKey extends string,
    TOutput extends ElementOf<TCurrentOutput> = ElementOf<TCurrentOutput>,
    TLate extends Late = object,
  >(
    this: Pipeline<TInitialInput, readonly unknown[], TState, TContext>,
    key: ValidateNewKey<TState, TKey>,
    predicate: Predicate<ElementOf<TCurrentOutput>, TOutput, TState, TContext, TLate>,
    options?: ListOptions<ElementOf<TCurrentOutput>>,
  ): Pipeline<TInitialInput, TOutput[], AddToState<TState, TKey, TOutput[]>, TContext> {
    return this.#append(createFilterList(key, predicate, options));
  }

  /**
   * Groups items into arrays of `size`; the last may be shorter, none is empty.
   *
   * @param key The stage's name in state; not in use yet.
   * @param size The length of an array: a positive integer, or `Infinity` for one array of all items.
   * @throws {TypeError | RangeError} If `key` is taken, or `size` is not valid.
   * @category Lists
   *
   * @example Pairs
   * ```ts
   * import { Pipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = Pipeline.start<number[]>().batch("pair", 2);
   *
   * const result = await pipeline.execute([1, 2, 3]);
   * assertEquals(result.success && result.data, [[1, 2], [3]]);
   * ```
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
   * Flattens arrays, one level deep. Does not compile where the items are not arrays.
   *
   * @param key The stage's name in state; not in use yet.
   * @throws {TypeError} If `key` is taken or empty.
   * @category Lists
   *
   * @example Rows to cells
   * ```ts
   * import { Pipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = Pipeline.start<number[][]>().flatten("cell");
   *
   * const result = await pipeline.execute([[1, 2], [], [3]]);
   * assertEquals(result.success && result.data, [1, 2, 3]);
   * ```
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

  /**
   * The keys of the stages, in order.
   *
   * @category Building
   *
   * @example The keys of a pipeline
   * ```ts
   * import { Pipeline } from "@headrace/pipeline";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = Pipeline.start<number[]>().batch("pair", 2).flatten("single");
   *
   * assertEquals(pipeline.getStageNames(), ["pair", "single"]);
   * ```
   */
  getStageNames(): string[] {
    return findParts(this)!.stages.map(({ key }) => key);
  }

  /**
   * Runs the stages, one after the other, up to the first that fails.
   *
   * @param input The input of the first stage.
   * @param options A signal to abort the run, how long it waits when it is closed, and what observes it.
   * @returns The output of the last stage, or the failure, with the metadata of the run and of each
   * stage. Rejects only where an option is not valid.
   * @category Running
   *
   * @example A result and a failure
   * ```ts
   * import { Pipeline } from "@headrace/pipeline";
   * import { assert, assertEquals } from "@std/assert";
   *
   * const pipeline = Pipeline.start<string[]>().map("parsed", (text) => JSON.parse(text) as unknown);
   *
   * const good = await pipeline.execute(["1", "2"]);
   * assert(good.success);
   * assertEquals(good.data, [1, 2]);
   *
   * const bad = await pipeline.execute(["1", "two"]);
   * assert(!bad.success);
   * assertEquals(bad.metadata.stepName, "parsed");
   * ```
   */
  async execute(
    input: TInitialInput,
    options?: ExecuteOptions,
  ): Promise<StepResult<TCurrentOutput>> {
    const settings = resolveRunOptions("execute", options, EXECUTE_OPTIONS);
    const { stages, createContext } = findParts(this)!;
    const result = await runStages({ stages, input, createContext, options: settings });
    return result as StepResult<TCurrentOutput>;
  }

  #append(stage: BatchStage): AnyPipeline {
    const { stages, createContext } = findParts(this)!;
    requireNewKey(stage.operator, stage.key, stages);
    return new Pipeline({ stages: [...stages, stage], createContext });
  }
}

/**
 * A pipeline of any types.
 *
 * @category Batch pipelines
 */
// deno-lint-ignore no-explicit-any -- the builder's types are made by its signatures alone
export type AnyPipeline = Pipeline<any, any, any, any>;
