import { createBatchList } from "../batch/list_stages.ts";
import { requireName } from "../internal/validation.ts";
import type { CreatedStep } from "../step_types.ts";
import { fromStage } from "./_from_stage.ts";

/**
 * Makes a step that gathers the items of a list into arrays of `size`; the last may be shorter, none
 * is empty.
 *
 * @typeParam TItem The type of an item.
 * @param name The name that errors and metadata show; not empty.
 * @param size How many items, a positive integer.
 * @returns The step.
 * @throws {TypeError | RangeError} If `name` is empty or `size` is not valid.
 *
 * @example Pairs
 * ```ts
 * import { createBatchStep, Pipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const pairs = createBatchStep<number>("pairs", 2);
 * const result = await Pipeline.start<number[]>().add("pairs", pairs).execute([1, 2, 3]);
 * assert(result.success);
 * assertEquals(result.data, [[1, 2], [3]]);
 * ```
 */
export function createBatchStep<TItem>(
  name: string,
  size: number,
): CreatedStep<TItem[], TItem[][]> {
  requireName("create step", name);
  return fromStage(createBatchList(name, size));
}
