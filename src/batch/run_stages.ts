/**
 * Runs the stages of a batch pipeline, one after the other, on one value.
 *
 * @module
 */

import { planStages } from "../core/plan.ts";
import { Run } from "../core/run.ts";
import type { RunSettings } from "../core/run_options.ts";
import { isStreamingError } from "../base/errors.ts";
import { closeUnread } from "../internal/many.ts";
import { randomHex } from "../internal/random.ts";
import { toStepError } from "../internal/step_failure.ts";
import { startTimes } from "../internal/step_times.ts";
import { isError } from "../internal/thrown.ts";
import type {
  ListOperationMetadata,
  StepError,
  StepMetadata,
  StepResult,
} from "../base/step_types.ts";
import { BATCH_SETTINGS, NEVER_STOPPED } from "./batch_run.ts";
import { type BatchStage, type StageReport, toItemStage } from "./batch_stage.ts";

/** The name of the metadata of a whole pipeline that has succeeded. */
const PIPELINE_COMPLETE = "pipeline_complete";
/** The step name of a failure before the first stage, such as that of the context builder. */
const PIPELINE_START = "pipeline_start";

/** The parameters of a run of a batch pipeline. */
export interface BatchRunParts {
  readonly stages: readonly BatchStage[];
  readonly input: unknown;
  readonly createContext: () => unknown;
  readonly options: RunSettings;
}

/** Runs the stages up to the first that fails. A failure is a result, not a rejection. */
export async function runStages(
  { stages, input, createContext, options }: BatchRunParts,
): Promise<StepResult<unknown>> {
  const readTimes = startTimes();
  const state = {};
  const record = new StageRecord();
  const spanId = randomHex(8);
  const run = new Run({
    settings: BATCH_SETTINGS,
    options,
    createContext,
    plan: planStages(
      stages.map((stage) => toItemStage(keepOutput(stage, state), { state, report: record.begin })),
    ),
    source: [input],
    outer: NEVER_STOPPED,
  });
  const createMetadata = (stepName: string): StepMetadata => {
    const { steps, listMetadata } = record;
    return {
      stepName,
      ...readTimes(),
      traceId: run.traceId,
      spanId,
      ...(listMetadata !== undefined && { listMetadata }),
      steps,
    };
  };
  try {
    const data = await run.fold("execute", (_, item) => item, undefined as unknown);
    return { success: true, data, metadata: createMetadata(PIPELINE_COMPLETE) };
  } catch (thrown) {
    if (stages[0]?.readsSource && record.steps.length === 0) {
      // The run has failed already: that its source cannot be closed is no other failure.
      await Promise.allSettled([closeUnread(input, thrown)]);
    }
    const stepName = isStreamingError(thrown)
      ? thrown.stepName
      : record.steps.at(-1)?.stepName ?? PIPELINE_START;
    const { signal } = options;
    const error = signal?.aborted && thrown === signal.reason
      ? toAbortError(thrown)
      : toStepError(thrown);
    return { success: false, error, metadata: createMetadata(stepName) };
  }
}

/** `stage`, whose output goes into the state of the run: one object, which steps may write to. */
function keepOutput(stage: BatchStage, state: object): BatchStage {
  return {
    ...stage,
    async call(...args) {
      const value = await stage.call(...args);
      const property = { value, writable: true, enumerable: true, configurable: true };
      Object.defineProperty(state, stage.key, property);
      return value;
    },
  };
}

/** A reason that is not an error has neither code nor message of its own. */
function toAbortError(reason: unknown): StepError {
  const error = toStepError(reason);
  if (isError(reason)) return error;
  return { ...error, code: "ABORTED", message: "The run was aborted" };
}

/** A stage that has begun. Its times are from its first attempt to the end of its last one. */
interface StageEntry {
  readonly ids: Pick<StepMetadata, "key" | "stepName" | "traceId" | "spanId">;
  readonly readTimes: ReturnType<typeof startTimes>;
  /** Absent while it runs, and for good where it ignored an abort. */
  times?: ReturnType<StageEntry["readTimes"]>;
  listMetadata?: ListOperationMetadata | undefined;
}

/** Records the stages that have begun, in order. */
class StageRecord {
  readonly #bySpan: Map<string, StageEntry> = new Map();

  readonly begin: StageReport = ({ key, name }, { traceId, spanId }) => {
    const entry: StageEntry = this.#bySpan.get(spanId) ??
      { ids: { key, stepName: name, traceId, spanId }, readTimes: startTimes() };
    this.#bySpan.set(spanId, entry);
    return (listMetadata) => {
      entry.times = entry.readTimes();
      entry.listMetadata = listMetadata;
    };
  };

  get steps(): StepMetadata[] {
    return Array.from(this.#bySpan.values(), ({ ids, readTimes, times, listMetadata }) => ({
      ...ids,
      ...(times ?? readTimes()),
      ...(listMetadata !== undefined && { listMetadata }),
    }));
  }

  /** The counts of the last list. */
  get listMetadata(): StepMetadata["listMetadata"] {
    return this.steps.findLast(({ listMetadata }) => listMetadata !== undefined)?.listMetadata;
  }
}
