/**
 * The stages of a batch pipeline whose steps work on the whole value.
 *
 * @module
 */

import type { FunctionContext } from "../core/context.ts";
import { buildStage } from "../core/operator.ts";
import { resolveRetry } from "../internal/retry_options.ts";
import { StepFailure, toStepFailure } from "../internal/step_failure.ts";
import { refuseValue, requireFunction, requireKey } from "../internal/validation.ts";
import { type AnyStep, runStep, toWork } from "../operators/_calls.ts";
import { add } from "../operators/add.ts";
import {
  type BatchFunction,
  type BatchStage,
  type ListReport,
  toItemStage,
} from "./batch_stage.ts";
import { UNHANDLED_ERROR } from "./codes.ts";
import { markStep } from "./mark_step.ts";
import { runList, runValue } from "./run_list.ts";

/** A stage that runs a step of either kind on the whole value. */
export function createAddBatchStage(key: string, given: unknown, operator = "add"): BatchStage {
  requireKey(operator, key);
  const work = toWork({ operator, key }, markStep(given, UNHANDLED_ERROR));
  const { name } = work;
  if (work.kind === "step") {
    return followRetry({ key, name, operator, call: toCall(work.step) }, work.step);
  }
  if (work.kind === "function") {
    const hint = "; createStep makes one of a function";
    refuseValue({ operator, key }, "its work", "a step", given, hint);
  }
  const stage = buildStage(add(work.step as never), key);
  const call: BatchFunction = (value, context, report) =>
    runList({ stage, name }, Array.isArray(value) ? value : [value], context, report);
  return { key, name, operator, call };
}

/** The arguments of `branch`. */
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
  const name = `branch(${onTrue.name}|${onFalse.name})`;
  const decide = condition as (value: unknown, state: unknown, context: unknown) => unknown;
  const choose = async (value: unknown, { state, context }: FunctionContext) => {
    try {
      return await decide(value, state.accumulated, context) ? onTrue : onFalse;
    } catch (thrown) {
      throw toStepFailure(name, thrown, UNHANDLED_ERROR);
    }
  };
  return {
    key,
    name,
    operator: "branch",
    call: async (value, context, report) =>
      await runInside(await choose(value, context), value, context, { name, report }),
  };
}

/** The stage around a stage that runs inside it. */
export interface Outside {
  /** The name for its failures. */
  readonly name: string;
  readonly report: ListReport;
}

/** Runs `stage` inside another one, with its own retries. */
export function runInside(
  stage: BatchStage,
  value: unknown,
  context: FunctionContext,
  { name, report }: Outside,
): Promise<unknown> {
  const item = toItemStage(stage, {
    state: context.state.accumulated,
    report: () => (list) => {
      if (list !== undefined) report(list);
    },
  });
  return runValue(item, value, context, name);
}

/** `stage`, with the retry that `step` has when a run begins: programs change it. */
function followRetry(stage: BatchStage, step: AnyStep): BatchStage {
  const read = () => step.retry === undefined ? undefined : resolveRetry(stage, step.retry);
  read();
  return Object.defineProperty(stage, "retry", { enumerable: true, get: read });
}

function toCall(step: AnyStep): BatchFunction {
  return async (value, context, report) => {
    const result = await runStep(step, value, context);
    if (result.metadata?.listMetadata !== undefined) report(result.metadata.listMetadata);
    if (result.success) return result.data;
    throw new StepFailure(step.name, result.error);
  };
}
