/**
 * Which pipelines can be run with acknowledgements.
 *
 * @module
 */

import type { Stage } from "../core/stage.ts";
import { findReason, OF_TIME, refuseStages, type Searched } from "./_refused.ts";

const STEP = 'does not say what its outputs were made of: give it lineage, "item" or "hold"';
const MEMORY = "remembers earlier items, which durable() saves in the mode snapshots alone";
const REASONS: Readonly<Record<string, string>> = {
  groupBy: MEMORY,
  windowTime: MEMORY,
  joinWith: MEMORY,
  debounce: OF_TIME,
  sample: OF_TIME,
  checkpoint: "keeps the whole stream; leave it out",
  through: "has a web transform; use flatMap()",
};

/**
 * Throws a `TypeError` where a stage does not say what its outputs were made of; `what` is what cannot
 * be done then.
 */
export function requireTraced(what: string, searched: Searched): void {
  refuseStages(what, searched, findProblem);
}

function findProblem(stage: Stage): string | undefined {
  if (stage.remembers) return MEMORY;
  if (stage.kind === "item") return undefined;
  if (stage.kind === "stream" && stage.lineage !== undefined) return undefined;
  return findReason(stage, REASONS, STEP);
}
