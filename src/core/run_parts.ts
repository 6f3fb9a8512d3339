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

/** What a `Run` is made from. */
export interface RunParts {
  readonly plan: Plan;
  readonly source: unknown;
  readonly createContext: () => unknown;
  readonly settings: PipelineSettings;
  readonly options: RunSettings;
  /** The trace that the run is part of; one of its own where absent. */
  readonly traceId?: string | undefined;
  /** Called once when nothing more will be read; the reason is absent after a normal end. */
  readonly onOver?: ((reason: unknown) => void) | undefined;
  /** See {@linkcode RunScope.lineage}. */
  readonly lineage?: Lineage | undefined;
  /** Stops the run around this one, where there is one; see {@linkcode RunScope.requestStop}. */
  readonly stopOuter?: (() => boolean) | undefined;
  /** Opens for the run around this one, where there is one; see {@linkcode RunScope.perRun}. */
  readonly perRun?: RunScope["perRun"] | undefined;
  /** The error channel of the run around this one, where there is one; see {@linkcode RunScope.errorsBy}. */
  readonly errorsBy?: RunScope["errorsBy"] | undefined;
  /** Called with the stages when they are opened, before the source is. */
  readonly onOpen?: ((stages: readonly StageRun[]) => void) | undefined;
}

/** The pending end of a run: an iterator, or the promise of a fold. */
export interface RunReader {
  /** The run is being aborted or cut off: nothing is answered until `fail` or `finish` is called. */
  suspend(): void;
  /** The run has failed, or was aborted. */
  fail(reason: unknown): void;
  /** No more items come. */
  finish(): void;
}

/** What links a run to what is around it. */
export type RunLinks = Pick<
  RunParts,
  "onOver" | "stopOuter" | "perRun" | "errorsBy" | "onOpen" | "lineage"
>;
