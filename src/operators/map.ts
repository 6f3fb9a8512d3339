import type { ByOption, Loaded, MapWork } from "../base/optional_work.ts";
import type { Late } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { REPLACE } from "../core/stage.ts";
import type { MapOptions } from "../base/options.ts";
import { createWorkStage } from "./_function_stage.ts";
import { readProperty } from "../internal/thrown.ts";
import { createLoadStage } from "./_load_stage.ts";
import { resolvePurity } from "./_purity.ts";

const OPTIONS = ["batch", "pure", "usesIndex"];

/**
 * Replaces each item by what `work` makes of it.
 *
 * One item comes out per item, in order. Items go through one at a time, each when it is asked
 * for; with `parallel`, up to `concurrencyLimit` at a time. A failure surfaces after the items
 * before it. A streaming step is run as `add` runs it; with `parallel`, once per item.
 *
 * With `batch`, `work` is a function over arrays, and is called for many items at once: it returns an
 * array with an answer for each, in order. An `Error` among them fails its item alone.
 *
 * @param work A function of `(item, index, context)`, sync or async, or a step.
 * @param options How items are worked on side by side, and what happens when one fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Each item
 *
 * @example Two calls at a time, in order
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { map } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .use("length", map((text) => Promise.resolve(text.length), { concurrencyLimit: 2 }));
 *
 * assertEquals(await pipeline.executeToArray(["mill", "headrace"]), [4, 8]);
 * ```
 */
export function map<
  TInput,
  TOutput,
  TAccumulated = unknown,
  TContext = unknown,
  TLate extends Late = object,
  TSize extends number = never,
  TItem = unknown,
  TAnswer = unknown,
>(
  work: MapWork<TInput, TOutput, TAccumulated, TContext, TLate, TSize, TItem, TAnswer>,
  options?: MapOptions<NoInfer<ByOption<TSize, readonly TItem[], TInput>>, TSize>,
): Operator<
  ByOption<TSize, TItem, TInput>,
  Loaded<TSize, TOutput, TAnswer>,
  TAccumulated,
  TContext
> {
  return createOperator("map", (place) => {
    const stage = readProperty(options, "batch") === undefined
      ? createWorkStage(place, { outcome: REPLACE, work, options, own: OPTIONS })
      : createLoadStage(place, work, options!, OPTIONS);
    return options === undefined
      ? stage
      : { ...stage, ...resolvePurity(place, stage, work, options) };
  });
}
