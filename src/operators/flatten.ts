import { createOperator, type Operator } from "../core/operator.ts";
import { EXPAND } from "../core/stage.ts";
import { describeKind, failure } from "../internal/validation.ts";

/**
 * Takes arrays apart, one level deep. Does not compile where the items are not arrays.
 *
 * @throws {TypeError} If `key` is taken or empty.
 * @category Several items together
 *
 * @example Rows to cells
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { flatten } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<number[]>().use("cell", flatten());
 *
 * assertEquals(await pipeline.executeToArray([[1, 2], [], [3]]), [1, 2, 3]);
 * ```
 */
export function flatten<
  TInput extends readonly unknown[],
  TAccumulated = unknown,
  TContext = unknown,
>(): Operator<TInput, TInput[number], TAccumulated, TContext> {
  return createOperator("flatten", (place) => {
    const call = (item: unknown) => {
      if (Array.isArray(item)) return item;
      const problem = `each item must be an array, got ${describeKind(item)}`;
      throw new TypeError(failure(place, problem));
    };
    return { kind: "item", ...place, outcome: EXPAND, open: () => ({ call }) };
  });
}
