/**
 * The stages that call a function for each item, alike but for what becomes of its answer.
 *
 * @module
 */

import { openStep } from "../parts/step_feed.ts";
import type { StagePlace } from "../core/operator.ts";
import {
  EXPAND,
  type ItemStage,
  type Outcome,
  type Stage,
  type StreamStage,
} from "../core/stage.ts";
import type { OpenStage } from "../core/open_stage.ts";
import type { ItemFunction } from "../core/context.ts";
import { refusal, requireFunction } from "../internal/validation.ts";
import type { StageOptions } from "../base/options.ts";
import { type AnyStreamingStep, callStreamingStep, toWork } from "./_calls.ts";
import { resolveStageOptions, type StageSettings } from "./_options.ts";

/** What a stage calls for each item, and what is to become of the answers. */
export interface FunctionStageParts {
  readonly outcome: Outcome;
  readonly work: unknown;
  readonly options: StageOptions<never> | undefined;
  /** The names of the options that the operator has beside these. */
  readonly own?: readonly string[];
}

/**
 * A stage whose work is a function. `open` makes the part of one run where the function alone is
 * not enough.
 */
export function createFunctionStage(
  place: StagePlace,
  { outcome, work, options, own }: FunctionStageParts,
  open: (call: ItemFunction) => OpenStage = (call) => ({ call }),
): ItemStage {
  requireFunction(place, "its function", work);
  return {
    kind: "item",
    ...place,
    outcome,
    open: () => open(work as ItemFunction),
    ...resolveStageOptions(place, options, undefined, own),
  };
}

/** A stage whose work is a function, a step, or a streaming step. */
export function createWorkStage(
  place: StagePlace,
  { outcome, work: given, options, own }: FunctionStageParts,
): Stage {
  const work = toWork(place, given);
  const settings = resolveStageOptions(place, options, work.retry, own);
  const base = { ...place, name: work.name, ...settings };
  if (work.kind !== "streaming") {
    return { kind: "item", ...base, outcome, open: () => ({ call: work.call }) };
  }
  const { step } = work;
  if (settings.parallel === undefined) return createStepStage(base, step);
  const call: ItemFunction = (item, _index, context) => callStreamingStep(step, item, context);
  return { kind: "item", ...base, outcome: EXPAND, isWork: true, open: () => ({ call }) };
}

/** A stage that runs a streaming step over the whole stream. */
export function createStepStage(
  base: StagePlace & Pick<StreamStage, "onOpen"> & StageSettings,
  step: AnyStreamingStep,
): StreamStage {
  const { key, name, operator, onOpen, errorStrategy, openErrors, retry, policy, timeoutMs } = base;
  if (timeoutMs !== undefined) {
    const problem = "timeoutMs is for work on one item, and a streaming step without parallel " +
      "works on all";
    throw new TypeError(refusal(base, problem));
  }
  return {
    kind: "stream",
    openHead: openStep,
    key,
    name,
    operator,
    ...(onOpen && { onOpen }),
    ...(errorStrategy && { errorStrategy }),
    ...(openErrors && { openErrors }),
    ...(retry && { retry }),
    ...(policy && { policy }),
    readsStreams: true,
    open: (context) => step.execute(context),
  };
}
