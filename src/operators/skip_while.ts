import type { StageFunction } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { DECIDE, type StageControl } from "../core/stage.ts";
import type { OpenStage } from "../core/open_stage.ts";
import type { ItemFunction } from "../core/context.ts";
import type { StageOptions } from "../base/options.ts";
import { createFunctionStage } from "./_function_stage.ts";

/**
 * Drops items until `predicate` answers with a falsy value; that item and all after it pass.
 *
 * @param predicate A function of `(item, index, context)`, sync or async.
 * @param options How items are worked on side by side, and what happens when one fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Which items pass
 *
 * @example After the comment at the top
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { skipWhile } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .use("code", skipWhile((line) => line.startsWith("#")));
 *
 * assertEquals(await pipeline.executeToArray(["# one", "x", "# two"]), ["x", "# two"]);
 * ```
 */
export function skipWhile<TInput, TAccumulated = unknown, TContext = unknown>(
  predicate: StageFunction<TInput, boolean, TAccumulated, TContext>,
  options?: StageOptions<NoInfer<TInput>>,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator(
    "skipWhile",
    (place) => ({
      ...createFunctionStage(place, { outcome: DECIDE, work: predicate, options }, openSkipWhile),
      remembers: true,
    }),
  );
}

function openSkipWhile(predicate: ItemFunction, control: StageControl): OpenStage {
  let isPassing = false;
  control.keep({
    version: 1,
    snapshot: () => isPassing,
    restore: (saved) => isPassing = saved,
  });
  return {
    call: (item, index, context) => isPassing ? false : predicate(item, index, context),
    decide: (answer) => isPassing ||= !answer,
    isPassing: () => isPassing,
  };
}
