import { toStepFailure } from "../internal/step_failure.ts";
import { isHybrid, requireResult } from "../operators/_calls.ts";
import type { StepResult } from "../step_types.ts";

/**
 * `given` as a batch pipeline takes it: of a hybrid step the batch body. A step that was written by
 * hand does not say its kind; here it is one on the whole value, unless it is a generator function.
 * With `failureCode`, that is the code of all that such a step throws.
 */
export function markStep(given: unknown, failureCode?: string): unknown {
  if (isHybrid(given)) return given.batch;
  if (typeof given !== "object" || given === null) return given;
  const { name, retry, execute, isStep, isStreamingStep } = given as Record<string, unknown>;
  if (isStep === true || isStreamingStep === true) return given;
  if (typeof execute !== "function" || isGeneratorFunction(execute)) return given;
  const marked = {
    isStep: true,
    name,
    async execute(context: unknown): Promise<StepResult<unknown>> {
      try {
        return requireResult(name as string, await execute.call(given, context));
      } catch (thrown) {
        throw failureCode === undefined
          ? thrown
          : toStepFailure(name as string, thrown, failureCode);
      }
    },
  };
  return retry === undefined ? marked : { ...marked, retry };
}

function isGeneratorFunction(execute: object): boolean {
  return Object.prototype.toString.call(execute) === "[object AsyncGeneratorFunction]";
}
