import type { ByOption, FilterWork } from "../base/optional_work.ts";
import type { Late } from "../base/types.ts";
import { createOperator, type Operator } from "../core/operator.ts";
import { KEEP_IF } from "../core/stage.ts";
import type { FilterOptions } from "../base/options.ts";
import { readProperty } from "../internal/thrown.ts";
import { createFunctionStage } from "./_function_stage.ts";
import { reading, requireReads } from "./_reading.ts";

/**
 * Lets the items pass for which `predicate` answers with a truthy value. A type guard narrows the
 * type of the items. With `reads`, the predicate gets what the stages of these keys made of the item,
 * by key, in place of the item and its index.
 *
 * @param predicate A function of `(item, index, context)`, sync or async.
 * @param options How items are worked on side by side, and what happens when one fails.
 * @throws {TypeError | RangeError} When it is used, if an argument or option is not valid.
 * @category Which items pass
 *
 * @example A type guard narrows the items
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline/core";
 * import { filter } from "@headrace/pipeline/operators";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string | number>()
 *   .use("text", filter((item) => typeof item === "string"))
 *   .map("upper", (text) => text.toUpperCase());
 *
 * assertEquals(await pipeline.executeToArray(["mill", 7]), ["MILL"]);
 * ```
 */
export function filter<
  TInput,
  TOutput extends TInput = TInput,
  TAccumulated = unknown,
  TContext = unknown,
  TLate extends Late = object,
  TRead extends keyof TAccumulated & string = never,
  TItem = unknown,
>(
  predicate: FilterWork<TInput, TOutput, TAccumulated, TContext, TLate, TRead>,
  options?: FilterOptions<NoInfer<ByOption<TRead, TItem, TInput>>, TRead>,
): Operator<
  ByOption<TRead, TItem, TInput>,
  ByOption<TRead, TItem, TOutput>,
  TAccumulated,
  TContext
> {
  return createOperator("filter", (place, host) => {
    const reads = readProperty(options, "reads") as readonly TRead[] | undefined;
    const parts = { outcome: KEEP_IF, work: predicate, options, own: ["reads"] } as const;
    if (reads === undefined) return createFunctionStage(place, parts);
    requireReads(place, reads, host.getKeys());
    const keys = [...reads];
    return { ...createFunctionStage(place, parts, (call) => reading(call, keys)), reads: keys };
  });
}
