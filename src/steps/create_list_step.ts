import type { ListOptions } from "../options.ts";
import type { CreatedStep, StepContext } from "../step_types.ts";
import { createStep } from "./create_step.ts";
import { singleToList } from "./single_to_list.ts";

/**
 * Makes a step on a list from the work on one item.
 *
 * Results have the order of their items. An item that fails is tried again alone.
 *
 * @typeParam TInput The type of an item.
 * @typeParam TOutput The type of what becomes of it.
 * @typeParam TState What the work reads of earlier stages.
 * @typeParam TContext The context it needs.
 * @param name The name that errors and metadata show; not empty.
 * @param work Makes the output from `{ input, state, context }`, where `input` is one item; may be
 * async.
 * @param options How items are worked on side by side, and what happens when one fails.
 * @returns The step; the result's metadata has `listMetadata`.
 * @throws {TypeError | RangeError} If `name` is empty, `work` is not a function or an option is not
 * valid.
 *
 * @example Four at a time
 * ```ts
 * import { createListStep, Pipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const shout = createListStep(
 *   "shout",
 *   ({ input }: { input: string }) => input.toUpperCase(),
 *   { parallel: true, concurrencyLimit: 4 },
 * );
 * const result = await Pipeline.start<string[]>().add("loud", shout).execute(["a", "b"]);
 * assert(result.success);
 * assertEquals(result.data, ["A", "B"]);
 * ```
 */
export function createListStep<TInput, TOutput, TState = unknown, TContext = unknown>(
  name: string,
  work: (context: StepContext<TInput, TState, TContext>) => TOutput | PromiseLike<TOutput>,
  options?: ListOptions,
): CreatedStep<TInput[], TOutput[], TState, TContext> {
  return singleToList(createStep(name, work), options);
}
