/**
 * What a step of chaos does to an answer.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import { ChaosFailure, type ChaosStep } from "./chaos_options.ts";

/** Makes what a failure throws. */
export type CreateFailure = ((step: ChaosStep) => unknown) | undefined;

/** Does what a step says; rejects where it fails, or `signal` is aborted meanwhile. */
export async function disturb(
  step: ChaosStep,
  createFailure: CreateFailure,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { id, kind, amount } = step;
  if (kind === "late") { for (let turn = 0; turn < amount; turn++) await undefined; }
  if (kind === "slow") await sleep(amount, signal);
  if (kind === "fail") {
    throw createFailure === undefined ? new ChaosFailure(id) : createFailure(step);
  }
}

/** Resolves when the time is over; rejects with the reason where `signal` is aborted before. */
function sleep(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = clock.schedule(() => {
      signal?.removeEventListener("abort", onAbort);
      resolve();
    }, ms);
    const onAbort = () => {
      stop();
      reject(signal!.reason);
    };
    signal?.addEventListener("abort", onAbort, { once: true });
  });
}
