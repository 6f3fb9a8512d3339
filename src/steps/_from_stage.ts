import type { BatchStage } from "../batch/batch_stage.ts";
import { toResult } from "../batch/result.ts";
import { toFunctionContext } from "../batch/whole_state.ts";
import type { CreatedStep } from "../step_types.ts";

/** The step that does what a stage of a batch pipeline does. Its items are tried again in there. */
export function fromStage<TInput, TOutput, TState, TContext>(
  { name, call }: BatchStage,
): CreatedStep<TInput, TOutput, TState, TContext> {
  return {
    isStep: true,
    name,
    execute: (context) =>
      toResult(
        name,
        context,
        (report) => call(context.input, toFunctionContext(context), report) as Promise<TOutput>,
      ),
  };
}
