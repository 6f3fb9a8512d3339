/**
 * Stages that run pipelines inside.
 *
 * @module
 */

import { createStreamStage } from "./_stream_stage.ts";
import type { StreamContext } from "../core/context.ts";
import type { StageHost, StagePlace } from "../core/operator.ts";
import type { InnerPipelines, StreamControl, StreamStage } from "../core/stage.ts";
import { guessCopy, refuseReturned } from "../internal/validation.ts";
import type { GroupRunner, GroupStream } from "./_group_stream.ts";

/** What a stage with pipelines inside is made from. */
export interface InnerParts extends Pick<InnerPipelines, "keys" | "nameBuild"> {
  /** Adds the stages of the pipeline of a key to an empty pipeline of the host's face. */
  readonly add: (start: unknown, key: unknown) => unknown;
  /** Begins a run of the stage; `run` runs the pipeline of a key. */
  readonly open: (run: GroupRunner, context: StreamContext, control: StreamControl) => GroupStream;
}

/** A stage that runs a pipeline for each key. */
export function createInnerStage(
  host: StageHost,
  place: StagePlace,
  { keys, nameBuild, add, open }: InnerParts,
): StreamStage {
  const build = (key: unknown, context?: unknown) => add(host.startInner(context), key);
  const openStage: StreamStage["open"] = (outer, control) => {
    const { scope } = control.run;
    const run: GroupRunner = (key, items, onOpen) => {
      const pipeline = build(key, outer.context);
      const { closeTimeoutMs, observer } = outer;
      const outputs = host.runInner(pipeline, items, { closeTimeoutMs, observer }, {
        outer: scope,
        onOpen,
        lineage: scope.lineage,
      });
      if (outputs !== undefined) return outputs;
      const hint = guessCopy(pipeline, "executeToArray") || undefined;
      refuseReturned(place, nameBuild(key), "a pipeline", pipeline, hint);
    };
    return open(run, outer, control);
  };
  return createStreamStage(place, openStage, {
    isResumable: true,
    lineage: "follow",
    inner: { keys, nameBuild, build },
  });
}
