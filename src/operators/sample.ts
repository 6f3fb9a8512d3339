import { createStreamStage } from "./_stream_stage.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { clock } from "../internal/clock.ts";
import { requireNumber } from "../internal/validation.ts";
import { Latest } from "./_latest.ts";

/**
 * Emits the last item of each interval of `intervalMs`; the others are dropped.
 *
 * The first interval begins when the first item is asked for; one without an item gives nothing.
 * The last item comes out at once when the source ends or fails. Items are read while `next()`
 * is pending, and one is kept. A failure surfaces after the item before it. A run that is closed leaves
 * no timer.
 *
 * @param intervalMs In milliseconds, at least 1.
 * @throws {TypeError | RangeError} When it is used, if `intervalMs` is not valid.
 * @category Pace
 *
 * @example One reading a second
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { sample } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().use("reading", sample(1_000));
 *
 * assertEquals(await pipeline.executeToArray([20.1, 20.2, 20.4]), [20.4]);
 * ```
 */
export function sample<TInput, TAccumulated = unknown, TContext = unknown>(
  intervalMs: number,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("sample", (place) => {
    requireNumber(place, "intervalMs", intervalMs, 1);
    return createStreamStage(place, ({ input }, control) => {
      const startMs = clock.now();
      const countUntil = (nowMs: number) => Math.floor((nowMs - startMs) / intervalMs);
      const dueAt = (nowMs: number) => startMs + (countUntil(nowMs) + 1) * intervalMs;
      return new Latest({ input, control }, dueAt);
    });
  });
}
