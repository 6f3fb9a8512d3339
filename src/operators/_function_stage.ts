/**
 * The stages that call a function for each item, alike but for what becomes of its answer.
 *
 * @module
 */

import {
  EXPAND,
  type ItemFunction,
  type ItemStage,
  type OpenStage,
  type Outcome,
  type Stage,
} from "../engine/stage.ts";
import { requireFunction, requireKey } from "../internal/validation.ts";
import type { StageOptions } from "../options.ts";
import { callStreamingStep, toWork } from "./_calls.ts";
import { resolveStageOptions } from "./_options.ts";

/** What the caller of a builder method gave, and what is to become of the answers. */
export interface FunctionStageParts {
  readonly operator: string;
  readonly key: string;
  readonly outcome: Outcome;
  readonly work: unknown;
  readonly options: StageOptions | undefined;
}

/**
 * A stage whose work is a function. `open` makes the part of one run where the function alone is
 * not enough.
 */
export function createFunctionStage(
  { operator, key, outcome, work, options }: FunctionStageParts,
  open: (call: ItemFunction) => OpenStage = (call) => ({ call }),
): ItemStage {
  requireKey(operator, key);
  requireFunction({ operator, key }, "its function", work);
  const { parallel } = resolveStageOptions({ operator, key }, options);
  return {
    kind: "item",
    key,
    name: key,
    operator,
    outcome,
    open: () => open(work as ItemFunction),
    ...(parallel && { parallel }),
  };
}

/** A stage whose work is a function, a step, or a streaming step. */
export function createWorkStage({ operator, key, ...parts }: FunctionStageParts): Stage {
  requireKey(operator, key);
  const work = toWork({ operator, key }, parts.work);
  const { parallel } = resolveStageOptions({ operator, key }, parts.options);
  const { name } = work;
  const base = { key, name, operator, ...(parallel && { parallel }) };
  if (work.kind !== "streaming") {
    const { outcome } = parts;
    return { kind: "item", ...base, outcome, open: () => ({ call: work.call }) };
  }
  const { step } = work;
  if (parallel === undefined) {
    return { kind: "stream", ...base, open: (context) => step.execute(context) };
  }
  const call: ItemFunction = (item, _index, context) => callStreamingStep(step, item, context);
  return { kind: "item", ...base, outcome: EXPAND, isWork: true, open: () => ({ call }) };
}
