/**
 * Checks a stage's options and fills in the defaults.
 *
 * @module
 */

import { DEFAULT_CONCURRENCY_LIMIT } from "../defaults.ts";
import type { ParallelSettings } from "../engine/stage.ts";
import {
  requireBoolean,
  requireInteger,
  requireKnownOptions,
  type Subject,
} from "../internal/validation.ts";
import type { StageOptions } from "../options.ts";

const PARALLEL_OPTIONS = ["concurrencyLimit", "ordered", "highWaterMark"] as const;
const KNOWN_OPTIONS = ["parallel", ...PARALLEL_OPTIONS];

/** The options in force. */
export interface StageSettings {
  /** Absent where items go through one at a time. */
  readonly parallel: ParallelSettings | undefined;
}

/** Resolves `options`, throwing for what is unknown, out of bounds or without effect. */
export function resolveStageOptions(subject: Subject, options: StageOptions = {}): StageSettings {
  requireKnownOptions(subject, options, KNOWN_OPTIONS);
  const { parallel, concurrencyLimit, ordered, highWaterMark } = options;
  if (parallel !== undefined) requireBoolean(subject, "parallel", parallel);
  if (concurrencyLimit !== undefined) {
    requireInteger(subject, "concurrencyLimit", concurrencyLimit, 1);
  }
  if (ordered !== undefined) requireBoolean(subject, "ordered", ordered);
  if (highWaterMark !== undefined) requireInteger(subject, "highWaterMark", highWaterMark, 0);

  const useless = PARALLEL_OPTIONS.find((name) => options[name] !== undefined);
  if (parallel === undefined && useless !== undefined) {
    throw new TypeError(
      `Cannot ${subject.operator} stage "${subject.key}": ${useless} needs parallel: true, ` +
        `or parallel: false where it is meant to have no effect`,
    );
  }
  if (parallel !== true) return { parallel: undefined };
  const limit = concurrencyLimit ?? DEFAULT_CONCURRENCY_LIMIT;
  return {
    parallel: {
      concurrencyLimit: limit,
      highWaterMark: highWaterMark ?? limit,
      ordered: ordered ?? true,
    },
  };
}
