/**
 * The states of the stages of a run, as a job saves them.
 *
 * @module
 */

import { isClosable } from "../internal/many.ts";
import { isRecord } from "../internal/validation.ts";
import type { StageMemory } from "../core/context.ts";
import type { Stage } from "../core/stage.ts";
import type { StageRun } from "../core/stage_run.ts";
import { DurableError } from "./durable_error.ts";
import type { SavedStage } from "./job.ts";
import { OF_OTHERS, refuseStages } from "./_refused.ts";
import { createMismatch } from "./_session.ts";
import { createUnreadable, createUnwritable } from "./saved.ts";

/** What is saved of stages, by their keys. */
export type SavedStages = Readonly<Record<string, SavedStage>>;

/** Throws a `TypeError` where what a stage keeps cannot be saved; it says what to do. */
export function requireResumable(id: string, stages: readonly Stage[]): void {
  refuseStages(`make the job "${id}" in the mode snapshots`, stages, findProblem);
}

function findProblem(stage: Stage): string | undefined {
  if (!(stage.isResumable ?? stage.kind === "item")) return REASONS[stage.operator] ?? OF_STEPS;
  if (stage.kind !== "stream" || !isClosable(stage.given)) return undefined;
  return "reads a source that can be read once; give it a function that opens one";
}

const OF_STEPS =
  "does not say what it keeps: give its step a memory, as createStreamingStep takes " +
  "one, or use transform() with snapshot and restore";
const OF_TIME =
  "depends on the time at which items come, which is not saved; do it in the source, or " +
  "behind the job";
const REASONS: Readonly<Record<string, string>> = {
  debounce: OF_TIME,
  sample: OF_TIME,
  delay: OF_TIME,
  checkpoint: "keeps the whole stream; end the job there, and go on in another one",
  through: "has a web transform, whose state cannot be read; use transform() with snapshot and " +
    "restore",
  takeUntil: "would end the job for good where it stops it; use job.stop()",
  mergeWith: OF_OTHERS,
  concatWith: OF_OTHERS,
  interleaveWith: OF_OTHERS,
  zipWith: OF_OTHERS,
  combineLatestWith: OF_OTHERS,
};

/** Whether nothing is in work in any stage: all that is in flight is kept back by a stage. */
export function areQuiet(stages: readonly StageRun[]): boolean {
  return stages.every((run) => {
    const { inFlight, waiting, isWorking } = run.count();
    return run.stage.parallel === undefined ? inFlight === waiting && !isWorking : inFlight === 0;
  });
}

/** What is to be saved of the stages of a run, while they are quiet. */
export function saveStages(id: string, stages: readonly StageRun[]): SavedStages {
  const saveRun = (inner: readonly object[]) => saveStages(id, inner as readonly StageRun[]);
  return Object.fromEntries(stages.map((run) => {
    const { key, operator } = run.stage;
    // The cast: a stage of a pipeline; those of pipelines inside were not looked at before.
    const problem = findProblem(run.stage as Stage);
    if (problem !== undefined) {
      throw createUnwritable(id, `the stage "${key}" (${operator})`, `it ${problem}`);
    }
    const { entered, emitted, abandoned } = run.count();
    const counts = [entered, emitted, run.dropped, run.failed, abandoned] as const;
    if (run.memory === undefined) return [key, { operator, counts }];
    const state = takeSnapshot(id, key, run.memory, saveRun);
    return [key, { operator, counts, version: run.memory.version, state }];
  }));
}

function takeSnapshot(
  id: string,
  key: string,
  memory: StageMemory,
  saveRun: Parameters<StageMemory["snapshot"]>[0],
): unknown {
  try {
    return memory.snapshot(saveRun);
  } catch (cause) {
    if (cause instanceof DurableError) throw cause;
    const problem = cause instanceof Error ? cause.message : "its snapshot has thrown";
    throw createUnwritable(id, `the state of the stage "${key}"`, problem, cause);
  }
}

/** Puts back what was saved of stages that are open and have no items yet. */
export function restoreStages(
  id: string,
  stages: readonly StageRun[],
  saved: SavedStages,
  mayDiffer: boolean,
): void {
  const keys = new Set(stages.map(({ stage }) => stage.key));
  const gone = Object.keys(saved).find((key) => !keys.has(key));
  if (gone !== undefined && !mayDiffer) {
    throw createMismatch(
      id,
      `its checkpoint has a stage "${gone}", and the pipeline has none; ${HOW}`,
    );
  }
  const restoreRun = (inner: readonly object[], state: unknown) =>
    restoreStages(id, inner as readonly StageRun[], requireStages(id, state), mayDiffer);
  for (const run of stages) {
    const { key, operator } = run.stage;
    const stage = Object.hasOwn(saved, key) ? saved[key] : undefined;
    if (stage === undefined && mayDiffer) continue;
    if (stage?.operator !== operator) {
      const found = stage === undefined ? "none of that name" : `${stage.operator} there`;
      const problem = `it has a stage "${key}" (${operator}), and its checkpoint has ${found}`;
      throw createMismatch(id, `${problem}; ${HOW}`);
    }
    restoreStage(id, run, stage, restoreRun);
  }
}

const HOW = "a pipeline that was changed wants another version, and migrate";

function restoreStage(
  id: string,
  run: StageRun,
  { counts, version, state }: SavedStage,
  restoreRun: Parameters<StageMemory["restore"]>[1],
): void {
  const [entered, emitted, dropped, failed, abandoned] = counts;
  run.dropped = dropped;
  run.failed = failed;
  run.abandoned = abandoned;
  run.worker.resume?.(entered, emitted);
  if (version === undefined) return;
  run.restore = (memory) => {
    if (memory.version !== version) {
      const { key } = run.stage;
      const problem = `the state of its stage "${key}" has the form ${version}, and ` +
        `${memory.version} is what this release reads`;
      throw createMismatch(id, `${problem}; ${HOW}`);
    }
    memory.restore(state as never, restoreRun);
  };
  if (run.memory !== undefined) run.restore(run.memory);
}

/** Throws where `value` is not what is saved of stages. */
export function requireStages(id: string, value: unknown): SavedStages {
  if (isRecord(value) && Object.values(value).every(isSavedStage)) return value as SavedStages;
  throw createUnreadable(id, "what it has of its stages is not what is saved of them");
}

function isSavedStage(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { operator, counts, version } = value as Partial<SavedStage>;
  const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) >= 0;
  return typeof operator === "string" && Array.isArray(counts) && counts.length === 5 &&
    counts.every(isCount) && (version === undefined || Number.isSafeInteger(version));
}
