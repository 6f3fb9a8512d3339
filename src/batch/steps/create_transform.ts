import { requireFunction } from "../../internal/validation.ts";
import type { CreatedStep } from "../../base/step_types.ts";
import { requireStepName } from "./_step_options.ts";
import { createStep } from "./create_step.ts";

/**
 * Makes a step from a function of the value and the state.
 *
 * @typeParam TInput The type of the value.
 * @typeParam TOutput The type of its result.
 * @typeParam TState The state that the step reads.
 * @param name The name in errors and metadata; not empty.
 * @param transform Returns the output for `(input, state)`; may be async.
 * @returns The step. An exception of `transform` becomes a failed result.
 * @throws {TypeError} If `name` is empty or `transform` is not a function.
 * @category Steps
 *
 * @example The length of a list
 * ```ts
 * import { createTransform, Pipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const count = createTransform("count", (words: string[]) => words.length);
 * const result = await Pipeline.start<string[]>().add("count", count).execute(["a", "b"]);
 * assert(result.success);
 * assertEquals(result.data, 2);
 * ```
 */
export function createTransform<TInput, TOutput, TState = unknown, TContext = unknown>(
  name: string,
  transform: (input: TInput, state: TState) => TOutput | PromiseLike<TOutput>,
): CreatedStep<TInput, TOutput, TState, TContext> {
  requireFunction(requireStepName(name), "its work", transform);
  return createStep(name, ({ input, state }) => transform(input, state));
}
