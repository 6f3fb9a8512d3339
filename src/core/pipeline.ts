import { isObject } from "../internal/thrown.ts";
import { resolveContextBuilder } from "../internal/context_builder.ts";
import { guessCopy, refuse, refuseValue, requireFunction } from "../internal/validation.ts";
import type { RunOptions, StartOptions } from "../base/options.ts";
import type {
  Composable,
  Late,
  Many,
  PipelineOf,
  Predicate,
  Source,
  StageFunction,
  ValidateNewKey,
} from "../base/types.ts";
import { filter, flatMap, map, take, tap } from "./basics.ts";
import { Blueprint } from "./blueprint.ts";
import { buildStages, type Operator, type StageHost } from "./operator.ts";
import { resolveStartOptions } from "./start_options.ts";

/**
 * What a pipeline of either face is made from; absent for anything else. The class sets it, which
 * alone can read it.
 */
export let findBlueprint: (pipeline: unknown) => Blueprint | undefined;

/** As {@linkcode findBlueprint}; throws a `TypeError` where `pipeline` is none. */
export function requireBlueprint(
  operator: string,
  pipeline: unknown,
  what: string = "pipeline",
): Blueprint {
  const blueprint = findBlueprint(pipeline);
  if (blueprint !== undefined) return blueprint;
  const hint = guessCopy(pipeline, "executeToArray");
  refuseValue({ operator }, what, "a StreamingPipeline", pipeline, hint);
}

/**
 * A typed, lazy pipeline over streams of items, with nothing in it but what every program needs:
 * whatever else a program names comes in by `use`.
 *
 * It is immutable: each method returns a new pipeline with one more stage. Building does nothing; a
 * run starts when its first item is asked for, and computes an item when it is asked for. Runs are
 * separate: the same pipeline runs any number of times, at the same time too.
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 * @typeParam TAccumulated The item type of each stage, by its key.
 * @typeParam TContext What the context builder returns.
 * @category Pipelines
 *
 * @example A small program
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { batch } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .flatMap("word", (line) => line.split(" "))
 *   .filter("long", (word) => word.length > 3)
 *   .use("batches", batch(2));
 *
 * const batches = await pipeline.executeToArray(["a mill wheel", "turns with water"]);
 * assertEquals(batches, [["mill", "wheel"], ["turns", "with"], ["water"]]);
 * ```
 */
export class CorePipeline<
  TInitialInput,
  TCurrentOutput,
  TAccumulated = unknown,
  TContext = unknown,
> {
  readonly #blueprint: Blueprint;

  /** Made by `start` and by the stages. */
  protected constructor(blueprint: Blueprint) {
    if (!(blueprint instanceof Blueprint)) {
      refuse({ operator: "start a pipeline" }, "call start(), not new");
    }
    this.#blueprint = blueprint;
  }

  static {
    findBlueprint = (pipeline) =>
      isObject(pipeline) && #blueprint in pipeline ? pipeline.#blueprint : undefined;
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
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string, { prefix: string }>(() => ({ prefix: "> " }))
   *   .map("quoted", (line, _index, { context }) => context.prefix + line);
   *
   * assertEquals(await pipeline.executeToArray(["mill"]), ["> mill"]);
   * ```
   */
  static start<TInput, TContext = unknown>(
    contextBuilder?: () => TContext,
    options?: Omit<StartOptions, "optimize">,
    // deno-lint-ignore ban-types -- the empty intersection is the state of no stages
  ): CorePipeline<TInput, TInput, {}, TContext> {
    return new CorePipeline(createBlueprint(contextBuilder, options));
  }

  /**
   * Adds a stage: what `operator` does, under `key`.
   *
   * @typeParam TKey The stage's key.
   * @typeParam TOutput The type of the items that come out.
   * @typeParam TValue What state shows under the key: the item, but for a checkpoint.
   * @param key The stage's name in state and errors; not in use yet.
   * @param operator What it does, such as `batch(50)`.
   * @throws {TypeError | RangeError} If `key` is taken, or what the operator was given is not valid.
   * @category Building
   *
   * @example Pairs
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { batch } from "@headrace/pipeline/operators";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>().use("pair", batch(2));
   *
   * assertEquals(await pipeline.executeToArray([1, 2, 3]), [[1, 2], [3]]);
   * ```
   */
  use<TKey extends string, TOutput, TValue = TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    operator: Operator<TCurrentOutput, TOutput, TAccumulated, TContext, TValue>,
  ): CorePipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TValue },
    TContext
  > {
    return this.#derive(this.#blueprint.with(buildStages(operator, key, this.#host))) as never;
  }

  /**
   * Replaces each item by what `work` makes of it: one item out for each item in, in order, each
   * when it is asked for. `map` of `@headrace/pipeline/operators` has options and takes steps.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param work A function of `(item, index, context)`, sync or async.
   * @throws {TypeError} If `key` is taken, or `work` is not a function.
   * @category Each item
   *
   * @example The length of each text
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().map("length", (text) => text.length);
   *
   * assertEquals(await pipeline.executeToArray(["mill", "headrace"]), [4, 8]);
   * ```
   */
  map<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: StageFunction<TCurrentOutput, TOutput, TAccumulated, TContext>,
  ): CorePipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    return this.use(key, map(work, arguments[2]));
  }

  /**
   * Replaces each item by all items of what `work` makes of it: an iterable, an async iterable, a
   * web stream, or a promise of one. A string is one item. Items come out in order, and an iterable is
   * read as its items are asked for.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param work A function of `(item, index, context)`, sync or async.
   * @throws {TypeError} If `key` is taken, or `work` is not a function.
   * @category Each item
   *
   * @example The words of each line
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().flatMap("word", (line) => line.split(" "));
   *
   * assertEquals(await pipeline.executeToArray(["a mill", "a race"]), ["a", "mill", "a", "race"]);
   * ```
   */
  flatMap<TKey extends string, TOutput>(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: StageFunction<TCurrentOutput, Many<TOutput>, TAccumulated, TContext>,
  ): CorePipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    return this.use(key, flatMap(work, arguments[2]));
  }

  /**
   * Lets the items pass for which `predicate` answers with a truthy value. A type guard narrows the
   * type of the items.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param predicate A function of `(item, index, context)`, sync or async.
   * @throws {TypeError} If `key` is taken, or `predicate` is not a function.
   * @category Which items pass
   *
   * @example A type guard narrows the items
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string | undefined>()
   *   .filter("there", (text) => text !== undefined)
   *   .map("length", (text) => text.length);
   *
   * assertEquals(await pipeline.executeToArray(["mill", undefined]), [4]);
   * ```
   */
  filter<
    TKey extends string,
    TOutput extends TCurrentOutput = TCurrentOutput,
    TLate extends Late = object,
  >(
    key: ValidateNewKey<TAccumulated, TKey>,
    predicate: Predicate<TCurrentOutput, TOutput, TAccumulated, TContext, TLate>,
  ): CorePipeline<
    TInitialInput,
    TOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TOutput },
    TContext
  > {
    return this.use(key, filter(predicate, arguments[2]));
  }

  /**
   * Calls a function for each item and lets the item pass as it is, when the function is done.
   *
   * @param key The stage's name in state and errors; not in use yet.
   * @param work A function of `(item, index, context)`, sync or async; its result is not used.
   * @throws {TypeError} If `key` is taken, or `work` is not a function.
   * @category Each item
   *
   * @example Counting what passes
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * let count = 0;
   * const pipeline = StreamingPipeline.start<string>().tap("counted", () => count++);
   *
   * assertEquals(await pipeline.executeToArray(["mill", "race"]), ["mill", "race"]);
   * assertEquals(count, 2);
   * ```
   */
  tap<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    work: StageFunction<TCurrentOutput, unknown, TAccumulated, TContext>,
  ): CorePipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, tap(work, arguments[2]));
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
   * import { StreamingPipeline } from "@headrace/pipeline/core";
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
  take<TKey extends string>(
    key: ValidateNewKey<TAccumulated, TKey>,
    count: number,
  ): CorePipeline<
    TInitialInput,
    TCurrentOutput,
    TAccumulated & { [P in TKey]: string extends TKey ? unknown : TCurrentOutput },
    TContext
  > {
    return this.use(key, take(count));
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
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * const words = StreamingPipeline.start<string>().flatMap("word", (line) => line.split(" "));
   * const lengths = StreamingPipeline.start<string>().map("length", (word) => word.length);
   *
   * assertEquals(await words.compose(lengths).executeToArray(["a mill"]), [1, 4]);
   * ```
   */
  compose<TOtherInput, TOutput, TOtherAccumulated, TOtherContext>(
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
  ): CorePipeline<TInitialInput, TOutput, TAccumulated & TOtherAccumulated, TContext> {
    const { stages } = requireBlueprint("compose", other, "other");
    return this.#derive(this.#blueprint.with(stages));
  }

  /**
   * The keys of the stages, in order.
   *
   * @category Building
   *
   * @example The keys of a pipeline
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>()
   *   .map("length", (text) => text.length)
   *   .filter("long", (length) => length > 3);
   *
   * assertEquals(pipeline.getStageNames(), ["length", "long"]);
   * ```
   */
  getStageNames(): string[] {
    return this.#blueprint.stages.filter(({ isInner }) => isInner !== true).map(({ key }) => key);
  }

  /**
   * Runs the pipeline; each item is computed when it is asked for.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param options How the run is aborted and closed, and where failed items go.
   * @returns The items. A failure rejects after the items before it, once.
   * @throws {TypeError | RangeError} If an option is not valid.
   * @category Running
   *
   * @example Until the reader has enough
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>().map("double", (number) => number * 2);
   *
   * const read: number[] = [];
   * for await (const number of pipeline.execute([1, 2, 3])) {
   *   read.push(number);
   *   if (number === 4) break;
   * }
   * assertEquals(read, [2, 4]);
   * ```
   */
  execute(
    source: Source<TInitialInput>,
    options?: RunOptions,
  ): AsyncGenerator<TCurrentOutput, void, undefined> {
    const items = this.#blueprint.createRun("execute", source, options).items();
    return items as AsyncGenerator<TCurrentOutput, void, undefined>;
  }

  /**
   * Runs the pipeline to its end and collects what comes out.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param options How the run is aborted and closed, and where failed items go.
   * @returns All items, in order; memory grows with their number.
   * @category Running
   *
   * @example All items
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<number>().map("double", (number) => number * 2);
   *
   * assertEquals(await pipeline.executeToArray([1, 2, 3]), [2, 4, 6]);
   * ```
   */
  async executeToArray(
    source: Source<TInitialInput>,
    options?: RunOptions,
  ): Promise<TCurrentOutput[]> {
    const items: TCurrentOutput[] = [];
    const collect = (_: null, item: unknown) => (items.push(item as TCurrentOutput), null);
    const run = this.#blueprint.createRun("executeToArray", source, options);
    await run.fold("executeToArray", collect, null);
    return items;
  }

  /**
   * Runs the pipeline to its end and folds what comes out into one value.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param reducer Makes the next value from the last one, an item and its index; may be async.
   * @param initial The first value.
   * @param options How the run is aborted and closed, and where failed items go.
   * @returns The last value; `initial` if no item comes out.
   * @category Running
   *
   * @example A sum
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().map("length", (text) => text.length);
   *
   * assertEquals(await pipeline.executeReduce(["mill", "race"], (sum, length) => sum + length, 0), 8);
   * ```
   */
  executeReduce<TResult>(
    source: Source<TInitialInput>,
    reducer: (
      accumulator: TResult,
      item: TCurrentOutput,
      index: number,
    ) => TResult | PromiseLike<TResult>,
    initial: TResult,
    options?: RunOptions,
  ): Promise<TResult> {
    // No async function: it would make a second promise for each run.
    try {
      requireFunction({ operator: "executeReduce" }, "reducer", reducer);
      return this.#blueprint.createRun("executeReduce", source, options).fold(
        "executeReduce",
        reducer as (value: TResult, item: unknown, index: number) => unknown,
        initial,
      );
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /**
   * Runs the pipeline to its end and calls `action` for each item, one at a time.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param action Called with the item and its index; may be async.
   * @param options How the run is aborted and closed, and where failed items go.
   * @returns Resolves when the last call is done.
   * @category Running
   *
   * @example One after the other
   * ```ts
   * import { StreamingPipeline } from "@headrace/pipeline/core";
   * import { assertEquals } from "@std/assert";
   *
   * const pipeline = StreamingPipeline.start<string>().map("upper", (text) => text.toUpperCase());
   *
   * const lines: string[] = [];
   * await pipeline.executeForEach(["mill", "race"], (text, index) => lines.push(`${index}: ${text}`));
   * assertEquals(lines, ["0: MILL", "1: RACE"]);
   * ```
   */
  async executeForEach(
    source: Source<TInitialInput>,
    action: (item: TCurrentOutput, index: number) => unknown,
    options?: RunOptions,
  ): Promise<void> {
    requireFunction({ operator: "executeForEach" }, "action", action);
    const run = this.#blueprint.createRun("executeForEach", source, options);
    const act = (_: unknown, item: unknown, index: number) => action(item as TCurrentOutput, index);
    await run.fold<unknown>("executeForEach", act, undefined);
    run.throwCleanupError();
  }

  /** A pipeline of this one's face. */
  #derive(blueprint: Blueprint): never {
    const Face = this.constructor as new (blueprint: Blueprint) => unknown;
    return new Face(blueprint) as never;
  }

  readonly #host: StageHost = {
    getKeys: () => this.getStageNames(),
    startInner: (context) =>
      this.#derive(new Blueprint([], () => context, this.#blueprint.settings)),
    runInner: (pipeline, items, options, links) =>
      findBlueprint(pipeline)?.createRun("execute", items, options, links).items(),
  };
}

/** A pipeline of this face fits wherever one of any face is asked for. */
export interface CorePipeline<TInitialInput, TCurrentOutput, TAccumulated, TContext>
  extends PipelineOf<TInitialInput, TCurrentOutput, TAccumulated, TContext> {}

/** What a pipeline without stages is made from. */
export function createBlueprint(
  contextBuilder: (() => unknown) | undefined,
  options: Omit<StartOptions, "optimize"> | undefined,
): Blueprint {
  const createContext = resolveContextBuilder(contextBuilder);
  return new Blueprint([], createContext, resolveStartOptions("start a pipeline", options));
}
