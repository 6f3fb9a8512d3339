import { toResult } from "../result.ts";
import { requireFunction } from "../../internal/validation.ts";
import type { CreatedStep, StepContext } from "../../base/step_types.ts";
import type { StepOptions } from "../../base/options.ts";
import { requireStepName, resolveStepOptions } from "./_step_options.ts";

/**
 * Makes a reusable, named step on one value. A streaming stage runs it once per item.
 *
 * A failure is a result with `success: false`, not an exception; in a streaming run it becomes a
 * `StreamingError` with the same code and cause.
 *
 * @typeParam TInput The type of the value.
 * @typeParam TOutput The type of its result.
 * @typeParam TState The state that the step reads.
 * @typeParam TContext The context it needs.
 * @param name The name in errors and metadata; not empty.
 * @param work Returns the output for `{ input, state, context }`; may be async.
 * @param options Retries; a stage's own `retry` overrides them.
 * @returns The step, for `add`, `map`, `flatMap` or `branch`.
 * @throws {TypeError} If `name` is empty or `work` is not a function.
 * @category Steps
 *
 * @example One step per item
 * ```ts
 * import { createStep, StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const measure = createStep("measure", ({ input }: { input: string }) => input.length);
 * const pipeline = StreamingPipeline.start<string>().map("length", measure);
 *
 * assertEquals(await pipeline.executeToArray(["a", "bcd"]), [1, 3]);
 * ```
 */
export function createStep<TInput, TOutput, TState = unknown, TContext = unknown>(
  name: string,
  work: (context: StepContext<TInput, TState, TContext>) => TOutput | PromiseLike<TOutput>,
  options: StepOptions = {},
): CreatedStep<TInput, TOutput, TState, TContext> {
  const subject = requireStepName(name);
  requireFunction(subject, "its work", work);
  return {
    isStep: true,
    name,
    execute: (context) => toResult(name, context, () => work(context)),
    ...resolveStepOptions(subject, options),
  };
}
