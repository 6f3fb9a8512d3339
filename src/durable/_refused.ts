/**
 * Which stages cannot be part of a run that goes on after a crash.
 *
 * @module
 */

import { requireBlueprint } from "../core/pipeline.ts";
import type { Stage } from "../core/stage.ts";
import { isClosable } from "../internal/many.ts";

/** The problem of stages such as `mergeWith`. */
const OF_OTHERS =
  "reads another source, whose position is not saved; merge both in the job's source";
const OF_TIME = "depends on when items come; do it in the source";
const OF_MEMORY = "remembers earlier items, which durable() saves in the mode snapshots alone";

/** The problems of stages of a run with acknowledgements, by their operators. */
const UNTRACED: Readonly<Record<string, string>> = {
  groupBy: OF_MEMORY,
  windowTime: OF_MEMORY,
  joinWith: OF_MEMORY,
  debounce: OF_TIME,
  sample: OF_TIME,
  checkpoint: "keeps the whole stream; leave it out",
  through: "has a web transform; use flatMap()",
};
const UNTRACED_STEP =
  'does not say what its outputs were made of: give it lineage, "item" or "hold"';

/** Those of stages of a run that saves their states. */
const UNSAVED: Readonly<Record<string, string>> = {
  debounce: OF_TIME,
  sample: OF_TIME,
  delay: OF_TIME,
  checkpoint: "keeps the whole stream; end the job there",
  through: "has a web transform; use transform() with snapshot and restore",
  takeUntil: "ends the job for good; use job.stop()",
};
const UNSAVED_STEP =
  "does not say what it keeps: give its step a memory, or use transform() with snapshot and restore";

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

/**
 * Throws a `TypeError` where a stage does not say what its outputs were made of; `what` is what cannot
 * be done then.
 */
export function requireTraced(what: string, searched: Searched): void {
  refuseStages(what, searched, (stage) => {
    if (stage.remembers) return OF_MEMORY;
    if (stage.kind === "item") return undefined;
    if (stage.kind === "stream" && stage.lineage !== undefined) return undefined;
    return findReason(stage, UNTRACED, UNTRACED_STEP);
  });
}

/** Throws a `TypeError` where what a stage keeps cannot be saved; it says what to do. */
export function requireResumable(what: string, searched: Searched): void {
  refuseStages(what, searched, findUnsaved);
}

/** Why what a stage keeps cannot be saved; absent where it can. */
export function findUnsaved(stage: Stage): string | undefined {
  if (!(stage.isResumable ?? stage.kind === "item")) {
    return findReason(stage, UNSAVED, UNSAVED_STEP);
  }
  if (stage.kind !== "stream" || !isClosable(stage.given)) return undefined;
  return "reads a source once; give it a function that opens one";
}

function findReason(
  { operator }: Stage,
  reasons: Readonly<Record<string, string>>,
  otherwise: string,
): string {
  return reasons[operator] ?? (operator.endsWith("With") ? OF_OTHERS : otherwise);
}

/** Throws a `TypeError` for the first stage with a problem; `what` is what cannot be done. */
function refuseStages(
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
