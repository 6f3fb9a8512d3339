import { isHybrid } from "../operators/_calls.ts";

/**
 * `given` as a batch pipeline takes it: of a hybrid step the batch body. A step that was written by
 * hand does not say its kind; here it is one on the whole value, unless it is a generator function.
 */
export function markStep(given: unknown): unknown {
  if (isHybrid(given)) return given.batch;
  if (typeof given !== "object" || given === null) return given;
  const { name, retry, execute, isStep, isStreamingStep } = given as Record<string, unknown>;
  if (isStep === true || isStreamingStep === true) return given;
  if (typeof execute !== "function" || isGeneratorFunction(execute)) return given;
  const marked = {
    isStep: true,
    name,
    execute: (context: unknown) => execute.call(given, context),
  };
  return retry === undefined ? marked : { ...marked, retry };
}

function isGeneratorFunction(execute: object): boolean {
  return Object.prototype.toString.call(execute) === "[object AsyncGeneratorFunction]";
}
