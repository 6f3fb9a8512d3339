import { toStepFailure } from "../internal/step_failure.ts";
import { readProperty, tagOf } from "../internal/thrown.ts";
import { isHybrid, requireResult } from "../operators/_calls.ts";
import type { StepResult } from "../base/step_types.ts";

/**
 * Returns the step that a batch pipeline runs: the batch body of a hybrid step; a step written by hand
 * as one on the whole value, unless its `execute` is a generator function. What such a step throws
 * has the code `failureCode`; its own code where that is absent.
 */
export function markStep(given: unknown, failureCode?: string): unknown {
  if (isHybrid(given)) return given.batch;
  const readExecute = () => readProperty(given, "execute") as (context: unknown) => unknown;
  const execute = readExecute();
  if (readProperty(given, "isStep") === true || readProperty(given, "isStreamingStep") === true) {
    return given;
  }
  if (typeof execute !== "function" || isGeneratorFunction(execute)) return given;
  const name = readProperty(given, "name");
  return {
    isStep: true,
    name,
    // Either may be changed when the pipeline has been built, by a test for instance.
    get retry(): unknown {
      return readProperty(given, "retry");
    },
    async execute(context: unknown): Promise<StepResult<unknown>> {
      try {
        return requireResult(name as string, await readExecute().call(given, context));
      } catch (thrown) {
        throw failureCode === undefined
          ? thrown
          : toStepFailure(name as string, thrown, failureCode);
      }
    },
  };
}

function isGeneratorFunction(execute: object): boolean {
  return tagOf(execute) === "[object AsyncGeneratorFunction]";
}
