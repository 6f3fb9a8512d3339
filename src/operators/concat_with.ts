import type { OtherSource } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { concat } from "../sources/concat.ts";
import { createOpenEndedStage } from "./_other_source.ts";

/**
 * Emits the stream and then another source, which is opened when the stream has ended.
 *
 * Nothing is read ahead. A failure of the stream surfaces, and the other source is never opened.
 *
 * @typeParam TOther The type of the other source's items.
 * @param other The other source, or a function that opens one per run.
 * @throws {TypeError} When it is used, if `other` is not many items or a function.
 * @category Several streams
 *
 * @example A footer after the rows
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { concatWith } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>().use("table", concatWith(["total"]));
 *
 * assertEquals(await pipeline.executeToArray(["ada", "bob"]), ["ada", "bob", "total"]);
 * ```
 */
export function concatWith<TInput, TOther, TAccumulated = unknown, TContext = unknown>(
  other: OtherSource<TOther, TAccumulated, TContext>,
): Operator<TInput, TInput | TOther, TAccumulated, TContext> {
  return createOperator("concatWith", (place) => createOpenEndedStage(place, other, concat));
}
