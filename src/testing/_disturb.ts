/**
 * What a step of chaos does to an answer.
 *
 * @module
 */

import { sleep } from "../internal/backoff.ts";
import { waitTurns } from "../internal/promises.ts";
import { ChaosFailure, type ChaosStep } from "./chaos_options.ts";

/** Makes what a failure throws. */
export type CreateFailure = ((step: ChaosStep) => unknown) | undefined;

/** Does what a step says; rejects where it fails, or `signal` is aborted meanwhile. */
export async function disturb(
  step: ChaosStep,
  createFailure: CreateFailure,
  signal: AbortSignal = new AbortController().signal,
): Promise<void> {
  const { id, kind, amount } = step;
  if (kind === "late") await waitTurns(amount);
  if (kind === "slow") {
    await sleep(amount, signal);
    signal.throwIfAborted();
  }
  if (kind === "fail") {
    throw createFailure === undefined ? new ChaosFailure(id) : createFailure(step);
  }
}
