import type { StageMove } from "./plan.ts";
import type { ItemStage, Stage } from "./stage.ts";
import type { PipelineOf } from "../base/types.ts";
import { requireBlueprint } from "./pipeline.ts";

/**
 * One stage, as it is planned.
 *
 * @category Pipelines
 */
export interface StageExplanation {
  /** The stage's key. */
  readonly key: string;
  /** The operator that made it. */
  readonly operator: string;
  /** How many items are worked on at a time: 1 where they go through one by one. */
  readonly concurrencyLimit: number;
  /** How many items one call is for, at most; absent where it is one. */
  readonly batchSize?: number | undefined;
  /** How many finished results wait while no item is asked for; 0 where it computes none ahead. */
  readonly readAhead: number;
  /** Whether items come out in the order in which they went in. */
  readonly isOrdered: boolean;
}

/**
 * Neighbouring stages that share a loop: an item goes all the way down before the next is read.
 *
 * @category Pipelines
 */
export interface LoopExplanation {
  /** What it reads: `source`, or the key of a stage that goes at its own pace. */
  readonly reads: string;
  /** The stage that it reads; absent for the first loop. */
  readonly head?: StageExplanation | undefined;
  /** The stages in it, in order. */
  readonly stages: readonly StageExplanation[];
}

/**
 * How a pipeline runs.
 *
 * @category Pipelines
 */
export interface PlanExplanation {
  /** The loops, from the source to the end. */
  readonly loops: readonly LoopExplanation[];
  /** What `optimize` did with each stage that may run earlier; empty without it. */
  readonly moves: readonly StageMove[];
  /** The same as text: a line per loop, then one per move. */
  readonly text: string;
}

/**
 * Explains how a pipeline runs: which stages share a loop, which go at their own pace, what each
 * computes before it is asked, and what `optimize` has moved, or why it has not. Nothing runs.
 *
 * @param pipeline A pipeline of either face.
 * @returns The plan, as data and as text.
 * @throws {TypeError} If `pipeline` is not a pipeline.
 * @category Pipelines
 *
 * @example Two loops with a parallel stage between
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { explain } from "@headrace/pipeline/core";
 * import { assertEquals } from "@std/assert";
 *
 * const pipeline = StreamingPipeline.start<string>()
 *   .filter("some", (url) => url !== "")
 *   .map("page", (url) => Promise.resolve(url.length), { concurrencyLimit: 4 })
 *   .batch("batches", 50);
 *
 * assertEquals(explain(pipeline).text.split("\n"), [
 *   "source → some (filter)",
 *   "page (map; 4 at a time, in order, 4 ahead) → batches (batch)",
 * ]);
 * ```
 */
export function explain(pipeline: PipelineOf<never, unknown>): PlanExplanation {
  const { segments, moves = [] } = requireBlueprint("explain", pipeline).plan;
  const loops = segments.map(({ head, stages }): LoopExplanation => ({
    reads: head === undefined ? "source" : head.stage.key,
    head: head && explainStage(head.stage),
    stages: stages.map(({ stage }) => explainStage(stage)),
  }));
  return { loops, moves, text: [...loops.map(toLine), ...moves.map(toMoveLine)].join("\n") };
}

function explainStage(stage: Stage): StageExplanation {
  // Other kinds have neither.
  const { parallel, paces = parallel }: Partial<ItemStage> = stage as ItemStage;
  return {
    key: stage.key,
    operator: stage.operator,
    concurrencyLimit: paces?.concurrencyLimit ?? 1,
    ...(paces?.batchSize && { batchSize: paces.batchSize }),
    readAhead: paces?.highWaterMark ?? 0,
    isOrdered: paces?.ordered ?? true,
  };
}

function toLine({ head, stages }: LoopExplanation): string {
  return [head === undefined ? "source" : toText(head), ...stages.map(toText)].join(" → ");
}

function toMoveLine({ key, operator, movedBefore, reason }: StageMove): string {
  const moved = movedBefore.length === 0 ? "stays" : `runs before ${movedBefore.join(", ")}`;
  return `${key} (${operator}) ${moved}${reason === undefined ? "" : `: ${reason}`}`;
}

function toText({ key, operator, ...paces }: StageExplanation): string {
  if (paces.concurrencyLimit === 1 && paces.readAhead === 0) return `${key} (${operator})`;
  const order = paces.isOrdered ? "in order" : "as they finish";
  const { concurrencyLimit, readAhead, batchSize } = paces;
  const batches = batchSize === undefined ? "" : ` in batches of ${batchSize}`;
  return `${key} (${operator}${batches}; ${concurrencyLimit} at a time, ${order}, ${readAhead} ahead)`;
}
