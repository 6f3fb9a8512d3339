import { resolveRetry } from "../internal/retry_options.ts";
import { requireKnownOptions } from "../internal/validation.ts";
import type { StepOptions } from "../options.ts";
import type { StepRetry } from "../step_types.ts";

/** Checks a step's options. They are kept as given: each kind of pipeline fills in its defaults. */
export function resolveStepOptions(name: string, options: StepOptions): { retry?: StepRetry } {
  const subject = { operator: `create step "${name}"` };
  requireKnownOptions(subject, options, ["retry"]);
  if (options.retry === undefined) return {};
  resolveRetry(subject, options.retry);
  // A step's own can be written to: it is the object that was given.
  return { retry: options.retry as StepRetry };
}
