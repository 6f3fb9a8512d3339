/**
 * Turns pipelines of one kind into the other.
 *
 * @module
 */

import { toItemStage } from "../batch_stage.ts";
import {
  guessCopy,
  refuse,
  refuseValue,
  requireBoolean,
  requireKnownOptions,
} from "../../internal/validation.ts";
import type { RunOptions, StartOptions } from "../../base/options.ts";
import { resolveRunOptions } from "../../core/run_options.ts";
import { resolveStartOptions } from "../../core/start_options.ts";
import { type AnyPipeline, assemblePipeline, findParts, type Pipeline } from "../pipeline.ts";
import { Blueprint } from "../../core/blueprint.ts";
import { findBlueprint, requireBlueprint } from "../../core/pipeline.ts";
import { createPipeline, type StreamingPipeline } from "../../fluent/streaming_pipeline.ts";
import type { PipelineOf, Source } from "../../base/types.ts";
import { toBatchStages } from "./_batch_stages.ts";

const KNOWN_OPTIONS: readonly string[] = ["errorsTo", "keepState"];

/**
 * Options of {@linkcode streamingToPipeline}.
 *
 * @category Both kinds of pipelines
 */
export interface StreamingToPipelineOptions extends Pick<RunOptions, "errorsTo"> {
  /** Whether later stages see all items of each streaming stage. @default {true} */
  readonly keepState?: boolean | undefined;
}

/**
 * The state of a batch pipeline for that of a streaming one: all items of each stage.
 *
 * @category Both kinds of pipelines
 */
export type MaterializedState<TAccumulated> = {
  [TKey in keyof TAccumulated]: TAccumulated[TKey][];
};

/**
 * Turns a batch pipeline into a streaming one: each item of the stream is one whole value.
 *
 * Emits one result per item, in order and on demand. Stages keep their keys, state and `retry`, and
 * more stages can follow. What a step writes to its state is seen by that step alone. A failure is
 * thrown as a `StreamingError` with the code and cause of the failed result.
 *
 * @typeParam TInput The input type of the batch pipeline.
 * @typeParam TOutput The output type of the batch pipeline.
 * @param pipeline The batch pipeline.
 * @param options The level of metadata, and which stages `state.stream` can read.
 * @returns A streaming pipeline with the same stages.
 * @throws {TypeError} If `pipeline` is not a batch pipeline or an option is not valid.
 * @category Both kinds of pipelines
 *
 * @example A batch pipeline for each folder of a stream
 * ```ts
 * import { Pipeline, pipelineToStreaming } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const batch = Pipeline.start<string[]>()
 *   .map("lengths", (word) => word.length)
 *   .filter("long", (length) => length > 3);
 * const pipeline = pipelineToStreaming(batch).map("count", (lengths) => lengths.length);
 *
 * assertEquals(await pipeline.executeToArray([["mill", "wheel"], ["a"]]), [2, 0]);
 * ```
 */
export function pipelineToStreaming<TInput, TOutput, TState, TContext>(
  pipeline: Pipeline<TInput, TOutput, TState, TContext>,
  options?: StartOptions,
): StreamingPipeline<TInput, TOutput, TState, TContext> {
  const parts = findParts(pipeline);
  if (parts === undefined) {
    const subject = { operator: "pipelineToStreaming" };
    const hint = findBlueprint(pipeline) ? "" : guessCopy(pipeline, "getStageNames");
    refuseValue(subject, "pipeline", "a Pipeline", pipeline, hint);
  }
  const settings = resolveStartOptions("pipelineToStreaming", options);
  const itemStages = parts.stages.map((stage) => toItemStage(stage));
  return createPipeline(new Blueprint(itemStages, parts.createContext, settings));
}

/**
 * Turns a streaming pipeline into a batch pipeline: it runs to its end, and its result is the array
 * of all items that it emits.
 *
 * The state of later stages has all items of each streaming stage, so memory grows with all of
 * them, as in any batch pipeline; with `keepState: false` it has none, and memory grows with the
 * result alone. A failure is a failed result with the code and cause of the
 * `StreamingError`; so are the errors that a stage with `COLLECT_ERRORS` has collected, with the code
 * `LIST_PROCESSING_ERRORS`.
 *
 * @typeParam TInput The type of the items that the streaming pipeline reads.
 * @typeParam TOutput The type of the items that it emits.
 * @param pipeline The streaming pipeline.
 * @param options Where failed items of `SPLIT_ERRORS` go, and whether state is kept.
 * @returns A batch pipeline with a stage for each of its stages.
 * @throws {TypeError | RangeError} If `pipeline` is not a streaming pipeline or an option is not
 * valid.
 * @category Both kinds of pipelines
 *
 * @example A stage that needs everything
 * ```ts
 * import { createTransform, StreamingPipeline, streamingToPipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const streaming = StreamingPipeline.start<number>().map("square", (number) => number * number);
 * const sum = createTransform("sum", (squares: number[]) => squares.reduce((a, b) => a + b, 0));
 * const pipeline = streamingToPipeline(streaming).add("sum", sum);
 *
 * const result = await pipeline.execute([1, 2, 3]);
 * assert(result.success);
 * assertEquals(result.data, 14);
 * ```
 */
export function streamingToPipeline<TInput, TOutput, TAccumulated, TContext>(
  pipeline: PipelineOf<TInput, TOutput, TAccumulated, TContext>,
  options: StreamingToPipelineOptions & { readonly keepState: false },
  // deno-lint-ignore ban-types -- the empty intersection is the identity of AddToState
): Pipeline<Source<TInput>, TOutput[], {}, TContext>;
/** Turns a streaming pipeline into a batch pipeline with all items of each stage as its state. */
export function streamingToPipeline<TInput, TOutput, TAccumulated, TContext>(
  pipeline: PipelineOf<TInput, TOutput, TAccumulated, TContext>,
  options?: StreamingToPipelineOptions,
): Pipeline<Source<TInput>, TOutput[], MaterializedState<TAccumulated>, TContext>;
export function streamingToPipeline(
  pipeline: PipelineOf<never, unknown>,
  options: StreamingToPipelineOptions = {},
): AnyPipeline {
  const subject = { operator: "streamingToPipeline" };
  const parts = requireBlueprint(subject.operator, pipeline);
  requireKnownOptions(subject, options, KNOWN_OPTIONS);
  const { keepState = true, ...rest } = options;
  requireBoolean(subject, "keepState", keepState);
  const { errorsTo } = resolveRunOptions(subject.operator, rest);
  const { createContext, stages } = parts;
  const split = stages.find(({ errorStrategy }) => errorStrategy === "SPLIT_ERRORS");
  if (split !== undefined && errorsTo === undefined) {
    const problem = `the stage "${split.key}" splits its errors off, so errorsTo must say where ` +
      "to, for a batch result has no place for them";
    refuse(subject, problem);
  }
  return assemblePipeline({ stages: toBatchStages(parts, errorsTo, keepState), createContext });
}
