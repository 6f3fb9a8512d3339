/**
 * Decides which stages share a loop and where each stage's value goes on the path. Done once per
 * pipeline; {@linkcode openPlan} makes the parts of one run.
 *
 * @module
 */

import { createSourceFeed } from "./feed.ts";
import { type PlannedOp, StageRun } from "./op.ts";
import { ParallelFeed } from "./parallel.ts";
import { ParallelStreamsFeed } from "./parallel_streams.ts";
import type { RunScope } from "./scope.ts";
import { type Carrier, Segment } from "./segment.ts";
import { EXPAND, type ItemStage, REPLACE, type Stage } from "./stage.ts";
import { createPath, SOURCE_SLOT, UNREAD_SLOT, type Visible } from "./state.ts";
import { StepFeed } from "./step_feed.ts";

/** Who an error of the source is put down to. */
const SOURCE_STAGE = { key: "source", name: "source", operator: "read" } as const;

/** A stage, the slot of its value, and the earlier stages whose values it can see. */
interface PlannedStage {
  readonly stage: Stage;
  readonly slot: number;
  readonly visible: readonly Visible[];
}

/** What one loop reads from, and the stages it runs. */
interface PlannedSegment {
  /** The stage that the loop reads from; absent for the first, which reads the source. */
  readonly head: PlannedStage | undefined;
  readonly stages: PlannedStage[];
}

/** A pipeline's stages, sorted into loops. */
export interface Plan {
  readonly segments: readonly PlannedSegment[];
  readonly slots: number;
}

/** Sorts `stages` into loops: a new one begins where a stage goes at its own pace. */
export function planStages(stages: readonly Stage[]): Plan {
  const segments: PlannedSegment[] = [{ head: undefined, stages: [] }];
  let visible: readonly Visible[] = [];
  let slots = SOURCE_SLOT + 1;
  let slot = SOURCE_SLOT;
  for (const stage of stages) {
    if (makesValue(stage)) slot = slots++;
    const planned: PlannedStage = { stage, slot, visible };
    if (isFused(stage)) segments.at(-1)!.stages.push(planned);
    else segments.push({ head: planned, stages: [] });
    visible = [...visible, { key: stage.key, slot }];
  }
  return { segments, slots };
}

/**
 * Makes the parts of one run and returns its last loop; `sink`, where given, takes the items in
 * that loop. Nothing is opened yet.
 */
export function openPlan(
  plan: Plan,
  scope: RunScope,
  source: unknown,
  sink?: ItemStage,
): Segment {
  let upstream: Segment | undefined;
  for (const { head, stages } of plan.segments) {
    const ops = stages.map((planned) => openStage(planned, scope));
    if (sink !== undefined && stages === plan.segments.at(-1)!.stages) {
      ops.push({ run: new StageRun(scope, sink, []), stage: sink, slot: UNREAD_SLOT });
    }
    if (upstream === undefined || head === undefined) {
      upstream = new Segment({
        scope,
        owner: new StageRun(scope, SOURCE_STAGE, []),
        feed: createSourceFeed(source),
        slot: SOURCE_SLOT,
        ops,
        answered: false,
        path: createPath(plan.slots),
      });
      continue;
    }
    upstream = openHead(head, upstream, ops, scope, plan.slots);
  }
  return upstream!;
}

function makesValue(stage: Stage): boolean {
  return stage.kind === "stream" || stage.outcome === REPLACE || stage.outcome === EXPAND;
}

function isFused(stage: Stage): boolean {
  return stage.kind === "item" && stage.parallel === undefined;
}

function openStage({ stage, slot, visible }: PlannedStage, scope: RunScope): PlannedOp {
  return { run: new StageRun(scope, stage, visible), stage: stage as ItemStage, slot };
}

/** Opens the stage at the head of a loop, and the loop. */
function openHead(
  { stage, slot, visible }: PlannedStage,
  upstream: Segment,
  ops: readonly PlannedOp[],
  scope: RunScope,
  slots: number,
): Segment {
  const run = new StageRun(scope, stage, visible);
  const loop = (carrier: Carrier, ops: readonly PlannedOp[], answered: boolean) => {
    const { path } = carrier;
    return new Segment({ scope, owner: run, feed: carrier, carrier, slot, ops, answered, path });
  };
  if (stage.kind === "stream") return loop(new StepFeed(upstream, run, stage), ops, false);

  const open = stage.open({ end: () => {} });
  const settings = stage.parallel!;
  // Where no earlier stage can be read, items need no path of their own.
  const sharedPath = visible.length === 0 ? createPath(slots) : undefined;
  const parts = { upstream, run, stage, settings, call: open.call, sharedPath };
  if (stage.outcome === EXPAND) return loop(new ParallelStreamsFeed(parts), ops, false);
  return loop(new ParallelFeed(parts), [{ run, stage, slot, open }, ...ops], true);
}
