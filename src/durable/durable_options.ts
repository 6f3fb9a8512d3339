import { DEFAULT_COMMIT_ITEMS, DEFAULT_COMMIT_MS } from "../base/defaults.ts";
import {
  refuse,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireMethods,
  requireNumber,
  requireOneOf,
  requireText,
} from "../internal/validation.ts";
import { ACKS } from "./_acks.ts";
import type { CheckpointStore } from "./checkpoint_store.ts";
import type { SavedJob } from "./job.ts";
import type { CommitSettings, JobMode } from "./_mode.ts";
import { type PoisonOptions, requirePoison } from "./poison.ts";
import { SNAPSHOTS } from "./_snapshots.ts";
import type { UnchangedOptions } from "./unchanged.ts";

/**
 * When a job commits: as soon as one of the two limits is reached. In the mode `snapshots`, and into a
 * transactional sink, a commit holds the source back until all that is in flight has come out.
 *
 * @category Durable runs
 */
export interface CommitOptions {
  /**
   * How many items are done since the last commit, or in the mode `snapshots` read or emitted: a
   * positive integer.
   *
   * @default {500}
   */
  readonly items?: number | undefined;
  /** How long after the first of them, in milliseconds: at least 1. @default {1000} */
  readonly ms?: number | undefined;
}

/**
 * Options of a durable job.
 *
 * @typeParam TInput The items of the source.
 * @category Durable runs
 */
export interface DurableOptions<in TInput = unknown> {
  /** The job's name in its store: not empty. */
  readonly id: string;
  /**
   * What is remembered. `acks`: which items of the source are done; for pipelines without states.
   * `snapshots`: the position in the source, and what each stage keeps; for all others.
   */
  readonly mode: "acks" | "snapshots";
  /** Keeps the checkpoints. */
  readonly store: CheckpointStore;
  /** The version of the pipeline: raised where what its stages keep changes. @default {1} */
  readonly version?: number | undefined;
  /** When it commits. */
  readonly commit?: CommitOptions | undefined;
  /**
   * Turns what another version has saved into what this one goes on with; stages that it leaves out
   * begin anew. By default, another version is refused.
   */
  readonly migrate?: ((saved: SavedJob) => SavedJob | PromiseLike<SavedJob>) | undefined;
  /**
   * In the mode `acks`: an item that fails does not end the run, and is tried again. By default it
   * ends the run, and the next one begins with it.
   */
  readonly poison?: PoisonOptions | undefined;
  /** In the mode `acks`: items that have not changed since a run of the job are left out. */
  readonly unchanged?: UnchangedOptions<TInput> | undefined;
}

const SUBJECT = { operator: "call durable" };
const OPTIONS = ["id", "mode", "store", "version", "commit", "migrate", "poison", "unchanged"];
const MODES: readonly JobMode[] = [ACKS, SNAPSHOTS];

/** Resolved options of a job. */
export interface JobSettings extends Pick<DurableOptions, "id" | "store"> {
  readonly version: number;
  readonly mode: JobMode;
  readonly commit: CommitSettings;
  readonly migrate: DurableOptions["migrate"];
  readonly poison: PoisonOptions | undefined;
  readonly unchanged: UnchangedOptions<unknown> | undefined;
}

/** Resolves the options of a job, throwing for what is unknown or out of bounds. */
export function resolveOptions(options: DurableOptions<never>): JobSettings {
  requireKnownOptions(SUBJECT, options, OPTIONS);
  const { id, mode, store, version = 1, commit = {}, migrate, poison, unchanged } = options;
  requireText(SUBJECT, "id", id);
  requireOneOf(SUBJECT, "mode", mode, MODES.map(({ name }) => name));
  const rule = "a store of checkpoints, such as fileStore()";
  requireMethods(SUBJECT, "store", store, ["acquire", "save", "release"], rule);
  requireInteger(SUBJECT, "version", version, 1);
  requireKnownOptions(SUBJECT, commit, ["items", "ms"], "commit");
  const { items = DEFAULT_COMMIT_ITEMS, ms = DEFAULT_COMMIT_MS } = commit;
  requireInteger(SUBJECT, "commit.items", items, 1);
  requireNumber(SUBJECT, "commit.ms", ms, 1);
  if (migrate !== undefined) requireFunction(SUBJECT, "migrate", migrate);
  if (poison !== undefined) {
    requirePoison(SUBJECT, poison);
    requireAcks(mode, "poison", "give the stages errorStrategy, and the run errorsTo");
  }
  if (unchanged !== undefined) {
    requireUnchanged(unchanged);
    requireAcks(mode, "unchanged", "leave such items out in the source");
  }
  return {
    id,
    store,
    version,
    mode: MODES.find(({ name }) => name === mode)!,
    commit: { items, ms },
    migrate,
    poison,
    // The cast: its functions get the items of the job's source.
    unchanged: unchanged as UnchangedOptions<unknown> | undefined,
  };
}

function requireUnchanged(unchanged: UnchangedOptions<never>): void {
  requireKnownOptions(SUBJECT, unchanged, ["key", "hash", "store"], "unchanged");
  requireFunction(SUBJECT, "unchanged.key", unchanged.key);
  requireFunction(SUBJECT, "unchanged.hash", unchanged.hash);
  const rule = "an object with get and set";
  requireMethods(SUBJECT, "unchanged.store", unchanged.store, ["get", "set"], rule);
}

function requireAcks(mode: string, name: string, instead: string): void {
  if (mode === "acks") return;
  refuse(SUBJECT, `${name} is for the mode acks; ${instead}`);
}
