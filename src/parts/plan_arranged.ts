/**
 * Has the stages that drop items run before the pure ones that would work on them for nothing.
 *
 * @module
 */

import { failsFast } from "../base/errors.ts";
import type { CheckpointMode } from "../base/options.ts";
import {
  makesValue,
  type Plan,
  type PlannedStage,
  planStages,
  sortIntoLoops,
  type StageMove,
} from "../core/plan.ts";
import { type ItemStage, KEEP, REPLACE, type Stage } from "../core/stage.ts";

/** The operators that let items pass by their number alone. */
const COUNTING: ReadonlySet<string> = new Set(["skip", "take"]);

/**
 * Plans stages so that fewer calls are made: each that may run earlier moves towards the source, past
 * one stage after the other, for as long as what comes out, its order and its state stay the same.
 */
export function planArranged(stages: readonly Stage[], checkpoints: CheckpointMode): Plan {
  const plan = planStages(stages);
  const order = plan.segments.flatMap(({ head, stages }) => head ? [head, ...stages] : stages);
  const moves: StageMove[] = [];
  for (const [index, stage] of stages.entries()) {
    if (index === 0 || !isDropping(stage)) continue;
    const reader = checkpoints === "never" ? undefined : stages.slice(index + 1).find(readsStreams);
    moves.push(moveEarlier(order, index, whyNotAtAll(stage, reader), findMakers(stages, stage)));
  }
  return { ...plan, segments: sortIntoLoops(order), moves };
}

/** Moves the stage at `index` in `order`, unless there is a reason that keeps it where it is. */
function moveEarlier(
  order: PlannedStage[],
  index: number,
  reason: string | undefined,
  makers: ReadonlySet<Stage>,
): StageMove {
  const planned = order[index]!;
  let place = index;
  let why = reason;
  while (place > 0 && why === undefined) {
    const before = order[place - 1]!;
    why = whyNotBefore(before.stage, makers);
    if (why === undefined) [order[place - 1], order[place--]] = [planned, before];
  }
  const { key, operator } = planned.stage;
  return {
    key,
    operator,
    movedBefore: order.slice(place + 1, index + 1).map(({ stage }) => stage.key),
    ...(why !== undefined && { staysBehind: order[place - 1]!.stage.key, reason: why }),
  };
}

function readsStreams(stage: Stage): boolean {
  return stage.kind === "stream" && stage.readsStreams === true;
}

function isDropping(stage: Stage): stage is ItemStage {
  return stage.kind === "item" && (COUNTING.has(stage.operator) || stage.reads !== undefined);
}

/** The stages that make what a stage reads: one that only lets items pass shows what was made before. */
function findMakers(stages: readonly Stage[], { reads = [] }: ItemStage): ReadonlySet<Stage> {
  const makers = reads.flatMap((key) => {
    const place = stages.findIndex((stage) => stage.key === key);
    return stages.slice(0, place + 1).findLast(makesValue) ?? [];
  });
  return new Set(makers);
}

/** What keeps the stage where it is; absent where nothing does. */
function whyNotAtAll(stage: ItemStage, reader: Stage | undefined): string | undefined {
  const { key } = stage;
  if (reader !== undefined) {
    return `"${reader.key}" may read all that "${key}" lets pass, unless checkpoints are "never"`;
  }
  return whatVaries(stage);
}

/** What keeps a stage that reads what `makers` make from running before `other`. */
function whyNotBefore(other: Stage, makers: ReadonlySet<Stage>): string | undefined {
  const { key } = other;
  if (makers.has(other)) return `it reads what "${key}" makes`;
  if (other.kind !== "item" || (other.outcome !== REPLACE && other.outcome !== KEEP)) {
    return `"${key}" does not make one item of each`;
  }
  if (other.isPure !== true) return `"${key}" does not say that it is pure`;
  if (other.usesIndex === true) return `"${key}" may look at its index, unless usesIndex is false`;
  return whatVaries(other);
}

/** Why which items come out, or their order, depends on where the stage runs. */
function whatVaries({ key, errorStrategy, parallel }: ItemStage): string | undefined {
  if (!failsFast(errorStrategy)) return `"${key}" leaves out items on which it fails`;
  return parallel?.ordered === false ? `"${key}" emits items as they finish` : undefined;
}
