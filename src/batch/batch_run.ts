/**
 * The runs that a batch pipeline makes, of its own stages and of those that they run inside.
 *
 * @module
 */

import { DEFAULT_LIST_ASYNC_BUDGET, DEFAULT_SAMPLE_EVERY } from "../base/defaults.ts";
import type { ErrorSink } from "../base/options.ts";
import type { FunctionContext } from "../core/context.ts";
import { Run } from "../core/run.ts";
import { DEFAULT_RUN_SETTINGS } from "../core/run_options.ts";
import type { OuterRun, RunParts } from "../core/run_parts.ts";
import type { PipelineSettings } from "../core/start_options.ts";

/** The settings of all runs of a batch pipeline and of its lists. */
export const BATCH_SETTINGS: PipelineSettings = {
  checkpoints: "never",
  // The failures of a list are its result: all are kept.
  metadata: {
    sampleEvery: DEFAULT_SAMPLE_EVERY,
    asyncBudget: DEFAULT_LIST_ASYNC_BUDGET,
    maxErrors: Infinity,
  },
};

/** No policy stops them: a value that lacks items is no result. */
export const NEVER_STOPPED: OuterRun = { requestStop: () => false };

/**
 * A run inside the stage whose context is `outer`: it has the context, signal and trace of `outer`.
 */
export function createRunInside(
  outer: FunctionContext,
  parts: Pick<RunParts, "settings" | "plan" | "source">,
  errorsTo?: ErrorSink,
): Run {
  const { signal, closeTimeoutMs, observer, context, traceId, perRun } = outer;
  return new Run({
    ...parts,
    options: { ...DEFAULT_RUN_SETTINGS, errorsTo, signal, closeTimeoutMs, observer },
    createContext: () => context,
    outer: { ...NEVER_STOPPED, traceId, perRun },
  });
}
