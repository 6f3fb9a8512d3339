import { guardCall } from "../parts/guard.ts";
import type { Reducer } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { REPLACE } from "../core/stage.ts";
import type { ItemFunction } from "../core/context.ts";
import { requireFunction } from "../internal/validation.ts";
import type { CallOptions } from "../base/options.ts";
import { resolveCallOptions } from "./_call_options.ts";
import { keepAnswer } from "./_kept.ts";

/**
 * Emits, for each item, what `reducer` has made of all items so far.
 *
 * One value comes out per item, in order, each when it is asked for; `initial` itself does not.
 * Nothing is kept but the last value. An item that fails leaves the value as it was; a failure
 * surfaces after the values before it.
 *
 * @typeParam TValue The type of the value.
 * @param reducer Makes the next value from the last one and an item; may be async. It must not
 * change the value in place: `initial` belongs to all runs.
 * @param initial The value before the first item.
 * @param options What happens when an item fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Several items together
 *
 * @example A running total
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { scan } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>()
 *   .use("total", scan((total: number, item) => total + item, 0));
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 3, 6]);
 * ```
 */
export function scan<TInput, TValue, TAccumulated = unknown, TContext = unknown>(
  reducer: Reducer<TValue, TInput, TAccumulated, TContext>,
  initial: TValue,
  options?: CallOptions<NoInfer<TInput>>,
): Operator<TInput, TValue, TAccumulated, TContext> {
  return createOperator("scan", (place) => {
    requireFunction(place, "its reducer", reducer);
    const { stage, guard } = resolveCallOptions(place, options);
    return {
      kind: "item",
      ...place,
      remembers: true,
      outcome: REPLACE,
      ...stage,
      open(control) {
        let value: unknown = initial;
        const keep = (answer: unknown) => value = answer;
        control.keep({ version: 1, snapshot: () => value, restore: keep });
        const reduce: ItemFunction = (item, index, context) =>
          (reducer as (...given: unknown[]) => unknown)(value, item, index, context);
        const call = guardCall(reduce, guard, control.run);
        return {
          call(item, index, context) {
            return keepAnswer(call(item, index, context), context, keep);
          },
        };
      },
    };
  });
}
