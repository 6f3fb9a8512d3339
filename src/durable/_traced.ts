/**
 * Which pipelines can be run with acknowledgements.
 *
 * @module
 */

import type { Stage } from "../core/stage.ts";

const STEP = 'does not say what its outputs were made of: give it lineage, "item" where all that ' +
  'it yields before it asks for the next item was made of the last one, or "hold" where it calls ' +
  "ack()";
const MEMORY = "remembers earlier items, which is not saved in this mode; use the mode snapshots";
const REASONS: Readonly<Record<string, string>> = {
  groupBy: MEMORY,
  windowTime: MEMORY,
  debounce: MEMORY,
  sample: MEMORY,
  checkpoint: "keeps the whole stream, and nothing would be done before its end; leave it out",
  through: "has a web transform, which does not say what its outputs were made of; use flatMap()",
};
const OTHERS = "reads another source, whose position is not saved; merge both in the job's source";

/** Throws a `TypeError` where a stage does not say what its outputs were made of. */
export function requireTraced(id: string, stages: readonly Stage[]): void {
  for (const stage of stages) {
    const problem = findProblem(stage);
    if (problem === undefined) continue;
    const { key, operator } = stage;
    throw new TypeError(
      `Cannot make the job "${id}" in the mode acks: the stage "${key}" (${operator}) ${problem}`,
    );
  }
}

function findProblem(stage: Stage): string | undefined {
  if (stage.remembers) return MEMORY;
  if (stage.kind === "item") return undefined;
  if (stage.kind === "stream" && stage.lineage !== undefined) return undefined;
  const { operator } = stage;
  return REASONS[operator] ?? (operator.endsWith("With") ? OTHERS : STEP);
}
