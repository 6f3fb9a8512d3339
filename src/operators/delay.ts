import { openParallel } from "../parts/open_parallel.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { DEFAULT_DELAY_HIGH_WATER_MARK } from "../base/defaults.ts";
import { KEEP } from "../core/stage.ts";
import { requireInteger, requireKnownOptions, requireNumber } from "../internal/validation.ts";
import type { DelayOptions } from "../base/options.ts";
import { DelayLine } from "./_delay_line.ts";

/**
 * Emits each item `delayMs` after it came in, as it is and in order.
 *
 * The items that follow are read meanwhile, so that the stream is shifted, not slowed down, as
 * long as no more than `highWaterMark` come in the time; so many are read ahead. When the source
 * fails, the items before come out first, each at its time. A run that is closed ends all waits.
 *
 * @param delayMs In milliseconds, at least 0.
 * @param options How many items are on their way at a time.
 * @throws {TypeError | RangeError} When it is used, if `delayMs` or an option is not valid.
 * @category Pace
 *
 * @example A little later
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { delay } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().use("later", delay(5));
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 2, 3]);
 * ```
 */
export function delay<TInput, TAccumulated = unknown, TContext = unknown>(
  delayMs: number,
  options: DelayOptions = {},
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("delay", (place) => {
    requireNumber(place, "delayMs", delayMs, 0);
    requireKnownOptions(place, options, ["highWaterMark"]);
    const { highWaterMark = DEFAULT_DELAY_HIGH_WATER_MARK } = options;
    requireInteger(place, "highWaterMark", highWaterMark, 1);
    return {
      kind: "item",
      ...place,
      outcome: KEEP,
      isResumable: false,
      openHead: openParallel,
      parallel: { concurrencyLimit: highWaterMark, highWaterMark, ordered: true },
      open() {
        const line = new DelayLine(delayMs);
        return { call: (_item, _index, { signal }) => line.wait(signal) };
      },
    };
  });
}
