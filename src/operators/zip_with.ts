import type { OtherSource } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { zip } from "../sources/zip.ts";
import { createOtherSourceStage } from "./_other_source.ts";

/**
 * Pairs each item of the stream with one of another source. It ends with the shorter one, and closes
 * the other.
 *
 * Both are read when a pair is asked for, and no further. A failure surfaces after the pairs before
 * it, and the other source is closed.
 *
 * @typeParam TOther The type of the other source's items.
 * @param other The other source, or a function that opens one per run.
 * @throws {TypeError} When it is used, if `other` is not many items or a function.
 * @category Several streams
 *
 * @example Names beside numbers
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { zipWith } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().use("pair", zipWith(["one", "two"]));
 *
 * assertEquals(await pipeline.executeToArray([1, 2, 3]), [[1, "one"], [2, "two"]]);
 * ```
 */
export function zipWith<TInput, TOther, TAccumulated = unknown, TContext = unknown>(
  other: OtherSource<TOther, TAccumulated, TContext>,
): Operator<TInput, [TInput, TOther], TAccumulated, TContext> {
  return createOperator("zipWith", (place) => createOtherSourceStage(place, other, zip));
}
