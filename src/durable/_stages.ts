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
import { LEVELS, OF_OTHERS, refuseStages } from "./_refused.ts";
import { createMismatch } from "./_session.ts";
import { createUnreadable, createUnwritable } from "./saved.ts";

/** What is saved of stages, by their keys. */
export type SavedStages = Readonly<Record<string, SavedStage>>;

/** Throws a `TypeError` where what a stage keeps cannot be saved; it says what to do. */
export function requireResumable(id: string, stages: readonly Stage[]): void {
  const what = `make the job "${id}" in the mode snapshots`;
  refuseStages(what, { stages, levels: LEVELS }, findProblem);
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

/** What is to be saved of the stages of a run, while they are quiet; `path` is what it is inside of. */
export function saveStages(id: string, stages: readonly StageRun[], path = ""): SavedStages {
  return Object.fromEntries(stages.map((run) => {
    const { key, operator } = run.stage;
    const name = `${path}"${key}"`;
    // The cast: a stage of a pipeline. Of those inside, not all can be looked at before.
    const problem = findProblem(run.stage as Stage);
    if (problem !== undefined) {
      throw createUnwritable(id, `the stage ${name} (${operator})`, `it ${problem}`);
    }
    const { entered, emitted, abandoned } = run.count();
    const counts = [entered, emitted, run.dropped, run.failed, abandoned] as const;
    if (run.memory === undefined) return [key, { operator, counts }];
    const saveRun = (inner: readonly object[]) =>
      saveStages(id, inner as readonly StageRun[], `${name} → `);
    const state = takeSnapshot(id, name, run.memory, saveRun);
    return [key, { operator, counts, version: run.memory.version, state }];
  }));
}

function takeSnapshot(
  id: string,
  name: string,
  memory: StageMemory,
  saveRun: Parameters<StageMemory["snapshot"]>[0],
): unknown {
  try {
    return memory.snapshot(saveRun);
  } catch (cause) {
    if (cause instanceof DurableError) throw cause;
    const problem = cause instanceof Error ? cause.message : "its snapshot has thrown";
    throw createUnwritable(id, `the state of the stage ${name}`, problem, cause);
  }
}

/** What opens stages. */
export interface StageOwner {
  readonly id: string;
  /** Whether what is saved may be of other stages. */
  readonly mayDiffer: boolean;
  /** Called with the stages of a run inside of a stage that has nothing to restore. */
  readonly onRun: (stages: readonly StageRun[], path: string) => void;
}

/**
 * Puts back what was saved of stages that are open and have no items yet, if anything was; `path` is
 * what their run is inside of.
 */
export function openStages(
  owner: StageOwner,
  stages: readonly StageRun[],
  saved: SavedStages | undefined,
  path = "",
): void {
  const { id, mayDiffer } = owner;
  const keys = new Set(stages.map(({ stage }) => stage.key));
  const gone = Object.keys(saved ?? {}).find((key) => !keys.has(key));
  if (gone !== undefined && !mayDiffer) {
    throw createChanged(
      id,
      `its checkpoint has a stage ${path}"${gone}", and the pipeline has none`,
    );
  }
  for (const run of stages) {
    const { key, operator } = run.stage;
    const name = `${path}"${key}"`;
    const stage = saved !== undefined && Object.hasOwn(saved, key) ? saved[key] : undefined;
    const isNew = stage === undefined && (saved === undefined || mayDiffer);
    if (!isNew && stage?.operator !== operator) {
      const found = stage === undefined ? "none of that name" : `${stage.operator} there`;
      throw createChanged(
        id,
        `it has a stage ${name} (${operator}), and its checkpoint has ${found}`,
      );
    }
    openStage(owner, run, stage, name);
  }
}

function createChanged(id: string, problem: string): DurableError {
  const how = "a pipeline that was changed wants another version, and migrate";
  return createMismatch(id, `${problem}; ${how}`);
}

function openStage(
  owner: StageOwner,
  run: StageRun,
  saved: SavedStage | undefined,
  name: string,
): void {
  const inside = `${name} → `;
  const onRun = (stages: readonly object[]) => owner.onRun(stages as readonly StageRun[], inside);
  const restoreRun = (stages: readonly object[], state: unknown) =>
    openStages(owner, stages as readonly StageRun[], requireStages(owner.id, state), inside);
  if (saved !== undefined) {
    const [entered, emitted, dropped, failed, abandoned] = saved.counts;
    run.dropped = dropped;
    run.failed = failed;
    run.abandoned = abandoned;
    run.worker.resume?.(entered, emitted);
  }
  run.restore = (memory) => {
    memory.onRun = onRun;
    if (saved?.version === undefined) return;
    if (memory.version !== saved.version) {
      throw createChanged(
        owner.id,
        `the state of its stage ${name} has the form ${saved.version}, and this release ` +
          `reads ${memory.version}`,
      );
    }
    memory.restore(saved.state as never, restoreRun);
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
