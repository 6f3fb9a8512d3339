/**
 * Decides which stages share a loop and where each stage's value goes on the path. Done once per
 * pipeline; {@linkcode openPlan} makes the parts of one run.
 *
 * @module
 */

import { createSourceFeed } from "./source_feed.ts";
import { isClosable } from "../internal/many.ts";
import type { ObservedStage, StageHooks } from "../base/observer.ts";
import type { Feed, StageFeed } from "./feed.ts";
import type { HeadParts, OpenedHead } from "./head.ts";
import type { Upstream } from "./upstream.ts";
import type { PlannedOp } from "./op.ts";
import { runOutside, type StageFlow, StageRun, type StageWorker } from "./stage_run.ts";
import type { RunScope } from "./scope.ts";
import { Segment } from "./segment.ts";
import type { SegmentParts } from "./segment_parts.ts";
import {
  EXPAND,
  GATHER,
  type ItemStage,
  KEEP_WHILE,
  type Outcome,
  REPLACE,
  type Stage,
} from "./stage.ts";
import { ORIGIN_SLOT } from "./lineage.ts";
import { createPath, NO_SLOT, SOURCE_SLOT } from "./state.ts";
import { SEES_NOTHING, type Visibility, VisibleStages } from "./visibility.ts";

/** The stage that errors of the source are attributed to. */
const SOURCE_STAGE = { key: "source", name: "source", operator: "read", phase: "pull" } as const;

/** The outcomes that put something else in the item's place. */
const MAKES_VALUE: readonly Outcome[] = [REPLACE, EXPAND, GATHER];

/** A stage, the slot of its value, and the earlier stages whose values it can see. */
export interface PlannedStage {
  readonly stage: Stage;
  /** Its place among the stages, in the order in which they were added. */
  readonly index: number;
  /** Where its items go on the path. */
  readonly slot: number;
  readonly visible: Visibility;
  /** The same where a later stage can read it as well, else nothing. */
  readonly kept: Visibility;
}

/** What one loop reads from, and the stages it runs. */
export interface PlannedSegment {
  /** The stage that the loop reads from; absent for the first, which reads the source. */
  readonly head: PlannedStage | undefined;
  readonly stages: PlannedStage[];
  /** See `SegmentParts.mayEnd`. */
  mayEnd: boolean;
}

/** A pipeline's stages, sorted into loops. */
export interface Plan {
  readonly segments: readonly PlannedSegment[];
  readonly slots: number;
  /** Where the source's items go on the path. */
  readonly sourceSlot: number;
  /** Whether a stage was given something that must be closed even by a run that never reads it. */
  readonly isClosable: boolean;
  /** What is put between each two stages, none of which share a loop then. */
  readonly join?: JoinLoops | undefined;
  /** What became of the stages that may run earlier; absent where all run as they were added. */
  readonly moves?: readonly StageMove[] | undefined;
}

/**
 * What `optimize` did with a stage that may run earlier.
 *
 * @category Pipelines
 */
export interface StageMove {
  /** The stage's key. */
  readonly key: string;
  /** The operator that made it. */
  readonly operator: string;
  /** The keys of the stages that it runs before, in order, though it was added after them. */
  readonly movedBefore: readonly string[];
  /** The stage that it has to run after; absent where it runs first of all. */
  readonly staysBehind?: string | undefined;
  /** Why it does; absent where it runs first of all. */
  readonly reason?: string | undefined;
}

/**
 * Makes the feed through which what comes out of a loop that ends with the stage of `key` is read.
 */
export type JoinLoops = (upstream: Upstream, key: string) => StageFeed;

/** How stages are planned. */
export interface PlanOptions {
  readonly join?: JoinLoops;
  /** Whether items have their origin on the path; see `Lineage`. */
  readonly isTraced?: boolean;
}

/**
 * Plans stages to run in the order in which they are: a new loop begins where a stage goes at its own
 * pace, and with `join` at each stage.
 */
export function planStages(
  stages: readonly Stage[],
  { join, isTraced = false }: PlanOptions = {},
): Plan {
  const planned: PlannedStage[] = [];
  const visibleStages = new VisibleStages(isTraced ? [ORIGIN_SLOT] : []);
  let slots = SOURCE_SLOT + 1;
  let slot = SOURCE_SLOT;
  for (const [index, stage] of stages.entries()) {
    if (makesValue(stage)) slot = slots++;
    const isLast = index === stages.length - 1;
    const visible = visibleStages.look();
    const kept = isLast && !isTraced ? SEES_NOTHING : visible;
    planned.push({ stage, index, slot, visible, kept });
    if (stage.isInner !== true) {
      const isBarrier = stage.kind === "barrier";
      visibleStages.add({ key: stage.key, index, slot, isBarrier });
    }
  }
  // A stage that only lets items pass, before any that makes one, shows the source's item.
  const isSourceRead = isTraced || visibleStages.firstSlot === SOURCE_SLOT;
  return {
    segments: sortIntoLoops(planned, join),
    slots,
    sourceSlot: isSourceRead ? SOURCE_SLOT : NO_SLOT,
    isClosable: stages.some((stage) => stage.kind === "stream" && isClosable(stage.given)),
    join,
  };
}

/** Sorts stages into loops, in the order in which they are to run. */
export function sortIntoLoops(
  stages: readonly PlannedStage[],
  join?: JoinLoops,
): PlannedSegment[] {
  const segments: PlannedSegment[] = [{ head: undefined, stages: [], mayEnd: false }];
  for (const planned of stages) {
    const { stage, index } = planned;
    if (!isFused(stage)) segments.push({ head: planned, stages: [], mayEnd: false });
    else if (join === undefined || index === 0) segments.at(-1)!.stages.push(planned);
    else segments.push({ head: undefined, stages: [planned], mayEnd: false });
    segments.at(-1)!.mayEnd ||= mayEnd(stage);
  }
  return segments;
}

/** The parts of one run. */
export interface OpenedPlan {
  /** The last loop. */
  readonly segment: Segment;
  /** The stages, in order. */
  readonly stages: readonly StageRun[];
}

/**
 * Makes the parts of one run; `reader` names the fold of its items in errors. Nothing is opened yet.
 */
export function openPlan(
  plan: Plan,
  scope: RunScope,
  source: unknown,
  reader?: string,
): OpenedPlan {
  const runs: StageRun[] = [];
  const addStage = ({ stage, index, visible }: PlannedStage) => {
    const run = runs[index] = new StageRun(scope, stage, visible, runs);
    run.observe(scope.hooks?.stage?.(describeStage(stage)) as StageHooks | undefined);
    return run;
  };
  let upstream: Segment | undefined;
  for (const [index, { head, stages, mayEnd }] of plan.segments.entries()) {
    const isLast = index === plan.segments.length - 1;
    const before = runs.at(-1);
    const headRun = head && addStage(head);
    const parts: LoopParts = {
      scope,
      mayEnd,
      ops: stages.map((planned) => planOp(planned, addStage(planned))),
      reader: isLast && reader !== undefined ? runOutside(scope, reader) : undefined,
    };
    if (upstream === undefined) upstream = openSource(source, parts, plan);
    else {
      const stageFeed = before && plan.join?.(upstream, before.stage.key);
      if (stageFeed !== undefined) {
        const loop = head === undefined
          ? parts
          : { scope, mayEnd: false, ops: [], reader: undefined };
        upstream = openLoop(loop, stageFeed, NO_SLOT, upstream.path, stageFeed);
      }
      if (head !== undefined) upstream = openHead(head, headRun!, upstream, parts, plan.slots);
    }
  }
  for (const run of runs) run.stage.onOpen?.(run);
  return { segment: upstream!, stages: runs };
}

function describeStage(stage: Stage): ObservedStage {
  const { key, name: stepName, operator } = stage;
  const givesMany = stage.kind === "item" && stage.outcome === EXPAND;
  const gives = stage.kind === "stream" ? "stream" : givesMany ? "many" : "one";
  return { key, stepName, operator, gives };
}

/** Whether state shows under its key what it makes, and not what it lets pass. */
export function makesValue(stage: Stage): boolean {
  return stage.kind === "stream" || (stage.kind === "item" && MAKES_VALUE.includes(stage.outcome));
}

function mayEnd(stage: Stage): boolean {
  return stage.kind === "item" && (stage.outcome === KEEP_WHILE || stage.mayEnd === true);
}

/** Whether it shares a loop: a stage that has an opener of its own begins a new one. */
function isFused(stage: Stage): boolean {
  return stage.openHead === undefined;
}

function planOp({ stage, slot, kept }: PlannedStage, run: StageRun): PlannedOp {
  return { run, stage: stage as ItemStage, slot, kept };
}

interface LoopParts extends Pick<SegmentParts, "scope" | "mayEnd" | "reader"> {
  readonly ops: readonly PlannedOp[];
}

function openSource(source: unknown, parts: LoopParts, plan: Plan): Segment {
  const path = createPath(plan.slots);
  const feed = createSourceFeed(source);
  const traced = parts.scope.lineage?.readSource(feed, path) ?? feed;
  return openLoop(parts, traced, plan.sourceSlot, path);
}

/**
 * Opens a loop that has no stage at its head. The parts are named one by one: what is spread has a
 * hidden class of its own in each run.
 */
function openLoop(
  { scope, mayEnd, ops, reader }: LoopParts,
  feed: Feed,
  slot: number,
  path: unknown[],
  stageFeed?: StageFeed,
): Segment {
  return new Segment({
    scope,
    feed,
    slot,
    stageFeed,
    headAlreadyRan: false,
    mayEnd,
    path,
    owner: new StageRun(scope, SOURCE_STAGE),
    reader,
  }, ops);
}

/** Opens the stage at the head of a loop, and the loop. */
function openHead(
  { stage, slot, visible, kept }: PlannedStage,
  run: StageRun,
  upstream: Segment,
  parts: LoopParts,
  slots: number,
): Segment {
  // Where no earlier stage can be read, items need no path of their own.
  const sharedPath = visible.hasSlots ? undefined : createPath(slots);
  // Each kind of stage brings the opener of its own kind.
  const open = stage.openHead as (stage: Stage, parts: HeadParts) => OpenedHead;
  const { stageFeed, answering } = open(stage, { upstream, run, sharedPath });
  const headAlreadyRan = answering !== undefined;
  const { scope, mayEnd, ops, reader } = parts;
  const head: PlannedOp = { run, stage: stage as ItemStage, slot, kept, open: answering };
  const segment = new Segment({
    scope,
    feed: stageFeed,
    slot,
    stageFeed,
    headAlreadyRan,
    mayEnd,
    path: stageFeed.path,
    owner: run,
    reader,
  }, headAlreadyRan ? [head, ...ops] : ops);
  run.worker = new HeadWorker(stageFeed, headAlreadyRan ? segment : undefined);
  return segment;
}

/** A stage at the head of a loop: its feed knows the items, or the loop where that concludes them. */
class HeadWorker implements StageWorker {
  readonly #stageFeed: StageFeed;
  readonly #loop: Segment | undefined;

  constructor(stageFeed: StageFeed, loop: Segment | undefined) {
    this.#stageFeed = stageFeed;
    this.#loop = loop;
  }

  tap(listener: (item: unknown) => void): void {
    this.#stageFeed.tap(listener);
  }

  resume(entered: number, emitted: number): void {
    this.#stageFeed.resume?.(entered, emitted);
    if (this.#loop !== undefined) this.#loop.emitted = emitted;
  }

  readFlow(): StageFlow {
    const { entered, emitted, inFlight, waiting, isWorking, stalledOn, isClosed } = this.#stageFeed;
    return {
      entered,
      emitted: this.#loop?.emittedBy(0) ?? emitted,
      inFlight,
      waiting,
      isWorking: isWorking ?? inFlight > waiting,
      stalledOn,
      isClosed,
    };
  }
}
