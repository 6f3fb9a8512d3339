/**
 * What a job saves if its stages have states.
 *
 * @module
 */

import type { JobResult } from "./job.ts";
import { requireStages, type SavedStages } from "./_stages.ts";
import { createUnreadable } from "./_errors.ts";

/** How the saved run has ended; `open` where it has not. */
export type Status = JobResult["status"] | "open";

/** What is saved, beside the mode and the version. */
export interface SavedRun {
  readonly status: Status;
  readonly position: unknown;
  readonly stages: SavedStages;
}

/** Reads what was saved; throws where it is not what is saved of a run. */
export function requireSaved(id: string, saved: object): SavedRun {
  const { status = "open", position, stages } = saved as Partial<SavedRun>;
  const known: readonly unknown[] = ["open", "ended", "complete", "stopped"];
  if (!known.includes(status)) throw createUnreadable(id, "it does not say how its run has ended");
  return { status, position, stages: requireStages(id, stages) };
}
