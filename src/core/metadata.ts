/**
 * Gathers what was counted of a run.
 *
 * @module
 */

import { clock } from "../internal/clock.ts";
import type {
  PipelineMetadata,
  RunStatus,
  StreamingMetadata,
  StreamingTiming,
} from "../base/metadata_types.ts";
import type { StageRun } from "./stage_run.ts";

const FRACTIONS = [0.5, 0.95, 0.99] as const;

/** Keeps the times of a run and looks up the figures of its stages when they are asked for. */
export class RunRecord {
  status: RunStatus = "pending";
  error: unknown;
  readonly cleanupErrors: unknown[] = [];
  stages: readonly StageRun[] = [];
  /** Counts the items that come out. */
  output: { readonly emitted: number } = { emitted: 0 };
  #startedAt: number | undefined;
  #started = 0;
  #firstItem: number | undefined;
  #ended: number | undefined;
  /** The figures of its stages at the end, where some of their calls may go on. */
  #steps: readonly StreamingMetadata[] | undefined;

  /** Whether nothing runs any more. */
  get isOver(): boolean {
    return this.#ended !== undefined;
  }

  /** Whether a function or a step of any stage is running. */
  get isWorking(): boolean {
    return this.stages.some((stage) => stage.worker.readFlow().isWorking);
  }

  /** The first item was asked for. */
  start(): void {
    this.status = "running";
    this.#startedAt = clock.wallTime();
    this.#started = clock.now();
  }

  /** An item has come out. */
  noteItem(): void {
    this.#firstItem ??= clock.now();
  }

  /** The run is over. What may still run changes no figure when it ends. */
  end(status: RunStatus, error: unknown): void {
    this.status = status;
    this.error = error;
    this.#ended = clock.now();
    this.output = { emitted: this.output.emitted };
    const left = this.stages.filter((stage) => stage.end());
    if (left.length > 0) this.#steps = this.stages.map(readStage);
  }

  /** The figures of this moment. */
  read(traceId: string): PipelineMetadata {
    const until = this.#ended ?? clock.now();
    return {
      stepName: "pipeline_complete",
      steps: this.#steps ?? this.stages.map(readStage),
      status: this.status,
      ...(this.#startedAt !== undefined && { startedAt: this.#startedAt }),
      durationMs: this.#startedAt === undefined ? 0 : until - this.#started,
      ...(this.#firstItem !== undefined && { timeToFirstItemMs: this.#firstItem - this.#started }),
      outputCount: this.output.emitted,
      ...(this.error !== undefined && { error: this.error }),
      cleanupErrors: [...this.cleanupErrors],
      traceId,
    };
  }
}

function readStage(run: StageRun): StreamingMetadata {
  const { entered, emitted, passed, inFlight, abandoned, waiting, stalledOn } = run.count();
  return {
    stepName: run.stage.name,
    key: run.stage.key,
    timing: readTiming(run, entered),
    inputCount: entered,
    outputCount: emitted,
    passedCount: passed,
    droppedCount: run.dropped,
    inFlightCount: inFlight,
    waitingCount: waiting,
    abandonedCount: abandoned,
    errorCount: run.failed,
    retryCount: run.retried,
    ...(run.door && { policy: run.door.figures }),
    ...(stalledOn !== undefined && !run.isOver && { stalledOn }),
    ...(run.errors?.length && { errors: [...run.errors] }),
    traceId: run.scope.traceId,
    spanId: run.spanId,
    ...(run.stage.paces ?? run.stage.parallel),
    executionMode: modeOf(run.stage),
  };
}

function modeOf({ isBatch, parallel }: StageRun["stage"]): StreamingMetadata["executionMode"] {
  if (isBatch) return "batch";
  return parallel === undefined ? "streaming" : "parallel-streaming";
}

function readTiming({ durations }: StageRun, itemCount: number): StreamingTiming {
  if (durations === undefined) return { itemCount, sampledCount: 0, avgDurationMs: 0 };
  const [p50, p95, p99] = durations.quantiles(FRACTIONS);
  return {
    itemCount,
    sampledCount: durations.count,
    avgDurationMs: durations.sum / durations.count,
    minDurationMs: durations.min,
    maxDurationMs: durations.max,
    p50DurationMs: p50!,
    p95DurationMs: p95!,
    p99DurationMs: p99!,
  };
}
