/**
 * Refuses the stages that cannot be part of a run that goes on after a crash.
 *
 * @module
 */

import { requireBlueprint } from "../core/pipeline.ts";
import type { Stage } from "../core/stage.ts";

/** The problem of stages such as `mergeWith`. */
const OF_OTHERS =
  "reads another source, whose position is not saved; merge both in the job's source";

/** The problem of stages such as `debounce`. */
export const OF_TIME = "depends on when items come; do it in the source";

/**
 * How many levels of pipelines inside stages are checked when a job is made: one that is inside
 * itself has no end. Deeper ones are checked when they run.
 */
export const LEVELS = 8;

/** A pipeline whose stages are looked at. */
export interface Searched {
  readonly stages: readonly Stage[];
  /** The names of what the pipeline is inside of, each followed by an arrow. */
  readonly path?: string;
  /** How many levels of pipelines inside of its stages are looked at; none by default. */
  readonly levels?: number;
}

/** Why a stage is refused: what `reasons` say of its operator, or `otherwise`. */
export function findReason(
  { operator }: Stage,
  reasons: Readonly<Record<string, string>>,
  otherwise: string,
): string {
  return reasons[operator] ?? (operator.endsWith("With") ? OF_OTHERS : otherwise);
}

/** Throws a `TypeError` for the first stage with a problem; `what` is what cannot be done. */
export function refuseStages(
  what: string,
  { stages, path = "", levels = 0 }: Searched,
  findProblem: (stage: Stage) => string | undefined,
): void {
  for (const stage of stages) {
    const name = `${path}"${stage.key}"`;
    const problem = findProblem(stage);
    if (problem !== undefined) {
      throw new TypeError(`Cannot ${what}: the stage ${name} (${stage.operator}) ${problem}`);
    }
    if (levels === 0 || stage.kind !== "stream" || stage.inner === undefined) continue;
    const { keys, nameBuild, build } = stage.inner;
    for (const key of keys) {
      const place = `${name} → ${nameBuild(key)}`;
      const inner = requireBlueprint(what, build(key), place);
      const searched = { stages: inner.stages, path: `${place} → `, levels: levels - 1 };
      refuseStages(what, searched, findProblem);
    }
  }
}
