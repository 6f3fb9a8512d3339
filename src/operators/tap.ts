import type { StageFunction } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { KEEP } from "../core/stage.ts";
import type { StageOptions } from "../base/options.ts";
import { createFunctionStage } from "./_function_stage.ts";

/**
 * Calls a function for each item and lets the item pass as it is, when the function is done.
 *
 * @param work A function of `(item, index, context)`, sync or async; its result is not used.
 * @param options How items are worked on side by side, and what happens when one fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Each item
 *
 * @example Counting what passes
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { tap } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * let count = 0;
 * const pipeline = StreamingPipeline.start<string>().use("counted", tap(() => count++));
 *
 * assertEquals(await pipeline.executeToArray(["mill", "race"]), ["mill", "race"]);
 * assertEquals(count, 2);
 * ```
 */
export function tap<TInput, TAccumulated = unknown, TContext = unknown>(
  work: StageFunction<TInput, unknown, TAccumulated, TContext>,
  options?: StageOptions<NoInfer<TInput>>,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator(
    "tap",
    (place) => createFunctionStage(place, { outcome: KEEP, work, options }),
  );
}
