import { resolveRetry } from "../internal/retry_options.ts";
import { requireKnownOptions } from "../internal/validation.ts";
import type { StepOptions } from "../options.ts";

/** Checks a step's options. They are kept as given: each kind of pipeline fills in its defaults. */
export function resolveStepOptions(name: string, options: StepOptions): StepOptions {
  const subject = { operator: `create step "${name}"` };
  requireKnownOptions(subject, options, ["retry"]);
  if (options.retry === undefined) return {};
  resolveRetry(subject, options.retry);
  return { retry: options.retry };
}
