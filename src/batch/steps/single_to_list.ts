import { createMapList } from "../list_stages.ts";
import { readProperty } from "../../internal/thrown.ts";
import { isRecord, refuseValue } from "../../internal/validation.ts";
import type { ListOptions } from "../../base/options.ts";
import type { CreatedStep, Step } from "../../base/step_types.ts";
import { fromStage } from "./_from_stage.ts";

/**
 * Turns a step on one item into a step on a list.
 *
 * Results have the order of their items. A failed item is tried again alone, with the `retry` of the
 * options or of the step.
 *
 * @typeParam TInput The type of an item.
 * @typeParam TOutput The type of its result.
 * @param step The step on one item; the new step is named `<name>_list`.
 * @param options Parallel calls, retries, a time limit, and what happens when an item fails.
 * @returns The step; the result's metadata has `listMetadata`.
 * @throws {TypeError | RangeError} If `step` is not a step or an option is not valid.
 * @category Steps
 *
 * @example The step of a `map`, for `add`
 * ```ts
 * import { createTransform, Pipeline, singleToList } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const double = createTransform("double", (number: number) => number * 2);
 * const pipeline = Pipeline.start<number[]>()
 *   .add("doubled", singleToList(double, { parallel: true }));
 *
 * const result = await pipeline.execute([1, 2]);
 * assert(result.success);
 * assertEquals(result.data, [2, 4]);
 * assertEquals(result.metadata.listMetadata?.successCount, 2);
 * ```
 */
export function singleToList<TInput, TOutput, TState = unknown, TContext = unknown>(
  step: Step<TInput, TOutput, TState, TContext>,
  options?: ListOptions,
): CreatedStep<TInput[], TOutput[], TState, TContext> {
  if (!isRecord(step)) {
    refuseValue({ operator: "singleToList" }, "step", "a step", step);
  }
  return fromStage(createMapList(readProperty(step, "name") as string, step, options));
}
