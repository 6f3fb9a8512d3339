// What a profile says.

import type { Hint } from "@headrace/pipeline/core";
import type { RunFigures } from "./figures.ts";

/**
 * Where the time of a stage went.
 *
 * @category Profile
 */
export interface StageProfile {
  /** The stage's key. */
  readonly key: string;
  /** How many calls it made. */
  readonly callCount: number;
  /** How many of them were timed. */
  readonly sampledCount: number;
  /** The work of all calls in sum, from those that were timed: of calls side by side, more than the run took. */
  readonly ownMs: number;
  /** The share of the looks at which it worked, from 0 to 1. */
  readonly workingShare: number;
  /** The share at which it waited for an item. */
  readonly noInputShare: number;
  /** The share at which it waited for the stages after it, or for the reader. */
  readonly heldBackShare: number;
  /** How many of its items were in progress or waited, on average. */
  readonly meanInFlight: number;
  /** The stages that run inside of it: of groups and branches, and the items of a list. */
  readonly inside: readonly InnerProfile[];
}

/**
 * Where the time of a stage went that runs inside of another.
 *
 * @category Profile
 */
export interface InnerProfile {
  /** The key of the stage inside. */
  readonly key: string;
  /** How many calls it made, in all runs inside. */
  readonly callCount: number;
  /** The work of all of them in sum, from those that were timed. */
  readonly ownMs: number;
}

/**
 * Where the time of a run went.
 *
 * @category Profile
 */
export interface RunProfile {
  /** How the run ended. */
  readonly status: RunFigures["status"];
  /** Milliseconds from the first pull to the end. */
  readonly durationMs: number;
  /** How often the stages were looked at. */
  readonly lookCount: number;
  /** The stages, in order. */
  readonly stages: readonly StageProfile[];
  /** What the figures suggest: see `advise` of `@headrace/pipeline/core`. */
  readonly hints: readonly Hint[];
  /** The same as a table with the hints below, a line each. */
  readonly text: string;
  /** The same as a picture: work by stage, those inside below them, and what each stage waited for. */
  readonly svg: string;
}
