/**
 * What a run is made from, and how it reports to its end.
 *
 * @module
 */

import type { Lineage } from "./lineage.ts";
import type { RunSettings } from "./run_options.ts";
import type { PipelineSettings } from "./start_options.ts";
import type { Plan } from "./plan.ts";
import type { RunScope } from "./scope.ts";
import type { StageRun } from "./stage_run.ts";

/** What a run has in common with the one around it; what is absent is its own. */
export type OuterRun =
  & Pick<RunScope, "requestStop">
  & Partial<
    Pick<RunScope, "perRun" | "errorsBy" | "traceId" | "isResumable" | "isClosed" | "waitInTime">
  >;

/** What a `Run` is made from. */
export interface RunParts {
  readonly plan: Plan;
  /** Let go of when the run is over. */
  source: unknown;
  readonly createContext: () => unknown;
  readonly settings: PipelineSettings;
  readonly options: RunSettings;
  /** Called once when nothing more will be read; the reason is absent after a normal end. */
  readonly onOver?: ((reason: unknown) => void) | undefined;
  /** See {@linkcode RunScope.lineage}. */
  readonly lineage?: Lineage | undefined;
  /** The run around this one, or what takes its place; absent for a run that is in no other. */
  readonly outer?: OuterRun | undefined;
  /** Called with the stages when they are opened, before the source is. */
  readonly onOpen?: ((stages: readonly StageRun[]) => void) | undefined;
}

/** The pending end of a run: an iterator, or the promise of a fold. */
export interface RunReader {
  /** The run is being aborted or cut off: nothing is answered until `fail` or `finish` is called. */
  suspend?(): void;
  /** The run has failed, or was aborted. */
  fail(reason: unknown): void;
  /** No more items come. */
  finish(): void;
}

/** What links a run to what is around it. */
export type RunLinks = Pick<RunParts, "onOver" | "outer" | "onOpen" | "lineage">;
