/**
 * Turns steps of one kind into the other.
 *
 * @module
 */

import { markStep } from "../mark_step.ts";
import { createAddBatchStage } from "../step_stages.ts";
import type { StreamContext } from "../../core/context.ts";
import { StepFailure } from "../../internal/step_failure.ts";
import { hasProperty } from "../../internal/thrown.ts";
import { refuseValue } from "../../internal/validation.ts";
import { isHybrid, runStep, toWork, type Work } from "../../operators/_calls.ts";
import { createStreamingStep } from "../steps/create_streaming_step.ts";
import { fromStage } from "../steps/_from_stage.ts";
import type { Step } from "../../base/step_types.ts";
import type { StreamingStep } from "../../base/types.ts";

/**
 * Turns a step on one value into a step over a stream: it runs once per item, one at a time.
 *
 * Emits one item per item, in order and on demand. A failure has the step's code and cause; the step
 * keeps its `retry`.
 *
 * @typeParam TInput The type of the items that it reads.
 * @typeParam TOutput The type of its results.
 * @param step The step on one value.
 * @returns A step of the same name, over a stream.
 * @throws {TypeError} If `step` is not a step on one value.
 * @category Both kinds of pipelines
 *
 * @example One at a time
 * ```ts
 * import { createStep, StreamingPipeline, stepToStreamingStep } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const measure = createStep("measure", ({ input }: { input: string }) => input.length);
 * const pipeline = StreamingPipeline.start<string>().add("length", stepToStreamingStep(measure));
 *
 * assertEquals(await pipeline.executeToArray(["a", "bcd"]), [1, 3]);
 * ```
 */
export function stepToStreamingStep<TInput, TOutput, TState, TContext>(
  step: Step<TInput, TOutput, TState, TContext>,
): StreamingStep<TInput, TOutput, TState, TContext> {
  const work = toStepWork("stepToStreamingStep", markStep(step));
  if (work?.kind !== "step") {
    refuseValue({ operator: "stepToStreamingStep" }, "step", "a step on one value", step);
  }
  const { name, retry } = work;
  return createStreamingStep<TInput, TOutput, TState, TContext>(
    name,
    async function* (context) {
      for await (const item of context.input) {
        const result = await runStep(work.step, item, context as StreamContext);
        if (!result.success) throw new StepFailure(name, result.error);
        yield result.data as TOutput;
      }
    },
    retry === undefined ? {} : { retry },
  );
}

/**
 * Turns a step over a stream into a step on a list: it reads the list item by item, and its result
 * is the array of all items that it yields.
 *
 * A failure is a failed result with its code and cause. A failed item is tried again alone, with the
 * step's own `retry`.
 *
 * @typeParam TInput The type of the items that it reads.
 * @typeParam TOutput The type of its results.
 * @param step The step over a stream.
 * @returns A step of the same name, on a list; memory grows with the list and the result.
 * @throws {TypeError} If `step` is not a streaming step.
 * @category Both kinds of pipelines
 *
 * @example A stream's step in a batch pipeline
 * ```ts
 * import { createStreamingStep, Pipeline, streamingStepToStep } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const twice = createStreamingStep<string, string>("twice", async function* ({ input }) {
 *   for await (const item of input) yield* [item, item];
 * });
 * const pipeline = Pipeline.start<string[]>().add("doubled", streamingStepToStep(twice));
 *
 * const result = await pipeline.execute(["a", "b"]);
 * assert(result.success);
 * assertEquals(result.data, ["a", "a", "b", "b"]);
 * ```
 */
export function streamingStepToStep<TInput, TOutput, TState, TContext>(
  step: StreamingStep<TInput, TOutput, TState, TContext>,
): Step<TInput[], TOutput[], TState, TContext> {
  const work = toStepWork("streamingStepToStep", step);
  if (work?.kind !== "streaming") {
    refuseValue({ operator: "streamingStepToStep" }, "step", "a streaming step", step);
  }
  const { name, retry } = work;
  // Not a copy of the step: an instance of a class would lose its method.
  const execute = (context: StreamContext) => work.step.execute(context);
  const marked = { isStreamingStep: true, name, execute };
  return fromStage(createAddBatchStage(name, retry === undefined ? marked : { ...marked, retry }));
}

/** The kind and parts of a step; absent where `given` is not a step. */
function toStepWork(operator: string, given: unknown): Work | undefined {
  if (!hasProperty(given, "execute") && !isHybrid(given)) return undefined;
  // There is no stage and no key; a key names functions only.
  return toWork({ operator } as Parameters<typeof toWork>[0], given);
}
