import type { OtherSource } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { merge } from "../sources/merge.ts";
import { createOpenEndedStage } from "./_other_source.ts";

/**
 * Reads another source beside the stream; the items of both come out as they come.
 *
 * Each source keeps its own order. Both are read while `next()` is pending, and at most one item of each
 * waits; an idle one does not hold the other up. It ends when both have ended. When one fails, the
 * failure surfaces at once and the other is closed.
 *
 * @typeParam TOther The type of the other source's items.
 * @param other The other source, or a function that opens one per run.
 * @throws {TypeError} When it is used, if `other` is not many items or a function.
 * @category Several streams
 *
 * @example Events and heartbeats
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { mergeWith } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>().use("all", mergeWith(["beat"]));
 *
 * assertEquals((await pipeline.executeToArray(["event"])).toSorted(), ["beat", "event"]);
 * ```
 */
export function mergeWith<TInput, TOther, TAccumulated = unknown, TContext = unknown>(
  other: OtherSource<TOther, TAccumulated, TContext>,
): Operator<TInput, TInput | TOther, TAccumulated, TContext> {
  return createOperator("mergeWith", (place) => createOpenEndedStage(place, other, merge));
}
