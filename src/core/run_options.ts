import {
  DEFAULT_CLOSE_TIMEOUT_MS,
  DEFAULT_ERROR_BUFFER,
  DEFAULT_METRICS_INTERVAL_MS,
} from "../base/defaults.ts";
import { isWritable } from "../internal/sinks.ts";
import { isAbortSignal } from "../internal/signals.ts";
import {
  refuseValue,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
  type Subject,
} from "../internal/validation.ts";
import type { RunObserver } from "../base/observer.ts";
import type { ErrorSink, RunOptions } from "../base/options.ts";

/** Resolved options of a run. */
export interface RunSettings {
  readonly signal: AbortSignal | undefined;
  readonly stop: AbortSignal | undefined;
  readonly closeTimeoutMs: number;
  readonly errorsTo: ErrorSink | undefined;
  readonly errorBuffer: number;
  readonly metricsIntervalMs: number;
  readonly observer: RunObserver | undefined;
}

/** Those of a run without options, which has all that there are. */
export const DEFAULT_RUN_SETTINGS: RunSettings = {
  signal: undefined,
  stop: undefined,
  closeTimeoutMs: DEFAULT_CLOSE_TIMEOUT_MS,
  errorsTo: undefined,
  errorBuffer: DEFAULT_ERROR_BUFFER,
  metricsIntervalMs: DEFAULT_METRICS_INTERVAL_MS,
  observer: undefined,
};

/** Resolves the options of `operator`, throwing for what is unknown or out of bounds. */
export function resolveRunOptions(
  operator: string,
  options: RunOptions | undefined,
  known: readonly string[] = Object.keys(DEFAULT_RUN_SETTINGS),
): RunSettings {
  if (options === undefined) return DEFAULT_RUN_SETTINGS;
  const subject = { operator };
  requireKnownOptions(subject, options, known);
  const {
    signal,
    stop,
    closeTimeoutMs = DEFAULT_CLOSE_TIMEOUT_MS,
    errorsTo,
    errorBuffer = DEFAULT_ERROR_BUFFER,
    metricsIntervalMs = DEFAULT_METRICS_INTERVAL_MS,
    observer,
  } = options;
  requireNumber(subject, "closeTimeoutMs", closeTimeoutMs, 0);
  requireInteger(subject, "errorBuffer", errorBuffer, 1);
  requireNumber(subject, "metricsIntervalMs", metricsIntervalMs, 1);
  requireSignal(subject, "signal", signal);
  requireSignal(subject, "stop", stop);
  if (errorsTo !== undefined && typeof errorsTo !== "function" && !isWritable(errorsTo)) {
    refuseValue(subject, "errorsTo", "a WritableStream or a function", errorsTo);
  }
  if (observer !== undefined) requireFunction(subject, "observer", observer);
  return { signal, stop, closeTimeoutMs, errorsTo, errorBuffer, metricsIntervalMs, observer };
}

function requireSignal(subject: Subject, name: string, value: unknown): void {
  if (value === undefined || isAbortSignal(value)) return;
  refuseValue(subject, name, "an AbortSignal", value);
}
