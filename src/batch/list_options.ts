import { ListErrorStrategy } from "../base/errors.ts";
import { requireKnownOptions, requireOneOf, type Subject } from "../internal/validation.ts";
import type { ListOptions, StageOptions } from "../base/options.ts";

const KNOWN_OPTIONS = [
  "parallel",
  "concurrencyLimit",
  "errorStrategy",
  "retry",
  "timeoutMs",
  "policy",
];

/** Replaces `Infinity`, which stages refuse: more than a list can have. */
export const UNLIMITED: number = Number.MAX_SAFE_INTEGER;

/** The resolved options of a list. */
export interface ListSettings {
  /** The options of the stage that runs over it; it collects the errors that do not end it. */
  readonly stageOptions: StageOptions;
  /** Whether failed items are left out of a list that succeeds. */
  readonly skipsFailed: boolean;
}

/** Checks the options that a list does not share with a stage. */
export function toListSettings(subject: Subject, options: ListOptions<never> = {}): ListSettings {
  requireKnownOptions(subject, options, KNOWN_OPTIONS);
  const { errorStrategy = "FAIL_FAST", parallel = false, concurrencyLimit, ...rest } = options;
  requireOneOf(subject, "errorStrategy", errorStrategy, Object.keys(ListErrorStrategy));
  const skipsFailed = errorStrategy === "SKIP_FAILED";
  return {
    // Its policies look at the items of the list, whose type was checked where it was built.
    stageOptions: {
      ...rest as Omit<ListOptions, "concurrencyLimit">,
      parallel,
      concurrencyLimit: toFinite(concurrencyLimit as ListOptions["concurrencyLimit"]),
      errorStrategy: skipsFailed ? "COLLECT_ERRORS" : errorStrategy,
    },
    skipsFailed,
  };
}

/** `limit`, with `Infinity` replaced by a number that no list reaches. */
export function toFinite<T>(limit: T): T | number {
  return limit === Infinity ? UNLIMITED : limit;
}
