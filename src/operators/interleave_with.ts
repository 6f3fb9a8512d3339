import type { OtherSource } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import type { Stage } from "../core/stage.ts";
import { interleave } from "../sources/interleave.ts";
import { createOtherSourceStage } from "./_other_source.ts";

/** The items of the stream and of another source, in turns. */
export function createInterleaveWithStage(key: string, other: unknown): Stage {
  return createOtherSourceStage({ operator: "interleaveWith", key, other, combine: interleave });
}

/**
 * Takes an item of the stream and one of another source in turns; when one has ended, the other goes
 * on alone.
 *
 * Nothing is read ahead. A failure surfaces in its turn, and the other source is closed.
 *
 * @typeParam TOther The type of the other source's items.
 * @param other The other source, or a function that opens one per run.
 * @throws {TypeError} When it is used, if `other` is not many items or a function.
 * @category Several streams
 */
export function interleaveWith<TInput, TOther, TAccumulated = unknown, TContext = unknown>(
  other: OtherSource<TOther, TAccumulated, TContext>,
): Operator<TInput, TInput | TOther, TAccumulated, TContext> {
  return createOperator("interleaveWith", ({ key }) => createInterleaveWithStage(key, other));
}
