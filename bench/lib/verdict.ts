/** Whether a figure is within its target. @module */

import type { Target } from "./row.ts";

export interface TargetResult {
  readonly text: string;
  /** The runtimes that it is asked of; missing where it is asked of all. */
  readonly runtimes?: readonly string[];
  /** `NaN` where a contender that the figure needs was not measured. */
  readonly figure: number;
  readonly verdict: "met" | "missed" | "not measured" | "not asked here";
}

/** A target without the way to its figure. */
export type Bounds = Pick<Target, "text" | "atMost" | "atLeast" | "runtimes">;

export function judgeTarget(
  { text, runtimes, atMost = Infinity, atLeast = -Infinity }: Bounds,
  figure: number,
  runtime: string,
): TargetResult {
  const known = { text, runtimes, figure };
  if (runtimes?.includes(runtime) === false) return { ...known, verdict: "not asked here" };
  if (Number.isNaN(figure)) return { ...known, verdict: "not measured" };
  return { ...known, verdict: figure <= atMost && figure >= atLeast ? "met" : "missed" };
}
