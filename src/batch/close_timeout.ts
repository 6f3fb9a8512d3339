/**
 * How long work in flight is waited for inside a call: as long as by the run that made the call.
 *
 * A step is handed its signal and nothing else of that run, so the time is kept by the signal.
 *
 * @module
 */

import { DEFAULT_CLOSE_TIMEOUT_MS } from "../defaults.ts";

const timeouts: WeakMap<AbortSignal, number> = new WeakMap();

/** Keeps the time for what runs inside the call that is handed `signal`. */
export function keepCloseTimeoutMs(signal: AbortSignal, closeTimeoutMs: number): void {
  timeouts.set(signal, closeTimeoutMs);
}

/** The time for what runs inside the call that was handed `signal`. */
export function readCloseTimeoutMs(signal: AbortSignal): number {
  return timeouts.get(signal) ?? DEFAULT_CLOSE_TIMEOUT_MS;
}
