import type { ExpandWork, Late } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { EXPAND } from "../core/stage.ts";
import type { StageOptions } from "../base/options.ts";
import { createWorkStage } from "./_function_stage.ts";

/**
 * Replaces each item by all items of what `work` makes of it: an iterable, an async iterable,
 * a web stream, or a promise of one. A string is one item.
 *
 * Items come out in order. An iterable is read as its items are asked for, and closed when the
 * reader stops. With `parallel`, up to `concurrencyLimit` calls and iterators are open at a time;
 * those whose turn has not come compute one item ahead.
 *
 * @param work A function of `(item, index, context)`, sync or async, or a step.
 * @param options How items are worked on side by side, and what happens when one fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Each item
 *
 * @example The words of each line
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { flatMap } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .use("word", flatMap((line) => line.split(" ")));
 *
 * assertEquals(await pipeline.executeToArray(["a mill", "a race"]), ["a", "mill", "a", "race"]);
 * ```
 */
export function flatMap<
  TInput,
  TOutput,
  TAccumulated = unknown,
  TContext = unknown,
  TLate extends Late = object,
>(
  work: ExpandWork<TInput, TOutput, TAccumulated, TContext, TLate>,
  options?: StageOptions<NoInfer<TInput>>,
): Operator<TInput, TOutput, TAccumulated, TContext> {
  return createOperator(
    "flatMap",
    (place) => createWorkStage(place, { outcome: EXPAND, work, options }),
  );
}
