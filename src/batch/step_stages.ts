/**
 * The stages of a batch pipeline whose steps work on the whole value.
 *
 * @module
 */

import type { FunctionContext } from "../engine/stage.ts";
import { resolveRetry } from "../internal/retry_options.ts";
import { StepFailure } from "../internal/step_failure.ts";
import { complaint, requireFunction, requireKey } from "../internal/validation.ts";
import { type AnyStep, runStep, toWork } from "../operators/_calls.ts";
import { createAddStage } from "../operators/add.ts";
import { type BatchFunction, type BatchStage, toItemStage } from "./batch_stage.ts";
import { markStep } from "./mark_step.ts";
import { runList, runValue } from "./run_list.ts";

/** A stage that runs a step of either kind on the whole value. */
export function createAddBatchStage(key: string, given: unknown, operator = "add"): BatchStage {
  requireKey(operator, key);
  const work = toWork({ operator, key }, markStep(given));
  const { name } = work;
  if (work.kind === "step") {
    const retry = work.retry === undefined
      ? undefined
      : resolveRetry({ operator, key }, work.retry);
    return { key, name, operator, call: toCall(work.step), ...(retry && { retry }) };
  }
  if (work.kind === "function") {
    throw new TypeError(complaint({ operator, key }, "its step", "a step", given));
  }
  const stage = createAddStage(key, work.step);
  const call: BatchFunction = (value, context, report) =>
    runList(stage, Array.isArray(value) ? value : [value], context, report);
  return { key, name, operator, call };
}

/** What the caller of `branch` gave. */
export interface BranchParts {
  readonly key: string;
  readonly condition: unknown;
  readonly whenTrue: unknown;
  readonly whenFalse: unknown;
}

/** A stage that runs one of two steps, as the condition decides. */
export function createBranchBatchStage(
  { key, condition, whenTrue, whenFalse }: BranchParts,
): BatchStage {
  requireKey("branch", key);
  requireFunction({ operator: "branch", key }, "its condition", condition);
  const onTrue = createAddBatchStage(key, whenTrue, "branch");
  const onFalse = createAddBatchStage(key, whenFalse, "branch");
  const decide = condition as (value: unknown, state: unknown, context: unknown) => unknown;
  return {
    key,
    name: key,
    operator: "branch",
    async call(value, context, report) {
      const isTrue = await decide(value, context.state.accumulated, context.context);
      return await runBatchStage(isTrue ? onTrue : onFalse, value, context, report);
    },
  };
}

/** Runs `stage` inside another one, with its own other attempts. */
export function runBatchStage(
  stage: BatchStage,
  value: unknown,
  context: FunctionContext,
  report: Parameters<BatchFunction>[2],
): Promise<unknown> {
  const item = toItemStage(stage, () => (list) => {
    if (list !== undefined) report(list);
  });
  return runValue(item, value, context);
}

function toCall(step: AnyStep): BatchFunction {
  return async (value, context, report) => {
    const result = await runStep(step, value, context);
    if (result.metadata?.listMetadata !== undefined) report(result.metadata.listMetadata);
    if (result.success) return result.data;
    throw new StepFailure(step.name, result.error);
  };
}
