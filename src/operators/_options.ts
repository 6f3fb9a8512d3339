/**
 * Checks a stage's options and fills in the defaults.
 *
 * @module
 */

import { openErrorChannel } from "../parts/error_channel.ts";
import { guardCall } from "../parts/guard.ts";
import { openParallel } from "../parts/open_parallel.ts";
import { DEFAULT_CONCURRENCY_LIMIT } from "../base/defaults.ts";
import type { ItemStage, ParallelSettings } from "../core/stage.ts";
import { StreamingErrorStrategy } from "../base/errors.ts";
import { type Admission, findAdmission, requirePolicy } from "../internal/admission.ts";
import { resolveRetry } from "../internal/retry_options.ts";
import {
  refuse,
  requireBoolean,
  requireInteger,
  requireKnownOptions,
  requireNumber,
  requireOneOf,
  type Subject,
} from "../internal/validation.ts";
import type { RetryOptions, StageOptions } from "../base/options.ts";

const PARALLEL_OPTIONS = ["concurrencyLimit", "ordered", "highWaterMark"] as const;
/** The names of the options that say what happens around each call of a function. */
export const CALL_OPTIONS = ["errorStrategy", "retry", "timeoutMs", "policy"] as const;
const KNOWN_OPTIONS = ["parallel", ...PARALLEL_OPTIONS, ...CALL_OPTIONS];

/** Resolved options: properties of a stage. */
export type StageSettings = Pick<
  ItemStage,
  | "parallel"
  | "openHead"
  | "errorStrategy"
  | "openErrors"
  | "retry"
  | "timeoutMs"
  | "policy"
  | "guard"
>;

/** No options, and what they resolve to: most stages have none, and building is part of a short run. */
const NONE: StageOptions<never> & StageSettings = {};

/**
 * Resolves `options`, throwing for what is unknown, out of bounds or without effect; `retry` is
 * what the step itself asks for, and `own` are the options that the operator resolves.
 */
export function resolveStageOptions(
  subject: Subject,
  options: StageOptions<never> = NONE,
  retry?: number | RetryOptions,
  own: readonly string[] = [],
): StageSettings {
  if (options === NONE && retry === undefined) return NONE;
  requireKnownOptions(subject, options, [...KNOWN_OPTIONS, ...own]);
  const { errorStrategy, timeoutMs } = options;
  if (errorStrategy !== undefined) {
    requireOneOf(subject, "errorStrategy", errorStrategy, Object.keys(StreamingErrorStrategy));
  }
  if (timeoutMs !== undefined) requireNumber(subject, "timeoutMs", timeoutMs, 1);
  const limiting = findAdmission(options.concurrencyLimit);
  const parallel = resolveParallel(subject, options, limiting);
  const shared = parallel && limiting;
  const given = options.policy === undefined
    ? undefined
    : requirePolicy(subject, "policy", options.policy);
  // What says how many calls run at a time is a part of the policy of each attempt.
  const policy = shared && given ? shared.and(given) : shared ?? given;
  const retries = options.retry === undefined ? retry : options.retry;
  const isSplit = errorStrategy === StreamingErrorStrategy.SPLIT_ERRORS;
  return {
    parallel,
    openHead: parallel && openParallel,
    errorStrategy,
    openErrors: isSplit ? openErrorChannel : undefined,
    retry: retries === undefined ? undefined : resolveRetry(subject, retries, policy),
    timeoutMs,
    policy,
    guard: guardCall,
  };
}

function resolveParallel(
  subject: Subject,
  options: StageOptions<never>,
  limiting: Admission | undefined,
): ParallelSettings | undefined {
  const { parallel, concurrencyLimit, ordered = true, highWaterMark } = options;
  if (parallel !== undefined) {
    requireBoolean(subject, "parallel", parallel, "; concurrencyLimit takes a number");
  }
  const createPaces = limiting?.createPaces;
  if (concurrencyLimit !== undefined && createPaces === undefined) {
    if (limiting) {
      refuse(subject, "its concurrencyLimit is a policy without a limit: give it as policy");
    }
    requireInteger(subject, "concurrencyLimit", concurrencyLimit, 1);
  }
  requireBoolean(subject, "ordered", ordered);
  if (highWaterMark !== undefined) requireInteger(subject, "highWaterMark", highWaterMark, 0);

  const isParallel = parallel ?? concurrencyLimit !== undefined;
  const useless = PARALLEL_OPTIONS.find((name) => options[name] !== undefined);
  if (parallel === undefined && !isParallel && useless !== undefined) {
    const problem = `${useless} needs concurrencyLimit or parallel: true, ` +
      `or parallel: false where it is meant to have no effect`;
    refuse(subject, problem);
  }
  if (!isParallel) return undefined;
  if (createPaces !== undefined) return createPaces(options);
  const limit = (concurrencyLimit as number | undefined) ?? DEFAULT_CONCURRENCY_LIMIT;
  return { concurrencyLimit: limit, highWaterMark: highWaterMark ?? limit, ordered };
}
