import { createFilterList } from "../list_stages.ts";
import type { ListOptions } from "../../base/options.ts";
import type { CreatedStep } from "../../base/step_types.ts";
import { fromStage } from "./_from_stage.ts";
import { requireStepName } from "./_step_options.ts";

/**
 * Makes a step that keeps the items of a list for which `predicate` returns a truthy value. A failure
 * has the code `LIST_STEP_ERROR`.
 *
 * @typeParam TItem The type of an item.
 * @param predicate A function of `(item, index)`, sync or async.
 * @param name The name in errors and metadata; not empty.
 * @param options Parallel calls, retries, a time limit, and what happens when an item fails.
 * @returns The step; the result's metadata counts the other items as skipped.
 * @throws {TypeError | RangeError} If an argument or option is not valid.
 * @category Steps
 *
 * @example The even ones
 * ```ts
 * import { createFilterStep, Pipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const even = createFilterStep((number: number) => number % 2 === 0, "even");
 * const result = await Pipeline.start<number[]>().add("even", even).execute([1, 2, 3, 4]);
 * assert(result.success);
 * assertEquals(result.data, [2, 4]);
 * ```
 */
export function createFilterStep<TItem, TState = unknown, TContext = unknown>(
  predicate: (item: TItem, index: number) => boolean | PromiseLike<boolean>,
  name: string = "filter",
  options?: ListOptions<NoInfer<TItem>>,
): CreatedStep<TItem[], TItem[], TState, TContext> {
  requireStepName(name);
  return fromStage(createFilterList(name, predicate, options, name));
}
