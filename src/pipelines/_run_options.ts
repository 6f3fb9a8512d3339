import { DEFAULT_CLOSE_TIMEOUT_MS } from "../defaults.ts";
import { complaint, requireKnownOptions, requireNumber } from "../internal/validation.ts";
import type { RunOptions } from "../options.ts";

const KNOWN_OPTIONS = ["signal", "closeTimeoutMs"];

/** The options of a run, in force. */
export interface RunSettings {
  readonly signal: AbortSignal | undefined;
  readonly closeTimeoutMs: number;
}

/** Resolves the options of `operator`, throwing for what is unknown or out of bounds. */
export function resolveRunOptions(operator: string, options: RunOptions = {}): RunSettings {
  const subject = { operator };
  requireKnownOptions(subject, options, KNOWN_OPTIONS);
  const { signal, closeTimeoutMs = DEFAULT_CLOSE_TIMEOUT_MS } = options;
  requireNumber(subject, "closeTimeoutMs", closeTimeoutMs, 0);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(complaint(subject, "signal", "an AbortSignal", signal));
  }
  return { signal, closeTimeoutMs };
}
