import type { ReadFigures } from "../../progress.ts";
import type { StageFigures } from "../../totals.ts";

/** A run with these figures of its stages; all others are 0. */
export function figuresOf(stages: Record<string, Partial<StageFigures>>): ReadFigures {
  const figures = Object.entries(stages).map(([key, given]): StageFigures => ({
    key,
    inputCount: 0,
    outputCount: 0,
    errorCount: 0,
    ...given,
  }));
  return () => figures;
}
