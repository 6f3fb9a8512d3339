import { openParallel } from "../parts/open_parallel.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { KEEP } from "../core/stage.ts";
import { requireInteger } from "../internal/validation.ts";

/**
 * Computes up to `highWaterMark` items before they are asked for. The only stage that runs ahead
 * of its reader, from the first item that is read on.
 *
 * @param highWaterMark How many items wait at most, a positive integer.
 * @throws {TypeError | RangeError} When it is used, if `highWaterMark` is not valid.
 * @category The whole stream
 *
 * @example Two items ahead of their reader
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { buffer } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const loaded: number[] = [];
 * const pipeline = StreamingPipeline.start<number>()
 *   .tap("load", (number) => loaded.push(number))
 *   .use("ready", buffer(2));
 *
 * for await (const number of pipeline.execute([1, 2, 3, 4])) {
 *   if (number === 2) break;
 * }
 * assertEquals(loaded.slice(0, 3), [1, 2, 3]);
 * ```
 */
export function buffer<TInput, TAccumulated = unknown, TContext = unknown>(
  highWaterMark: number,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("buffer", (place) => {
    requireInteger(place, "highWaterMark", highWaterMark, 1);
    return {
      kind: "item",
      ...place,
      outcome: KEEP,
      open: () => ({ call: () => undefined }),
      // A stage that works on items ahead, with nothing to do for any of them, is a buffer.
      openHead: openParallel,
      parallel: { concurrencyLimit: highWaterMark, highWaterMark, ordered: true },
    };
  });
}
