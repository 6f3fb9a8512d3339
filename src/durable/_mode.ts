/**
 * What a way of remembering where a job is does for the job.
 *
 * @module
 */

import type { Blueprint } from "../core/blueprint.ts";
import type { JobProgress, JobResult, JobRunOptions } from "./job.ts";
import type { OpenSink } from "./_sink.ts";
import type { PoisonOptions } from "./poison.ts";
import type { Session } from "./_session.ts";
import type { UnchangedOptions } from "./unchanged.ts";
import type { Waits } from "./_waits.ts";

/** When a job commits. */
export interface CommitSettings {
  readonly items: number;
  readonly ms: number;
}

/** What a run of a job is made from. */
export interface ModeRunParts {
  readonly blueprint: Blueprint;
  readonly session: Session;
  readonly commit: CommitSettings;
  /** Absent where an item that fails ends the run. */
  readonly poison: PoisonOptions | undefined;
  /** Absent where no item is left out for having been there. */
  readonly unchanged: UnchangedOptions<unknown> | undefined;
  readonly source: object;
  readonly sink: OpenSink;
  readonly options: JobRunOptions;
  /** Shared with the session: how long what may never answer is waited for. */
  readonly waits: Waits;
}

/** One run of a job. */
export interface ModeRun {
  /** Runs to the end; everything is closed when it resolves or rejects. Called once. */
  run(): Promise<JobResult>;
  /**
   * Stops it in good order within `deadlineMs`; `run` resolves when that is done. Of several times,
   * the earliest counts.
   */
  stop(deadlineMs: number): void;
  /** The figures of this moment. */
  progress(): JobProgress;
}

/** A mode. */
export interface JobMode {
  /** Throws where a stage of the pipeline cannot be part of a job of this mode. */
  check(id: string, blueprint: Blueprint): void;
  /** Makes a run, which has not begun. */
  createRun(parts: ModeRunParts): ModeRun;
}
