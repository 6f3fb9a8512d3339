import type { Late, Predicate } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { KEEP_IF } from "../core/stage.ts";
import type { StageOptions } from "../base/options.ts";
import { createFunctionStage } from "./_function_stage.ts";

/**
 * Lets the items pass for which `predicate` answers with a truthy value. A type guard narrows the
 * type of the items.
 *
 * @param predicate A function of `(item, index, context)`, sync or async.
 * @param options How items are worked on side by side, and what happens when one fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Which items go on
 *
 * @example A type guard narrows the items
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { filter } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string | number>()
 *   .use("text", filter((item) => typeof item === "string"))
 *   .map("upper", (text) => text.toUpperCase());
 *
 * assertEquals(await pipeline.executeToArray(["mill", 7]), ["MILL"]);
 * ```
 */
export function filter<
  TInput,
  TOutput extends TInput = TInput,
  TAccumulated = unknown,
  TContext = unknown,
  TLate extends Late = object,
>(
  predicate: Predicate<TInput, TOutput, TAccumulated, TContext, TLate>,
  options?: StageOptions<NoInfer<TInput>>,
): Operator<TInput, TOutput, TAccumulated, TContext> {
  return createOperator(
    "filter",
    (place) => createFunctionStage(place, { outcome: KEEP_IF, work: predicate, options }),
  );
}
