import { LIST_STEP_ERROR } from "../codes.ts";
import { toResult } from "../result.ts";
import { requireFunction } from "../../internal/validation.ts";
import type { StepOptions } from "../../base/options.ts";
import type { CreatedStep, StepContext } from "../../base/step_types.ts";
import { requireStepName, resolveStepOptions } from "./_step_options.ts";

/**
 * Makes a step on a whole list: for work that needs all items at once, such as sorting or removing
 * duplicates. For a list of a step on one item there is `singleToList`.
 *
 * A failure is a result with the code `LIST_STEP_ERROR` and the thrown value as its `cause`.
 *
 * @typeParam TInput The type of an item of the list.
 * @typeParam TOutput The type of an item of the result.
 * @typeParam TState The state that the work reads.
 * @typeParam TContext The context it needs.
 * @param name The name in errors and metadata; not empty.
 * @param work Returns the list of results for `{ input, state, context }`, where `input` is the whole
 * list; may be async.
 * @param options Retries, of the whole list.
 * @returns The step, for `add` or `branch`.
 * @throws {TypeError | RangeError} If `name` is empty, `work` is not a function or an option is not
 * valid.
 * @category Steps
 *
 * @example Sorted
 * ```ts
 * import { createListStep, Pipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const sort = createListStep("sort", ({ input }: { input: string[] }) => [...input].sort());
 * const result = await Pipeline.start<string[]>().add("sorted", sort).execute(["b", "a"]);
 * assert(result.success);
 * assertEquals(result.data, ["a", "b"]);
 * ```
 */
export function createListStep<TInput, TOutput, TState = unknown, TContext = unknown>(
  name: string,
  work: (context: StepContext<TInput[], TState, TContext>) => TOutput[] | PromiseLike<TOutput[]>,
  options: StepOptions = {},
): CreatedStep<TInput[], TOutput[], TState, TContext> {
  const subject = requireStepName(name);
  requireFunction(subject, "its work", work);
  return {
    isStep: true,
    name,
    execute: (context) => toResult(name, context, () => work(context), LIST_STEP_ERROR),
    ...resolveStepOptions(subject, options),
  };
}
