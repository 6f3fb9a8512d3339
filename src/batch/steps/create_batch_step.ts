import { createBatchList } from "../list_stages.ts";
import type { CreatedStep } from "../../base/step_types.ts";
import { fromStage } from "./_from_stage.ts";
import { requireStepName } from "./_step_options.ts";

/**
 * Makes a step that groups the items of a list into arrays of `size`; the last may be shorter, none
 * is empty. A failure has the code `LIST_STEP_ERROR`.
 *
 * @typeParam TItem The type of an item.
 * @param size The length of an array: a positive integer, or `Infinity` for one array of all items.
 * @param name The name in errors and metadata; not empty.
 * @returns The step.
 * @throws {TypeError | RangeError} If `size` is not valid or `name` is empty.
 * @category Steps
 *
 * @example Pairs
 * ```ts
 * import { createBatchStep, Pipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const pairs = createBatchStep<number>(2);
 * const result = await Pipeline.start<number[]>().add("pairs", pairs).execute([1, 2, 3]);
 * assert(result.success);
 * assertEquals(result.data, [[1, 2], [3]]);
 * ```
 */
export function createBatchStep<TItem, TState = unknown, TContext = unknown>(
  size: number,
  name: string = "batch",
): CreatedStep<TItem[], TItem[][], TState, TContext> {
  requireStepName(name);
  return fromStage(createBatchList(name, size, name));
}
