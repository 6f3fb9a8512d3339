/**
 * Passes a run to its observer.
 *
 * @module
 */

import type { ObservedRun, RunHooks, RunObserver } from "../base/observer.ts";
import type { PipelineMetadata } from "../base/metadata_types.ts";

/** What is shown of a run. */
interface ShownRun extends Pick<ObservedRun, "traceId" | "sourceCount"> {
  readonly finalMetadata: Promise<PipelineMetadata>;
  readMetadata(): PipelineMetadata;
}

/** Calls `observer`, if there is one; it may still say what the trace id is. */
export function observeRun(
  run: ShownRun,
  observer: RunObserver | undefined,
): RunHooks | undefined {
  return observer?.({
    get traceId() {
      return run.traceId;
    },
    ended: run.finalMetadata,
    sourceCount: run.sourceCount,
    metadata: () => run.readMetadata(),
  }) as RunHooks | undefined;
}
