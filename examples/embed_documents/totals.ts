import type { StageFigures } from "@headrace/observe";

/** What a run has done so far, in files and chunks. */
export interface Totals {
  readonly found: number;
  readonly unchanged: number;
  /** Files of which all chunks are stored. */
  readonly embedded: number;
  /** Chunks that were stored. */
  readonly chunks: number;
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
