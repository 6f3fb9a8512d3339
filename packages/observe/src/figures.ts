// What is known of a run at one moment.

import type { PipelineMetadata, StreamingMetadata } from "@headrace/pipeline";

/**
 * The figures of a stage at one moment. In a batch pipeline, those of a stage that works on a list are of
 * its items. The law of `StreamingMetadata` holds for the counts.
 *
 * @category Figures
 */
export interface StageFigures extends
  Pick<
    StreamingMetadata,
    | "key"
    | "timing"
    | "inputCount"
    | "outputCount"
    | "passedCount"
    | "droppedCount"
    | "errorCount"
    | "retryCount"
    | "abandonedCount"
    | "inFlightCount"
    | "waitingCount"
    | "executionMode"
  > {
  /** The operator that made it; absent where the run was not observed from its beginning. */
  readonly operator?: string | undefined;
  /** How many items come in all, where that is known: of the list of a batch pipeline. */
  readonly totalCount?: number | undefined;
  /** What it waits for; absent while it works, and when the run is over. */
  readonly stalledOn?: "upstream" | "downstream" | undefined;
  /**
   * How many items have failed, by the code of the failure: of those whose errors are kept, where the run
   * was not observed from its beginning.
   */
  readonly codes: ReadonlyMap<string, number>;
}

/**
 * The figures of a run at one moment.
 *
 * @category Figures
 */
export interface RunFigures extends
  Pick<
    PipelineMetadata,
    "status" | "durationMs" | "outputCount" | "error" | "traceId"
  > {
  /** Milliseconds since the Unix epoch; absent before the first pull. */
  readonly startedAt?: number | undefined;
  /** The stages, in order; empty before the first pull. */
  readonly stages: readonly StageFigures[];
}
