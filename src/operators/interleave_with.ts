import type { OtherSource } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { interleave } from "../sources/interleave.ts";
import { createOpenEndedStage } from "./_other_source.ts";

/**
 * Takes an item of the stream and one of another source in turns; when one has ended, the other
 * continues alone.
 *
 * Nothing is read ahead. A failure surfaces in its turn, and the other source is closed.
 *
 * @typeParam TOther The type of the other source's items.
 * @param other The other source, or a function that opens one per run.
 * @throws {TypeError} When it is used, if `other` is not many items or a function.
 * @category Several streams
 *
 * @example In turn
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { interleaveWith } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number>().use("turns", interleaveWith(["a", "b", "c"]));
 *
 * assertEquals(await pipeline.executeToArray([1, 2]), [1, "a", 2, "b", "c"]);
 * ```
 */
export function interleaveWith<TInput, TOther, TAccumulated = unknown, TContext = unknown>(
  other: OtherSource<TOther, TAccumulated, TContext>,
): Operator<TInput, TInput | TOther, TAccumulated, TContext> {
  return createOperator(
    "interleaveWith",
    (place) => createOpenEndedStage(place, other, interleave),
  );
}
