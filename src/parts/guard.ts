/**
 * What a stage's options put around its calls.
 *
 * @module
 */

import type { Admission } from "../internal/admission.ts";
import { drained } from "./drain.ts";
import { withRetry } from "./retry.ts";
import { EXPAND, type GuardSettings } from "../core/stage.ts";
import type { ItemFunction } from "../core/context.ts";
import type { StageRun } from "../core/stage_run.ts";
import { withTimeout } from "./timeout.ts";

/**
 * `call` with a time limit, a policy and another try, where they are asked for. The time limit is one
 * per attempt, and leaves out what the policy waits.
 */
export function guardCall(
  call: ItemFunction,
  { outcome, retry, timeoutMs, policy }: GuardSettings,
  run: StageRun,
): ItemFunction {
  if (retry === undefined && timeoutMs === undefined && policy === undefined) return call;
  const whole = outcome === EXPAND ? drained(call, run) : call;
  const timed = timeoutMs === undefined ? whole : withTimeout(whole, timeoutMs);
  const admitted = policy === undefined ? timed : withPolicy(timed, policy, run);
  return retry === undefined ? admitted : withRetry(admitted, retry, run);
}

/** `call`, made when the policy lets it begin. */
function withPolicy(call: ItemFunction, policy: Admission, run: StageRun): ItemFunction {
  const door = run.door = policy.openDoor(() => run.endBudget());
  return (item, index, context) => door.attempt(() => call(item, index, context), item, context);
}
