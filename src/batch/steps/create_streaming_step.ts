import type { CreatedStreamingStep, StreamingFunction } from "../../base/types.ts";
import { requireFunction, requireName } from "../../internal/validation.ts";
import type { StepOptions } from "../../base/options.ts";
import { resolveStepOptions } from "./_step_options.ts";

/**
 * Makes a reusable, named step over a whole stream.
 *
 * The step reads `input` at its own pace and yields any number of items. It is lazy: it runs only
 * while there is demand for its output. What it throws is rethrown by the run as a `StreamingError`,
 * after the items that it yielded before.
 *
 * @typeParam TInput The type of the items it reads.
 * @typeParam TOutput The type of the items it yields.
 * @typeParam TAccumulated The state it needs.
 * @typeParam TContext The context it needs.
 * @param name The name in errors and metadata; not empty.
 * @param execute Called once per run; usually an async generator function.
 * @param options Retries of a failed item; a stage's own `retry` overrides them.
 * @returns The step, for `add`, `map`, `flatMap` or `branch`.
 * @throws {TypeError} If `name` is empty or `execute` is not a function.
 * @category Steps
 *
 * @example Doubling numbers
 * ```ts
 * import { createStreamingStep, StreamingPipeline } from "@headrace/pipeline";
 * import { assertEquals } from "@std/assert";
 *
 * const doubleNumbers = createStreamingStep<number, number>(
 *   "doubleNumbers",
 *   async function* ({ input }) {
 *     for await (const number of input) yield number * 2;
 *   },
 * );
 * const pipeline = StreamingPipeline.start<number>().map("doubled", doubleNumbers);
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [2, 4, 6]);
 * ```
 */
export function createStreamingStep<
  TInput,
  TOutput,
  TAccumulated = unknown,
  TContext = unknown,
>(
  name: string,
  execute: StreamingFunction<TInput, TOutput, TAccumulated, TContext>,
  options: StepOptions = {},
): CreatedStreamingStep<TInput, TOutput, TAccumulated, TContext> {
  requireName("create a step", name);
  requireFunction({ operator: `create the step "${name}"` }, "execute", execute);
  return { isStreamingStep: true, name, execute, ...resolveStepOptions(name, options) };
}
