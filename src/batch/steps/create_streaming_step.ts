import type {
  CreatedStreamingStep,
  StreamingFunction,
  StreamingStepContext,
} from "../../base/types.ts";
import { requireFunction, requireKnownOptions } from "../../internal/validation.ts";
import type { StreamingStepOptions } from "../../base/options.ts";
import { requireStepName, resolveStepOptions } from "./_step_options.ts";

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
 * @typeParam TKept What it keeps from item to item, for durable runs.
 * @typeParam TSaved What is saved of that.
 * @param name The name in errors and metadata; not empty.
 * @param execute Called once per run; usually an async generator function.
 * @param options Retries of a failed item; a stage's own `retry` overrides them. What it keeps.
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
  TKept = undefined,
  TSaved = never,
>(
  name: string,
  execute: (
    context: StreamingStepContext<TInput, TAccumulated, TContext> & { readonly kept: TKept },
  ) => AsyncIterable<TOutput>,
  options: StreamingStepOptions<TKept, TSaved> = {},
): CreatedStreamingStep<TInput, TOutput, TAccumulated, TContext> {
  const subject = requireStepName(name);
  requireFunction(subject, "execute", execute);
  const settings = resolveStepOptions(subject, options, ["memory"]);
  const { memory } = options;
  if (memory !== undefined) {
    requireKnownOptions(subject, memory, ["snapshot", "restore"], "memory");
    requireFunction(subject, "memory.snapshot", memory.snapshot);
    requireFunction(subject, "memory.restore", memory.restore);
  }
  return {
    isStreamingStep: true,
    name,
    // The cast: the stage makes `kept`, by `memory`.
    execute: execute as StreamingFunction<TInput, TOutput, TAccumulated, TContext>,
    ...settings,
    ...(memory && { memory }),
  };
}
