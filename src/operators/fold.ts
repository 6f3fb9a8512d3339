import { guardCall } from "../parts/guard.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { DROP, GATHER } from "../core/stage.ts";
import type { ItemFunction } from "../core/context.ts";
import { requireFunction } from "../internal/validation.ts";
import type { CallOptions } from "../base/options.ts";
import type { Reducer } from "../base/types.ts";
import { resolveCallOptions } from "./_call_options.ts";
import { keepAnswer } from "./_kept.ts";

/**
 * Folds all items into one value, which comes out when the stream ends: `TValue`, once; `initial` where
 * no item has come. In a group or a branch, one for each of them.
 *
 * Only the value is kept. An item that fails leaves the value as it was. When the source fails, the
 * value of the items before comes out first, as what a batch has gathered does.
 *
 * @typeParam TInput The type of the items.
 * @typeParam TValue The type of the value.
 * @param reducer Makes the next value from the last one and an item; may be async. It must not change
 * the value in place: `initial` belongs to all runs.
 * @param initial The value before the first item.
 * @param options What happens when an item fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Several items together
 *
 * @example The longest word
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { fold } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const longest = fold((best: string, word: string) => word.length > best.length ? word : best, "");
 * const pipeline = StreamingPipeline.start<string>().use("longest", longest);
 *
 * assertEquals(await pipeline.executeToArray(["a", "headrace", "mill"]), ["headrace"]);
 * ```
 */
export function fold<TInput, TValue, TAccumulated = unknown, TContext = unknown>(
  reducer: Reducer<TValue, TInput, TAccumulated, TContext>,
  initial: TValue,
  options?: CallOptions<NoInfer<TInput>>,
): Operator<TInput, TValue, TAccumulated, TContext> {
  return createOperator("fold", (place) => {
    requireFunction(place, "its reducer", reducer);
    const { stage, guard } = resolveCallOptions(place, options);
    return {
      kind: "item",
      ...place,
      remembers: true,
      ...stage,
      outcome: GATHER,
      open(control) {
        let value: unknown = initial;
        let count = 0;
        const keep = (next: unknown) => {
          value = next;
          count++;
          return DROP;
        };
        control.keep({
          version: 1,
          snapshot: () => [value, count],
          restore: (saved: [unknown, number]) => [value, count] = saved,
        });
        const reduce: ItemFunction = (item, index, context) =>
          (reducer as (...given: unknown[]) => unknown)(value, item, index, context);
        const call = guardCall(reduce, guard, control.run);
        return {
          call(item, index, context) {
            const next = call(item, index, context);
            return keepAnswer(next, context, keep);
          },
          flush() {
            count = 0;
            return value;
          },
          bufferedCount: () => count,
        };
      },
    };
  });
}
