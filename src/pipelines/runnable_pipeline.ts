import { type Plan, planStages } from "../engine/plan.ts";
import { Run } from "../engine/run.ts";
import type { Stage } from "../engine/stage.ts";
import { createReadable, WrittenSource } from "../engine/web_streams.ts";
import { clock } from "../internal/clock.ts";
import { requireFunction } from "../internal/validation.ts";
import type { RunOptions } from "../options.ts";
import type { PipelineMetadata, Source, StreamingStepResult } from "../types.ts";
import { PipelineRun } from "./pipeline_run.ts";
import type { PipelineSettings } from "./_start_options.ts";
import { resolveRunOptions } from "./_run_options.ts";

/**
 * The ways to run a pipeline: the part of `StreamingPipeline` that is not about building.
 *
 * Runs are separate: the same pipeline runs any number of times, at the same time too.
 *
 * @typeParam TInitialInput The type of the items that a run reads.
 * @typeParam TCurrentOutput The type of the items that come out.
 */
export abstract class RunnablePipeline<TInitialInput, TCurrentOutput> {
  readonly #stages: readonly Stage[];
  readonly #createContext: () => unknown;
  readonly #settings: PipelineSettings;
  #plan: Plan | undefined;
  #latest: Run | undefined;

  /** Made by the builder. */
  constructor(
    stages: readonly Stage[],
    createContext: () => unknown,
    settings: PipelineSettings,
  ) {
    this.#stages = stages;
    this.#createContext = createContext;
    this.#settings = settings;
  }

  /** The keys of the stages, in order. */
  getStageNames(): string[] {
    return this.#stages.map(({ key }) => key);
  }

  /**
   * Runs the pipeline; each item is computed when it is asked for.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param options How the run is aborted and closed, and where failed items go.
   * @returns The items. A failure rejects after the items before it, once.
   * @throws {TypeError | RangeError} If an option is not valid.
   */
  execute(
    source: Source<TInitialInput>,
    options?: RunOptions,
  ): AsyncGenerator<TCurrentOutput, void, undefined> {
    const items = this.#createRun("execute", source, options).items();
    return items as AsyncGenerator<TCurrentOutput, void, undefined>;
  }

  /**
   * Runs the pipeline to its end and collects what comes out.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param options How the run is aborted and closed, and where failed items go.
   * @returns All items, in order; memory grows with their number.
   */
  async executeToArray(
    source: Source<TInitialInput>,
    options?: RunOptions,
  ): Promise<TCurrentOutput[]> {
    const items: TCurrentOutput[] = [];
    const collect = (_: null, item: unknown) => (items.push(item as TCurrentOutput), null);
    await this.#createRun("executeToArray", source, options).fold("executeToArray", collect, null);
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
   */
  async executeReduce<TResult>(
    source: Source<TInitialInput>,
    reducer: (
      accumulator: TResult,
      item: TCurrentOutput,
      index: number,
    ) => TResult | PromiseLike<TResult>,
    initial: TResult,
    options?: RunOptions,
  ): Promise<TResult> {
    requireFunction({ operator: "executeReduce" }, "reducer", reducer);
    const run = this.#createRun("executeReduce", source, options);
    return await run.fold(
      "executeReduce",
      reducer as (value: TResult, item: unknown, index: number) => unknown,
      initial,
    );
  }

  /**
   * Runs the pipeline to its end and calls `action` for each item, one at a time.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param action Called with the item and its index; may be async.
   * @param options How the run is aborted and closed, and where failed items go.
   * @returns Resolves when the last call is done.
   */
  async executeForEach(
    source: Source<TInitialInput>,
    action: (item: TCurrentOutput, index: number) => unknown,
    options?: RunOptions,
  ): Promise<void> {
    requireFunction({ operator: "executeForEach" }, "action", action);
    const run = this.#createRun("executeForEach", source, options);
    const act = (_: unknown, item: unknown, index: number) => action(item as TCurrentOutput, index);
    await run.fold<unknown>("executeForEach", act, undefined);
    run.throwCleanupError();
  }

  /**
   * Runs the pipeline as `execute` does, each item with what is known of how it was made.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param options How the run is aborted and closed, and where failed items go.
   * @returns The items, each as `{ data, metadata }`.
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
  async *executeWithMetadata(
    source: Source<TInitialInput>,
    options?: RunOptions,
  ): AsyncGenerator<StreamingStepResult<TCurrentOutput>, void, undefined> {
    const stepName = this.#stages.at(-1)?.name ?? "source";
    const items = this.execute(source, options);
    let itemIndex = 0;
    let askedAt = clock.now();
    for await (const data of items) {
      const durationMs = clock.now() - askedAt;
      yield { data, metadata: { durationMs, stepName, itemIndex: itemIndex++ } };
      askedAt = clock.now();
    }
  }

  /**
   * What is known of the latest run, when it is over.
   *
   * @returns The counts, durations and errors of each stage, and of the run.
   * @throws {Error} If the pipeline was never run.
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
    if (this.#latest === undefined) {
      return Promise.reject(new Error("Cannot get metadata: the pipeline was never run"));
    }
    return this.#latest.finalMetadata;
  }

  /**
   * Runs the pipeline and returns the run: to abort it, to close it with `await using`, or to read
   * it as a web stream.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param options How the run is aborted and closed, and where failed items go.
   */
  run(source: Source<TInitialInput>, options?: RunOptions): PipelineRun<TCurrentOutput> {
    return new PipelineRun(this.#createRun("run", source, options));
  }

  /**
   * Runs the pipeline as a web stream.
   *
   * @param source One item, or many: see {@linkcode Source}.
   * @param strategy How many items are computed before they are read; none by default.
   * @param options How the run is aborted and closed, and where failed items go.
   */
  toReadableStream(
    source: Source<TInitialInput>,
    strategy?: QueuingStrategy<TCurrentOutput>,
    options?: RunOptions,
  ): ReadableStream<TCurrentOutput> {
    const items = this.#createRun("toReadableStream", source, options).items();
    return createReadable(items, strategy as QueuingStrategy<unknown>) as ReadableStream<
      TCurrentOutput
    >;
  }

  /**
   * Makes one run whose source is a writable stream, for `pipeThrough`. A write is done when the
   * pipeline has taken its chunk.
   *
   * @param writableStrategy The queue in front of the pipeline; one chunk by default.
   * @param readableStrategy How many items are computed before they are read; none by default.
   * @param options How the run is aborted and closed, and where failed items go.
   */
  toTransformStream(
    writableStrategy?: QueuingStrategy<TInitialInput>,
    readableStrategy?: QueuingStrategy<TCurrentOutput>,
    options?: RunOptions,
  ): ReadableWritablePair<TCurrentOutput, TInitialInput> {
    const written = new WrittenSource(writableStrategy as QueuingStrategy<unknown>);
    const run = this.#createRun("toTransformStream", written, options, written.stop);
    written.onAbort = (reason) => run.abort(reason);
    const readable = createReadable(run.items(), readableStrategy as QueuingStrategy<unknown>);
    // The writer may wait before anybody reads.
    run.followSignal();
    return { readable, writable: written.writable } as ReadableWritablePair<
      TCurrentOutput,
      TInitialInput
    >;
  }

  #createRun(
    operator: string,
    source: unknown,
    options: RunOptions | undefined,
    onOver?: (reason: unknown) => void,
  ): Run {
    return this.#latest = new Run({
      ...resolveRunOptions(operator, options),
      ...this.#settings,
      plan: this.#plan ??= planStages(this.#stages),
      source,
      createContext: this.#createContext,
      ...(onOver && { onOver }),
    });
  }
}
