import { createOperator, type Operator } from "../core/operator.ts";
import { EXPAND, type Stage } from "../core/stage.ts";
import { describeKind, requireKey } from "../internal/validation.ts";

/** The elements of arrays, one level deep. */
export function createFlattenStage(key: string): Stage {
  requireKey("flatten", key);
  const call = (item: unknown) => {
    if (Array.isArray(item)) return item;
    throw new TypeError(
      `Cannot flatten stage "${key}": each item must be an array, got ${describeKind(item)}`,
    );
  };
  return {
    kind: "item",
    key,
    name: key,
    operator: "flatten",
    outcome: EXPAND,
    open: () => ({ call }),
  };
}

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
  return createOperator("flatten", ({ key }) => createFlattenStage(key));
}
