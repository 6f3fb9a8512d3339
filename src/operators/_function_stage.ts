/**
 * The stages that call a function for each item, alike but for what becomes of its answer.
 *
 * @module
 */

import { createStreamStage } from "./_stream_stage.ts";
import type { StagePlace } from "../core/operator.ts";
import {
  EXPAND,
  type ItemStage,
  type Outcome,
  type Stage,
  type StageControl,
  type StreamControl,
  type StreamStage,
} from "../core/stage.ts";
import type { OpenStage } from "../core/open_stage.ts";
import type { ItemFunction, StageMemory, StreamContext } from "../core/context.ts";
import { refuse, requireFunction } from "../internal/validation.ts";
import type { StageOptions, StepMemory } from "../base/options.ts";
import { type AnyStreamingStep, callStreamingStep, toWork } from "./_calls.ts";
import { resolveStageOptions, type StageSettings } from "./_options.ts";

/** What a stage calls for each item, and what becomes of the answers. */
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
  open: (call: ItemFunction, control: StageControl) => OpenStage = (call) => ({ call }),
): ItemStage {
  requireFunction(place, "its function", work);
  return {
    kind: "item",
    ...place,
    outcome,
    open: (control) => open(work as ItemFunction, control),
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
  if (base.timeoutMs !== undefined) {
    const problem = "timeoutMs is for work on one item, and a streaming step without parallel " +
      "works on all";
    refuse(base, problem);
  }
  return createStreamStage(
    base,
    (context, control) => step.execute(remember(step, context, control)),
    { readsStreams: true, isResumable: step.memory !== undefined },
  );
}

/** The context of a step with what it keeps. */
function remember(
  { memory }: AnyStreamingStep,
  context: StreamContext,
  control: StreamControl,
): StreamContext {
  // A step that starts again continues with what it has kept.
  if (memory !== undefined) context.kept = (control.keep(new Kept(memory)) as Kept).value;
  return context;
}

/** What a step keeps in a run. */
class Kept implements StageMemory {
  readonly version = 1;
  value: unknown;
  readonly #memory: StepMemory<unknown, unknown>;

  constructor(memory: StepMemory<unknown, unknown>) {
    this.#memory = memory;
    this.value = memory.restore(undefined);
  }

  snapshot(): unknown {
    return this.#memory.snapshot(this.value);
  }

  restore(saved: unknown): void {
    this.value = this.#memory.restore(saved);
  }
}
