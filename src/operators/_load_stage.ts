/**
 * The stage that works on single items by a function over arrays.
 *
 * @module
 */

import { guardCall } from "../parts/guard.ts";
import type { MapOptions } from "../base/options.ts";
import type { ItemFunction } from "../core/context.ts";
import type { StagePlace } from "../core/operator.ts";
import { type ItemStage, REPLACE } from "../core/stage.ts";
import { findAdmission } from "../internal/admission.ts";
import {
  refuse,
  refuseNumber,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireNumber,
} from "../internal/validation.ts";
import { awaitingAnswers } from "./_answers.ts";
import { Loads } from "./_loads.ts";
import { resolveStageOptions } from "./_options.ts";

/** A stage that calls `load` for up to `batch.size` items at a time. */
export function createLoadStage(
  place: StagePlace,
  load: unknown,
  { batch, ...options }: MapOptions<never, number>,
  own: readonly string[],
): ItemStage {
  requireFunction(place, "its function over arrays", load);
  requireKnownOptions(place, batch, ["size", "maxWaitMs"], "batch");
  const { size, maxWaitMs } = batch!;
  requireInteger(place, "batch.size", size, 1);
  if (maxWaitMs !== undefined) requireNumber(place, "batch.maxWaitMs", maxWaitMs, 1);
  const concurrencyLimit = requireLimit(place, options, size);
  const stageOptions = { ...options, parallel: true, concurrencyLimit };
  const resolved = resolveStageOptions(place, stageOptions, undefined, own);
  const { parallel, retry, timeoutMs, policy, ...settings } = resolved;
  return {
    kind: "item",
    ...place,
    outcome: REPLACE,
    ...settings,
    parallel: { ...parallel!, batchSize: size },
    open(control) {
      const loads = new Loads({
        size,
        maxWaitMs,
        attempt: guardCall(
          awaitingAnswers(load as ItemFunction),
          { timeoutMs, policy },
          control.run,
        ),
        retry,
        withRetry: (call, retry) => guardCall(call, { retry }, control.run),
      });
      return {
        call: (item, index, context) => loads.add(item, index, context),
        gathering: loads,
      };
    },
  };
}

/** How many items are worked on at a time: at least as many as there can be in one call. */
function requireLimit(
  place: StagePlace,
  { parallel, concurrencyLimit }: MapOptions<never, number>,
  size: number,
): number {
  if (parallel === false) {
    refuse(place, "batch works on items side by side: parallel must be true");
  }
  if (concurrencyLimit === undefined) return size;
  if (findAdmission(concurrencyLimit) !== undefined) {
    const problem = "concurrencyLimit counts items where there is a batch: " +
      "give the policy as policy";
    refuse(place, problem);
  }
  requireInteger(place, "concurrencyLimit", concurrencyLimit, 1);
  if (concurrencyLimit >= size) return concurrencyLimit;
  const rule = "at least batch.size, for it counts items";
  const hint = `; for ${concurrencyLimit} full calls at a time, ${concurrencyLimit * size}`;
  refuseNumber(place, "concurrencyLimit", rule, concurrencyLimit, hint);
}
