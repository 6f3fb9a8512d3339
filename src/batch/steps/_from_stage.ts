import type { BatchStage } from "../batch_stage.ts";
import { toResult } from "../result.ts";
import { toFunctionContext } from "../whole_state.ts";
import type { CreatedStep } from "../../base/step_types.ts";

/** Makes a step from a stage of a batch pipeline. The stage itself retries its items. */
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
