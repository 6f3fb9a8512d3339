import { createOperator, type Operator } from "../core/operator.ts";
import { KEEP_IF } from "../core/stage.ts";
import { requireInteger } from "../internal/validation.ts";

/**
 * Drops the first `count` items.
 *
 * @param count How many items, a non-negative integer.
 * @throws {TypeError | RangeError} When it is used, if `count` is not valid.
 * @category Which items pass
 *
 * @example Without the header
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { skip } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>().use("rows", skip(1));
 *
 * assertEquals(await pipeline.executeToArray(["name", "ada", "bob"]), ["ada", "bob"]);
 * ```
 */
export function skip<TInput, TAccumulated = unknown, TContext = unknown>(
  count: number,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("skip", (place) => {
    requireInteger(place, "count", count, 0);
    return {
      kind: "item",
      ...place,
      outcome: KEEP_IF,
      remembers: true,
      open: () => ({ call: (_item, index) => index >= count }),
    };
  });
}
