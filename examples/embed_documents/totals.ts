import type { PipelineMetadata, StepMetadata } from "@headrace/pipeline";

/** What a run has done so far, in files and chunks. */
export interface Totals {
  readonly found: number;
  readonly unchanged: number;
  /** Files of which all chunks are stored. */
  readonly embedded: number;
  /** Chunks that were stored. */
  readonly chunks: number;
}

/** What the library has counted in one stage of a run of either form. */
export interface StageFigures {
  readonly key: string;
  readonly inputCount: number;
  readonly outputCount: number;
  /** Items that the stage failed on or skipped. */
  readonly errorCount: number;
  /** Half of its calls took no longer; absent where none was timed. */
  readonly p50Ms?: number | undefined;
  /** 95 % of its calls took no longer; absent where none was timed. */
  readonly p95Ms?: number | undefined;
}

/** The figures of a streaming run, which has them at any moment. */
export function figuresOfRun({ steps }: PipelineMetadata): StageFigures[] {
  return steps.map(({ key, inputCount, outputCount, errorCount, timing }) => ({
    key,
    inputCount,
    outputCount,
    errorCount,
    p50Ms: timing.p50DurationMs,
    p95Ms: timing.p95DurationMs,
  }));
}

/** The figures of a batch run, which has them when it is over. */
export function figuresOfLists({ steps = [] }: StepMetadata): StageFigures[] {
  // What works on no list passes one on.
  const stages = steps.filter(({ listMetadata }) => listMetadata !== undefined);
  return stages.map(({ key = "", listMetadata: list }, at) => ({
    key,
    inputCount: list?.totalItems ?? 0,
    // A list does not say how many items it has made, but the next one how many it was given.
    outputCount: stages[at + 1]?.listMetadata?.totalItems ?? list?.successCount ?? 0,
    errorCount: list?.failureCount ?? 0,
    p50Ms: list?.itemTimings?.p50,
    p95Ms: list?.itemTimings?.p95,
  }));
}

/** Reads the totals from the figures of a run's stages; zeros before there are any. */
export function readTotals(stages: readonly StageFigures[] = []): Totals {
  const stage = (key: string) => stages.find((stage) => stage.key === key);
  const changed = stage("changed");
  return {
    found: stage("discover")?.outputCount ?? 0,
    unchanged: changed === undefined ? 0 : changed.inputCount - changed.outputCount,
    embedded: stage("completed")?.outputCount ?? 0,
    chunks: stage("store")?.outputCount ?? 0,
  };
}

const COLUMNS = ["stage", "in", "out", "left out", "p50 ms", "p95 ms"] as const;
const NAME_WIDTH = 10;
const FIGURE_WIDTH = 10;

/** One line for each stage: its items, those it failed on or skipped, and how long calls took. */
export function formatStages(stages: readonly StageFigures[]): string {
  return [COLUMNS, ...stages.map(cellsOf)].map(([name = "", ...figures]) =>
    name.padEnd(NAME_WIDTH) + figures.map((figure) => figure.padStart(FIGURE_WIDTH)).join("")
  ).join("\n");
}

function cellsOf({ key, inputCount, outputCount, errorCount, p50Ms, p95Ms }: StageFigures) {
  const durations = [p50Ms, p95Ms].map((milliseconds) => milliseconds?.toFixed(2) ?? "–");
  return [key, ...[inputCount, outputCount, errorCount].map(String), ...durations];
}
