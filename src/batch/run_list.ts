/**
 * Runs one stage over a whole list, with the engine of the streaming side.
 *
 * @module
 */

import {
  DEFAULT_ASYNC_BUDGET,
  DEFAULT_ERROR_BUFFER,
  DEFAULT_METRICS_INTERVAL_MS,
  DEFAULT_SAMPLE_EVERY,
} from "../defaults.ts";
import { planStages } from "../engine/plan.ts";
import { Run, type RunParts } from "../engine/run.ts";
import {
  DerivedContext,
  type FunctionContext,
  InputContext,
  type ItemFunction,
  type Stage,
  type StageControl,
  type StreamContext,
  type StreamControl,
} from "../engine/stage.ts";
import { StreamingError } from "../errors.ts";
import { StepFailure, toStepError } from "../internal/step_failure.ts";
import { describeKind } from "../internal/validation.ts";
import type { ItemFailure, ItemTimings, ListOperationMetadata } from "../step_types.ts";
import type { StreamingMetadata, StreamingTiming } from "../types.ts";
import type { ListReport } from "./batch_stage.ts";
import { WholeState } from "./whole_state.ts";

/** The code of a list of which items have failed, where all were worked on. */
const LIST_PROCESSING_ERRORS = "LIST_PROCESSING_ERRORS";

/** What every run of a batch pipeline, and of its lists, is made with. */
export const BATCH_RUN: Pick<
  RunParts,
  "checkpoints" | "errorBuffer" | "errorsTo" | "metadata" | "metricsIntervalMs"
> = {
  checkpoints: "never",
  errorsTo: undefined,
  errorBuffer: DEFAULT_ERROR_BUFFER,
  metricsIntervalMs: DEFAULT_METRICS_INTERVAL_MS,
  // The failures of a list are its result, so all are kept.
  metadata: {
    sampleEvery: DEFAULT_SAMPLE_EVERY,
    asyncBudget: DEFAULT_ASYNC_BUDGET,
    maxErrors: Infinity,
  },
};

/**
 * What `stage` makes of the items of `list`, for the stage of a batch pipeline whose context is
 * `outer`. Rejects with a `StepFailure` where items fail, or with the reason of an abort. A stage
 * that collects its errors goes on; with `skipsFailed` the list succeeds without these items.
 */
export async function runList(
  stage: Stage,
  list: unknown,
  outer: FunctionContext,
  report: ListReport,
  skipsFailed = false,
): Promise<unknown[]> {
  if (!Array.isArray(list)) {
    throw new TypeError(
      `Cannot ${stage.operator} stage "${stage.key}": its input must be an array, ` +
        `got ${describeKind(list)}`,
    );
  }
  const run = createInnerRun(stage, list, outer);
  const made: unknown[] = [];
  const tell = () => {
    const outline = { totalItems: list.length, leavesOut: skipsFailed };
    const described = describeList(stage, outline, run.readMetadata().steps[0]!);
    report(described);
    return described;
  };
  try {
    await run.fold(stage.operator, (_: null, item) => (made.push(item), null), null);
  } catch (error) {
    tell();
    throw toFailure(error);
  }
  const described = tell();
  if (!skipsFailed) throwCollected(stage, described);
  return made;
}

/** What `stage` makes of one value, with its own other attempts; rejects as {@linkcode runList}. */
export async function runValue(
  stage: Stage,
  value: unknown,
  outer: FunctionContext,
): Promise<unknown> {
  const run = createInnerRun(stage, [value], outer);
  try {
    return await run.fold(stage.operator, (_, made) => made, undefined as unknown);
  } catch (error) {
    throw toFailure(error);
  }
}

function createInnerRun(stage: Stage, source: readonly unknown[], outer: FunctionContext): Run {
  return new Run({
    ...BATCH_RUN,
    closeTimeoutMs: outer.closeTimeoutMs,
    plan: planStages([inside(stage, outer)]),
    source,
    createContext: () => outer.context,
    signal: outer.signal,
    traceId: outer.traceId,
  });
}

/** What was thrown in an inner run, as the failure of the step that failed. */
export function toFailure(error: unknown): unknown {
  if (!(error instanceof StreamingError)) return error;
  return new StepFailure(error.stepName, toStepError(error));
}

/** Throws what a stage that collects its errors has collected. */
export function throwCollected(
  { name, errorStrategy }: Stage,
  { totalItems, failureCount, failures = [] }: ListOperationMetadata,
): void {
  if (errorStrategy !== "COLLECT_ERRORS" || failureCount === 0) return;
  throw new StepFailure(name, {
    code: LIST_PROCESSING_ERRORS,
    message: `${failureCount} of ${totalItems} items failed`,
    cause: failures,
    retryable: failures.every(({ error }) => error.retryable),
  });
}

function listFailures(errors: readonly StreamingError[]): ItemFailure[] {
  return errors
    .map((error) => ({ index: error.itemIndex!, error: toStepError(error) }))
    .sort((one, other) => one.index - other.index);
}

/** A list as it was handed to a stage. */
interface ListOutline {
  readonly totalItems: number;
  /** Whether it succeeds without the items that have failed. */
  readonly leavesOut: boolean;
}

/** What became of a list in `stage`. */
export function describeList(
  stage: Stage,
  { totalItems, leavesOut }: ListOutline,
  { passedCount, errorCount, droppedCount, errors, timing }: StreamingMetadata,
): ListOperationMetadata {
  const parallel = stage.kind === "item" ? stage.parallel : undefined;
  const itemTimings = toItemTimings(timing);
  return {
    totalItems,
    successCount: passedCount,
    failureCount: errorCount,
    skippedCount: droppedCount + (leavesOut ? errorCount : 0),
    ...(errors && { failures: listFailures(errors) }),
    ...(itemTimings && { itemTimings }),
    executionStrategy: parallel === undefined ? "sequential" : "parallel",
    ...(parallel && { concurrencyLimit: parallel.concurrencyLimit }),
  };
}

function toItemTimings(timing: StreamingTiming): ItemTimings | undefined {
  if (timing.sampledCount === 0) return undefined;
  return {
    min: timing.minDurationMs!,
    max: timing.maxDurationMs!,
    avg: timing.avgDurationMs,
    p50: timing.p50DurationMs!,
    p95: timing.p95DurationMs!,
    p99: timing.p99DurationMs!,
  };
}

/** `stage` with the state of the batch pipeline: its functions see whole earlier outputs. */
function inside(stage: Stage, outer: FunctionContext): Stage {
  const state = new WholeState(outer.state.accumulated);
  if (stage.kind === "barrier") return stage;
  if (stage.kind === "stream") {
    return {
      ...stage,
      open: (context: StreamContext, control: StreamControl) =>
        stage.open(new InputContext(new ListContext(context, state), context.input), control),
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

/** Items that go through one at a time share a context, and then share the one made of it. */
function withState(call: ItemFunction, state: WholeState): ItemFunction {
  let latest: FunctionContext | undefined;
  let made: FunctionContext | undefined;
  return (item, index, context) => {
    if (made === undefined || context !== latest) made = new ListContext(context, state);
    latest = context;
    return call(item, index, made);
  };
}

/** The context of an item, with the state of the pipeline that its list belongs to. */
class ListContext extends DerivedContext {
  readonly #state: WholeState;

  constructor(item: FunctionContext, state: WholeState) {
    super(item);
    this.#state = state;
  }

  override get state(): WholeState {
    return this.#state;
  }
}
