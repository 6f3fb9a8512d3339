/**
 * The states of the stages of a run, as a job saves them.
 *
 * @module
 */

import { isRecord } from "../internal/validation.ts";
import type { Stage } from "../core/stage.ts";
import type { StageRun } from "../core/stage_run.ts";
import { DurableError } from "./durable_error.ts";
import { createMismatch, createUnreadable, createUnwritable } from "./_errors.ts";
import type { SavedStage } from "./job.ts";
import { findUnsaved } from "./_refused.ts";
import { isCount } from "./saved.ts";

/** What is saved of stages, by their keys. */
export type SavedStages = Readonly<Record<string, SavedStage>>;

/**
 * Whether nothing is in progress in any stage: all that is in flight is kept back by a stage, and none
 * has failed or ended, which gives up what is in flight.
 */
export function areQuiet(stages: readonly StageRun[]): boolean {
  return stages.every(({ stage, worker }) => {
    const { inFlight, waiting, isWorking, isClosed } = worker.readFlow();
    const isKept = stage.parallel === undefined
      ? inFlight === waiting && !isWorking
      : inFlight === 0;
    return isKept && !isClosed;
  });
}

/** What to save of the stages of a run, while they are quiet; `path` is what it is inside of. */
export function saveStages(id: string, stages: readonly StageRun[], path = ""): SavedStages {
  return Object.fromEntries(stages.map((run) => {
    const { key } = run.stage;
    const operator = describe(run);
    const name = `${path}"${key}"`;
    // The cast: a stage of a pipeline. Not all stages of inner pipelines can be checked before.
    const problem = findUnsaved(run.stage as Stage);
    if (problem !== undefined) {
      throw createUnwritable(id, `the stage ${name} (${operator})`, `it ${problem}`);
    }
    const { entered, emitted, abandoned } = run.count();
    const counts = [entered, emitted, run.dropped, run.failed, abandoned] as const;
    if (run.memory === undefined) return [key, { operator, counts }];
    const saveRun = (inner: readonly object[]) =>
      saveStages(id, inner as readonly StageRun[], `${name} → `);
    const { memory } = run;
    const state = callUser(() => memory.snapshot(saveRun), (message, cause) => {
      throw createUnwritable(id, `the state of the stage ${name}`, message, cause);
    });
    return [key, { operator, counts, version: memory.version, state }];
  }));
}

/** The operator of a stage, and the options that what it keeps depends on. */
function describe({ stage: { operator, shape } }: StageRun): string {
  return shape === undefined ? operator : `${operator} ${JSON.stringify(shape)}`;
}

/** The outcome of a function of the user's; `refuse` is called with what it has thrown. */
function callUser<T>(call: () => T, refuse: (message: string, cause: unknown) => never): T {
  try {
    return call();
  } catch (cause) {
    // One of our own says already what is wrong.
    if (cause instanceof DurableError) throw cause;
    const message = cause instanceof Error ? cause.message : "it has thrown";
    return refuse(message, cause);
  }
}

/** What opens stages. */
export interface StageOwner {
  readonly id: string;
  /** Whether what is saved may be of other stages. */
  readonly mayDiffer: boolean;
  /** Called with the stages of an inner run that has nothing to restore. */
  readonly onRun: (stages: readonly StageRun[], path: string) => void;
  /** Called with what a stage is refused with: that ends the run of the job. */
  readonly onRefused: (error: unknown) => void;
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
  const list = (keyed: object) =>
    Object.keys(keyed).map((key) => `${path}"${key}"`).join(", ") || "none";
  // As an object: keys that are whole numbers come first, as they do in what is saved.
  const now = list(Object.fromEntries(stages.map(({ stage }) => [stage.key, stage])));
  const before = saved === undefined || owner.mayDiffer ? now : list(saved);
  if (before !== now) {
    refuse(owner, `it was saved with the stages ${before}, and has ${now}`);
  }
  for (const run of stages) {
    const { key } = run.stage;
    const name = `${path}"${key}"`;
    const stage = saved !== undefined && Object.hasOwn(saved, key) ? saved[key] : undefined;
    const operator = describe(run);
    if (stage !== undefined && stage.operator !== operator) {
      refuse(owner, `its stage ${name} was saved as ${stage.operator}, and is ${operator}`);
    }
    openStage(owner, run, stage, name);
  }
}

/** Throws, and ends the run of the job: some stages open late, and would fail at an item. */
function refuse(owner: StageOwner, problem: string, cause?: unknown): never {
  const how = "a pipeline that was changed wants another version, and migrate";
  const error = createMismatch(owner.id, `${problem}; ${how}`, cause);
  owner.onRefused(error);
  throw error;
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
    const what = `the state of its stage ${name}`;
    if (memory.version !== saved.version) {
      const problem = `has the form ${saved.version}, and this release reads ${memory.version}`;
      refuse(owner, `${what} ${problem}`);
    }
    callUser(
      () => memory.restore(saved.state as never, restoreRun),
      (message, cause) => refuse(owner, `${what} cannot be read: ${message}`, cause),
    );
  };
  if (run.memory !== undefined) run.restore(run.memory);
}

/** Throws where `value` is not what is saved of stages. */
export function requireStages(id: string, value: unknown): SavedStages {
  if (isRecord(value) && Object.values(value).every(isSavedStage)) return value as SavedStages;
  throw createUnreadable(id, "it does not say what its stages keep");
}

function isSavedStage(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { operator, counts, version } = value as Partial<SavedStage>;
  return typeof operator === "string" && Array.isArray(counts) && counts.length === 5 &&
    counts.every(isCount) && (version === undefined || Number.isSafeInteger(version));
}
