/**
 * Runs one stage over a whole list, with the engine of the streaming side.
 *
 * @module
 */

import { planStages } from "../core/plan.ts";
import type { Run } from "../core/run.ts";
import type { Stage, StageControl, StreamControl } from "../core/stage.ts";
import {
  type FunctionContext,
  InputContext,
  type ItemFunction,
  type StreamContext,
} from "../core/context.ts";
import { isStreamingError } from "../base/errors.ts";
import { StepFailure, toStepError } from "../internal/step_failure.ts";
import { describeKind, failure } from "../internal/validation.ts";
import type { ListOperationMetadata } from "../base/step_types.ts";
import { BATCH_SETTINGS, createRunInside } from "./batch_run.ts";
import type { ListReport } from "./batch_stage.ts";
import { LIST_PROCESSING_ERRORS } from "./codes.ts";
import { describeList } from "./list_metadata.ts";
import { WholeContext } from "./whole_state.ts";

/** A stage that works on the items of a list. */
export interface ListStage {
  readonly stage: Stage;
  /** The name of the list's step, for its failures. */
  readonly name: string;
  /** Whether failed items are left out of a list that succeeds. */
  readonly skipsFailed?: boolean;
  /** The code of failed items; that of what was thrown where absent. */
  readonly failureCode?: string;
  /** The code of a value that is not a list. */
  readonly noListCode?: string;
}

/**
 * Runs a stage over `list` inside the stage of a batch pipeline whose context is `outer`, and
 * resolves with its outputs. Rejects with a `StepFailure` where items fail, or with the reason of an
 * abort. With `skipsFailed`, the list succeeds without its failed items.
 */
export async function runList(
  listStage: ListStage,
  list: unknown,
  outer: FunctionContext,
  report: ListReport,
): Promise<unknown[]> {
  const { stage, name, skipsFailed = false, failureCode } = listStage;
  requireList(listStage, list);
  const run = createStageRun(stage, list, outer);
  const made: unknown[] = [];
  const describe = (endedEarly: boolean) => {
    const outline = { length: list.length, leavesOut: skipsFailed, endedEarly, failureCode };
    const described = describeList(stage, outline, run.readMetadata().steps[0]!);
    report(described);
    return described;
  };
  try {
    await run.fold(stage.operator, (_: null, item) => (made.push(item), null), null);
  } catch (error) {
    describe(true);
    throw toFailure(error, name, failureCode);
  }
  const described = describe(false);
  if (!skipsFailed) throwCollected(name, stage, described);
  return made;
}

/**
 * Runs `stage` for one value, with its retries, and resolves with its output. Rejects as
 * {@linkcode runList}, with the step name `name`.
 */
export async function runValue(
  stage: Stage,
  value: unknown,
  outer: FunctionContext,
  name: string,
): Promise<unknown> {
  const run = createStageRun(stage, [value], outer);
  try {
    return await run.fold(stage.operator, (_, made) => made, undefined as unknown);
  } catch (error) {
    throw toFailure(error, name);
  }
}

function requireList(
  { stage, name, noListCode = "STEP_ERROR" }: ListStage,
  list: unknown,
): asserts list is unknown[] {
  if (Array.isArray(list)) return;
  const message = failure(stage, `its input must be an array, got ${describeKind(list)}`);
  const cause = new TypeError(message);
  throw new StepFailure(name, { code: noListCode, message, cause, retryable: false });
}

function createStageRun(stage: Stage, source: readonly unknown[], outer: FunctionContext): Run {
  const plan = planStages([inside(stage, outer)]);
  return createRunInside(outer, { settings: BATCH_SETTINGS, plan, source });
}

/** Turns the error of an inner run into the failure of the step `name`. */
export function toFailure(error: unknown, name?: string, code?: string): unknown {
  if (!isStreamingError(error)) return error;
  return new StepFailure(name ?? error.stepName, toStepError(error, code));
}

/** Throws the failures that a stage has collected. */
export function throwCollected(
  name: string,
  { errorStrategy }: Stage,
  { totalItems, failureCount, failures = [] }: ListOperationMetadata,
): void {
  if (errorStrategy !== "COLLECT_ERRORS" || failureCount === 0) return;
  throw new StepFailure(name, {
    code: LIST_PROCESSING_ERRORS,
    message: `${failureCount} of ${totalItems} items failed`,
    cause: failures,
    retryable: failures.some(({ error }) => error.retryable),
  });
}

/** `stage` with the state of the batch pipeline: its functions see whole earlier outputs. */
function inside(stage: Stage, { state }: FunctionContext): Stage {
  if (stage.kind === "barrier") return stage;
  if (stage.kind === "stream") {
    return {
      ...stage,
      open: (context: StreamContext, control: StreamControl) =>
        stage.open(new InputContext(new WholeContext(context, state), context.input), control),
    };
  }
  return {
    ...stage,
    open(control: StageControl) {
      const opened = stage.open(control);
      return { ...opened, call: withState(opened.call, state) };
    },
  };
}

/** Items of a sequential stage share one context; so they share the one derived from it. */
function withState(call: ItemFunction, state: FunctionContext["state"]): ItemFunction {
  let latest: FunctionContext | undefined;
  let made: FunctionContext | undefined;
  return (item, index, context) => {
    if (made === undefined || context !== latest) made = new WholeContext(context, state);
    latest = context;
    return call(item, index, made);
  };
}
