import { openParallel } from "../parts/open_parallel.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { KEEP, type Stage } from "../core/stage.ts";
import { requireInteger, requireKey } from "../internal/validation.ts";

/** The items as they are, up to `highWaterMark` of them computed before they are asked for. */
export function createBufferStage(key: string, highWaterMark: number): Stage {
  requireKey("buffer", key);
  requireInteger({ operator: "buffer", key }, "highWaterMark", highWaterMark, 1);
  return {
    kind: "item",
    key,
    name: key,
    operator: "buffer",
    outcome: KEEP,
    open: () => ({ call: () => undefined }),
    // A stage that works on items ahead, with nothing to do for any of them, is a buffer.
    openHead: openParallel,
    parallel: { concurrencyLimit: highWaterMark, highWaterMark, ordered: true },
  };
}

/**
 * Computes up to `highWaterMark` items before they are asked for. The only stage that runs ahead
 * of its reader, from the first item that is read on.
 *
 * @param highWaterMark How many items wait at most, a positive integer.
 * @throws {TypeError | RangeError} When it is used, if `highWaterMark` is not valid.
 * @category The whole stream
 */
export function buffer<TInput, TAccumulated = unknown, TContext = unknown>(
  highWaterMark: number,
): Operator<TInput, TInput, TAccumulated, TContext> {
  return createOperator("buffer", ({ key }) => createBufferStage(key, highWaterMark));
}
