import { createFlattenList } from "../list_stages.ts";
import type { CreatedStep } from "../../base/step_types.ts";
import { fromStage } from "./_from_stage.ts";
import { requireStepName } from "./_step_options.ts";

/**
 * Makes a step that flattens a list of arrays, one level deep. A failure has the code
 * `LIST_STEP_ERROR`.
 *
 * @typeParam TItem The type of an element of these arrays.
 * @param name The name in errors and metadata; not empty.
 * @returns The step.
 * @throws {TypeError} If `name` is empty.
 * @category Steps
 *
 * @example Batches, apart again
 * ```ts
 * import { createFlattenStep, Pipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const apart = createFlattenStep<number>();
 * const result = await Pipeline.start<number[][]>().add("apart", apart).execute([[1, 2], [3]]);
 * assert(result.success);
 * assertEquals(result.data, [1, 2, 3]);
 * ```
 */
export function createFlattenStep<TItem, TState = unknown, TContext = unknown>(
  name: string = "flatten",
): CreatedStep<TItem[][], TItem[], TState, TContext> {
  requireStepName(name);
  return fromStage(createFlattenList(name, name));
}
