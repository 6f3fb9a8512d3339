/**
 * Refuses the stages that cannot be part of a run that goes on after a crash.
 *
 * @module
 */

import type { Stage } from "../core/stage.ts";

/** The problem of stages such as `mergeWith`. */
export const OF_OTHERS =
  "reads another source, whose position is not saved; merge both in the job's source";

/** Throws a `TypeError` for the first stage with a problem; `what` is what cannot be done. */
export function refuseStages(
  what: string,
  stages: readonly Stage[],
  findProblem: (stage: Stage) => string | undefined,
): void {
  for (const stage of stages) {
    const problem = findProblem(stage);
    if (problem === undefined) continue;
    throw new TypeError(`Cannot ${what}: the stage "${stage.key}" (${stage.operator}) ${problem}`);
  }
}
