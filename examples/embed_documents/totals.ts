import type { PipelineMetadata, StreamingMetadata } from "@headrace/pipeline";

/** What a run has done so far, in files and chunks. */
export interface Totals {
  readonly found: number;
  readonly unchanged: number;
  /** Files of which all chunks are stored. */
  readonly embedded: number;
  /** Chunks that were stored. */
  readonly chunks: number;
}

/** Reads the totals from what the library has counted; zeros before the run has begun. */
export function readTotals(metadata: PipelineMetadata | undefined): Totals {
  const stage = (key: string) => metadata?.steps.find((step) => step.key === key);
  return {
    found: stage("discover")?.outputCount ?? 0,
    unchanged: stage("changed")?.droppedCount ?? 0,
    embedded: stage("completed")?.passedCount ?? 0,
    chunks: stage("store")?.outputCount ?? 0,
  };
}

const COLUMNS = ["stage", "in", "out", "left out", "p50 ms", "p95 ms"] as const;
const NAME_WIDTH = 10;
const FIGURE_WIDTH = 10;

/** One line for each stage: its items, those it failed on or skipped, and how long calls took. */
export function formatStages({ steps }: PipelineMetadata): string {
  return [COLUMNS, ...steps.map(cellsOf)].map(([name = "", ...figures]) =>
    name.padEnd(NAME_WIDTH) + figures.map((figure) => figure.padStart(FIGURE_WIDTH)).join("")
  ).join("\n");
}

function cellsOf(
  { key, inputCount, outputCount, errorCount, timing }: StreamingMetadata,
): string[] {
  const durations = [timing.p50DurationMs, timing.p95DurationMs];
  return [
    key,
    ...[inputCount, outputCount, errorCount].map(String),
    ...durations.map((milliseconds) => milliseconds?.toFixed(2) ?? "–"),
  ];
}
