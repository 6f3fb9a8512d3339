import { requireKnownOptions } from "../../internal/validation.ts";
import type { StepOptions } from "../../base/options.ts";
import type { StepContext } from "../../base/step_types.ts";
import type { HybridStep, StreamingFunction } from "../../base/types.ts";
import { requireStepName, resolveStepOptions } from "./_step_options.ts";
import { createStep } from "./create_step.ts";
import { createStreamingStep } from "./create_streaming_step.ts";

/**
 * The two bodies of a {@linkcode HybridStep}.
 *
 * @category Steps
 */
export interface HybridBodies<TInput, TOutput, TState, TContext> {
  /** Returns the results for the whole list, in a batch pipeline; may be async. */
  readonly batch: (
    context: StepContext<TInput[], TState, TContext>,
  ) => TOutput[] | PromiseLike<TOutput[]>;
  /** Yields the results for the stream, in a streaming pipeline; an async generator function. */
  readonly streaming: StreamingFunction<TInput, TOutput, TState, TContext>;
}

/**
 * Makes one step with two bodies, for `add` in either kind of pipeline: for work that is quicker on a
 * whole list.
 *
 * @typeParam TInput The type of the items that it reads.
 * @typeParam TOutput The type of its results.
 * @typeParam TState The state that the step reads.
 * @typeParam TContext The context it needs.
 * @param name The name in errors and metadata; not empty.
 * @param bodies The functions for a batch pipeline and for a streaming one.
 * @param options Retries: of the whole list in a batch pipeline, of the failed item in a streaming
 * one.
 * @returns The step.
 * @throws {TypeError | RangeError} If `name` is empty, a body is not a function or an option is not
 * valid.
 * @category Steps
 *
 * @example The same answer from both
 * ```ts
 * import { createHybridStep, Pipeline, StreamingPipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const double = createHybridStep<number, number>("double", {
 *   batch: ({ input }) => input.map((number) => number * 2),
 *   async *streaming({ input }) {
 *     for await (const number of input) yield number * 2;
 *   },
 * });
 * const streaming = StreamingPipeline.start<number>().add("doubled", double);
 * assertEquals(await streaming.executeToArray([1, 2]), [2, 4]);
 *
 * const result = await Pipeline.start<number[]>().add("doubled", double).execute([1, 2]);
 * assert(result.success);
 * assertEquals(result.data, [2, 4]);
 * ```
 */
export function createHybridStep<TInput, TOutput, TState = unknown, TContext = unknown>(
  name: string,
  bodies: HybridBodies<TInput, TOutput, TState, TContext>,
  options: StepOptions = {},
): HybridStep<TInput, TOutput, TState, TContext> {
  const subject = requireStepName(name);
  requireKnownOptions(subject, bodies, ["batch", "streaming"], "its bodies");
  const resolved = resolveStepOptions(subject, options);
  return {
    isHybridStep: true,
    name,
    batch: createStep(name, bodies.batch, resolved),
    streaming: createStreamingStep(name, bodies.streaming, resolved),
  };
}
