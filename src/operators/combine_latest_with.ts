import type { OtherSource } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { combineLatest } from "../sources/combine_latest.ts";
import { createOpenEndedStage } from "./_other_source.ts";

/**
 * Pairs the latest item of the stream with the latest of another source, each time that one of them
 * has a new item and both have had one.
 *
 * Both are read while `next()` is pending, and at most one item of each waits. It ends when both have ended,
 * or one without an item. When one fails, the failure surfaces at once and the other is closed.
 *
 * @typeParam TOther The type of the other source's items.
 * @param other The other source, or a function that opens one per run.
 * @throws {TypeError} When it is used, if `other` is not many items or a function.
 * @category Several streams
 *
 * @example Amounts with the latest currency
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { combineLatestWith } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().use("priced", combineLatestWith(["EUR"]));
 *
 * assertEquals((await pipeline.executeToArray([1, 2])).at(-1), [2, "EUR"]);
 * ```
 */
export function combineLatestWith<TInput, TOther, TAccumulated = unknown, TContext = unknown>(
  other: OtherSource<TOther, TAccumulated, TContext>,
): Operator<TInput, [TInput, TOther], TAccumulated, TContext> {
  return createOperator(
    "combineLatestWith",
    (place) => createOpenEndedStage(place, other, combineLatest),
  );
}
