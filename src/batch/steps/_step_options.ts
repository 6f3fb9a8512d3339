import { resolveRetry } from "../../internal/retry_options.ts";
import { requireKnownOptions, requireName, type Subject } from "../../internal/validation.ts";
import type { StepOptions } from "../../base/options.ts";
import type { StepRetry } from "../../base/step_types.ts";

/** Throws unless `name` is one of a step; returns what its other checks are about. */
export function requireStepName(name: string): Subject {
  requireName("create a step", name);
  return { operator: `create the step "${name}"` };
}

/**
 * Checks a step's options, of which `others` are left to the caller. They are kept as given, but for
 * what existing code reads.
 */
export function resolveStepOptions(
  subject: Subject,
  options: StepOptions,
  others: readonly string[] = [],
): { retry?: StepRetry } {
  requireKnownOptions(subject, options, ["retry", ...others]);
  if (options.retry === undefined) return {};
  const { backoffMs } = resolveRetry(subject, options.retry);
  if (typeof options.retry === "number") {
    return { retry: { maxAttempts: options.retry, backoffMs } };
  }
  // A step's own can be written to: it is the object that was given, where nothing is missing.
  const isComplete = options.retry.backoffMs !== undefined;
  return { retry: (isComplete ? options.retry : { ...options.retry, backoffMs }) as StepRetry };
}
