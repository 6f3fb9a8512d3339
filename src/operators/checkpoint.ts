import { openCheckpoint } from "../parts/checkpoint_feed.ts";
import { createOperator, type Operator } from "../core/operator.ts";

/**
 * A barrier: gathers all items up to here, then lets them flow on, one at a time. Later stages
 * read them as `state.accumulated[key]`, a readonly array.
 *
 * Memory grows with the number of items from here on, and nothing comes out before the source has
 * ended. When it fails, what was gathered comes out first.
 *
 * @throws {TypeError} If `key` is taken or empty.
 * @category The whole stream
 *
 * @example Each item as a share of all
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { checkpoint } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>()
 *   .use("all", checkpoint())
 *   .map("share", (number, _index, { state }) => {
 *     return number / state.accumulated.all.reduce((sum, each) => sum + each);
 *   });
 *
 * assertEquals(await pipeline.executeToArray([1, 3]), [0.25, 0.75]);
 * ```
 */
export function checkpoint<TInput, TAccumulated = unknown, TContext = unknown>(): Operator<
  TInput,
  TInput,
  TAccumulated,
  TContext,
  readonly TInput[]
> {
  return createOperator(
    "checkpoint",
    (place) => ({ kind: "barrier", openHead: openCheckpoint, ...place }),
  );
}
