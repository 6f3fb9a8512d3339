import { requireFunction, requireName } from "../internal/validation.ts";
import type { CreatedStep } from "../step_types.ts";
import { createStep } from "./create_step.ts";

/**
 * Makes a step of a function of the value and the state, for the many steps that need no more.
 *
 * @typeParam TInput The type of the value.
 * @typeParam TOutput The type of its result.
 * @typeParam TState What the step reads of earlier stages.
 * @param name The name that errors and metadata show; not empty.
 * @param transform Makes the output from `(input, state)`; may be async.
 * @returns The step. What `transform` throws is its failed result.
 * @throws {TypeError} If `name` is empty or `transform` is not a function.
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
  requireName("create step", name);
  requireFunction({ operator: `create step "${name}"` }, "its work", transform);
  return createStep(name, ({ input, state }) => transform(input, state));
}
