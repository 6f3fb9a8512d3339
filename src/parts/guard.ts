/**
 * What a stage's options put around its calls.
 *
 * @module
 */

import { drained } from "./drain.ts";
import { withRetry } from "./retry.ts";
import { EXPAND, type GuardSettings } from "../core/stage.ts";
import type { ItemFunction } from "../core/context.ts";
import type { StageRun } from "../core/stage_run.ts";
import { withTimeout } from "./timeout.ts";

/** See `StageControl.guard`: the time limit is one per attempt. */
export function guardCall(
  call: ItemFunction,
  { outcome, retry, timeoutMs }: GuardSettings,
  run: StageRun,
): ItemFunction {
  if (retry === undefined && timeoutMs === undefined) return call;
  const whole = outcome === EXPAND ? drained(call, run) : call;
  const timed = timeoutMs === undefined ? whole : withTimeout(whole, timeoutMs);
  return retry === undefined ? timed : withRetry(timed, retry, run);
}
