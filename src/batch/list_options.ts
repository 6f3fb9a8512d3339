import { ListErrorStrategy } from "../errors.ts";
import { requireKnownOptions, requireOneOf, type Subject } from "../internal/validation.ts";
import type { ListOptions, StageOptions } from "../options.ts";

const KNOWN_OPTIONS = ["parallel", "concurrencyLimit", "errorStrategy", "retry", "timeoutMs"];

/** The options of a stage for what was asked of a list, checked as far as they differ. */
export function toStageOptions(subject: Subject, options: ListOptions = {}): StageOptions {
  requireKnownOptions(subject, options, KNOWN_OPTIONS);
  const { errorStrategy, parallel = false, ...rest } = options;
  if (errorStrategy === undefined) return { ...rest, parallel };
  requireOneOf(subject, "errorStrategy", errorStrategy, Object.keys(ListErrorStrategy));
  return { ...rest, parallel, errorStrategy };
}
