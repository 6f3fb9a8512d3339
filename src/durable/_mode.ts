/**
 * What a mode does for a job: how it remembers where the job is.
 *
 * @module
 */

import type { Blueprint } from "../core/blueprint.ts";
import type { RunSettings } from "../core/run_options.ts";
import type { RunSink } from "../parts/error_sink.ts";
import type { JobProgress, JobResult } from "./job.ts";
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
  /** Makes a run of the pipeline. */
  readonly createRun: Blueprint["createRun"];
  readonly session: Session;
  readonly commit: CommitSettings;
  /** Absent where an item that fails ends the run. */
  readonly poison: PoisonOptions | undefined;
  /** Absent where no item is left out for being unchanged. */
  readonly unchanged: UnchangedOptions<unknown> | undefined;
  readonly source: object;
  /** Given to the source; aborted when the run is over. */
  readonly sourceSignal: AbortSignal;
  readonly sink: OpenSink;
  /** Takes failed items; absent without `errorsTo`. */
  readonly errorSink: RunSink | undefined;
  readonly options: Pick<RunSettings, "closeTimeoutMs" | "observer">;
  /** Shared with the session: how long what may never answer is waited for. */
  readonly waits: Waits;
}

/** One run of a job. */
export interface ModeRun {
  /** Runs to the end, and commits. Called once. */
  run(): Promise<JobResult>;
  /** Ends the run with `error`. */
  fail(error: unknown): void;
  /**
   * Stops it in good order within `deadlineMs`; `run` resolves when that is done. Of several times,
   * the earliest counts.
   */
  stop(deadlineMs: number): void;
  /** Closes the source. Called once, when `run` is over. */
  close(): Promise<void>;
  /** The figures of this moment. */
  progress(): JobProgress;
}

/** A mode. */
export interface JobMode {
  readonly name: string;
  /** Throws where a stage of the pipeline cannot be part of a job of this mode. */
  check(id: string, blueprint: Blueprint): void;
  /** Makes a run, which has not begun. */
  createRun(parts: ModeRunParts): ModeRun;
}
