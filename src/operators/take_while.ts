import type { Late, Predicate } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { KEEP_WHILE } from "../core/stage.ts";
import type { StageOptions } from "../base/options.ts";
import { createFunctionStage } from "./_function_stage.ts";

/**
 * Lets items pass until `predicate` answers with a falsy value; that item is dropped, and what is
 * before the stage is closed. A type guard narrows the type of the items.
 *
 * @param predicate A function of `(item, index, context)`, sync or async.
 * @param options How items are worked on side by side, and what happens when one fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Which items pass
 *
 * @example Up to a blank line
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { takeWhile } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>().use("head", takeWhile((line) => line !== ""));
 *
 * assertEquals(await pipeline.executeToArray(["a: 1", "b: 2", "", "body"]), ["a: 1", "b: 2"]);
 * ```
 */
export function takeWhile<
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
    "takeWhile",
    (place) => ({
      ...createFunctionStage(place, { outcome: KEEP_WHILE, work: predicate, options }),
      remembers: true,
    }),
  );
}
