import { createStreamStage } from "./_stream_stage.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { requireNumber } from "../internal/validation.ts";
import { Latest } from "./_latest.ts";

/**
 * Emits an item when no other has come for `waitMs`; those that others follow are dropped.
 *
 * The last item comes out at once when the source ends or fails. Items are read while `next()`
 * is pending, and one is kept; else nothing is read, and an item whose time is up waits. A
 * failure surfaces after the item before it. A run that is closed leaves no timer.
 *
 * @param waitMs In milliseconds, at least 1.
 * @throws {TypeError | RangeError} When it is used, if `waitMs` is not valid.
 * @category Pace
 *
 * @example What was typed last
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { debounce } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>().use("settled", debounce(200));
 *
 * assertEquals(await pipeline.executeToArray(["w", "wh", "wheel"]), ["wheel"]);
 * ```
 */
export function debounce<TInput, TAccumulated = unknown, TContext = unknown>(
  waitMs: number,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("debounce", (place) => {
    requireNumber(place, "waitMs", waitMs, 1);
    return createStreamStage(place, ({ input }, control) => (
      new Latest({ input, control }, (nowMs) => nowMs + waitMs)
    ));
  });
}
