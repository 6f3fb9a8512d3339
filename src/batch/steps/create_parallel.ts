import type { BatchStage } from "../batch_stage.ts";
import { UNLIMITED } from "../list_options.ts";
import { runList } from "../run_list.ts";
import { createAddBatchStage, runInside } from "../step_stages.ts";
import type { ItemFunction } from "../../core/context.ts";
import { refuseValue } from "../../internal/validation.ts";
import { buildStage } from "../../core/operator.ts";
import { map } from "../../operators/map.ts";
import type { AnyStep, CreatedStep, ParallelStep, Step } from "../../base/step_types.ts";
import { fromStage } from "./_from_stage.ts";
import { requireStepName } from "./_step_options.ts";

/**
 * Makes a step that runs several steps on the same value at the same time.
 *
 * Its result is the tuple of their results, in their order. When one fails, the others are aborted
 * through their `signal`; the failure is that of the first failed step in their order. Each step has
 * its own `retry`.
 *
 * @typeParam TInput The type of the value.
 * @typeParam TOutputs The types of the steps' results, as a tuple.
 * @param name The name in errors and metadata; not empty.
 * @param steps The steps; the result of none is `[]`.
 * @returns The step.
 * @throws {TypeError} If `name` is empty or `steps` is not an array of steps.
 * @category Steps
 *
 * @example Two figures of one text
 * ```ts
 * import { createParallel, createTransform, Pipeline } from "@headrace/pipeline";
 * import { assert, assertEquals } from "@std/assert";
 *
 * const figures = createParallel("figures", [
 *   createTransform("length", (text: string) => text.length),
 *   createTransform("words", (text: string) => text.split(" ")),
 * ]);
 * const result = await Pipeline.start<string>().add("figures", figures).execute("mill wheel");
 * assert(result.success);
 * assertEquals(result.data, [10, ["mill", "wheel"]]);
 * ```
 */
export function createParallel<
  TInput,
  const TOutputs extends readonly unknown[],
  TState = unknown,
  TContext = unknown,
>(
  name: string,
  steps: { readonly [TIndex in keyof TOutputs]: Step<TInput, TOutputs[TIndex], TState, TContext> },
): CreatedStep<
  TInput,
  { -readonly [TIndex in keyof TOutputs]: TOutputs[TIndex] },
  TState,
  TContext
>;
/** Combines steps that need different inputs, states or contexts: the step needs all of them. */
export function createParallel<const TSteps extends readonly AnyStep[]>(
  name: string,
  steps: TSteps,
): ParallelStep<TSteps>;
export function createParallel(name: string, steps: readonly AnyStep[]): AnyStep {
  const subject = requireStepName(name);
  if (!Array.isArray(steps)) {
    refuseValue(subject, "its steps", "an array of steps", steps);
  }
  const stages = steps.map((step, index) => createAddBatchStage(`${name}[${index}]`, step));
  return fromStage({
    key: name,
    name,
    operator: "createParallel",
    call(value, outer) {
      const outside = { name, report: () => {} };
      const run: ItemFunction = (stage, _index, context) =>
        runInside(stage as BatchStage, value, context, outside);
      const options = { parallel: true, concurrencyLimit: UNLIMITED };
      const stage = { ...buildStage(map(run as never, options), name), operator: "createParallel" };
      return runList({ stage, name }, stages, outer, outside.report);
    },
  });
}
