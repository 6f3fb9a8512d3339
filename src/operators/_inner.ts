/**
 * Runs the pipelines that a stage has inside.
 *
 * @module
 */

import type { StageHost, StagePlace } from "../core/operator.ts";
import { returned } from "../internal/validation.ts";
import type { GroupRunner } from "./_group_stream.ts";

/**
 * Runs what `build` adds to an empty pipeline of the host's face; `nameBuild` names it, for the
 * message where it returns no pipeline.
 */
export function createInnerRunner(
  host: StageHost,
  place: StagePlace,
  nameBuild: (key: unknown) => string,
  build: (start: unknown, key: unknown) => unknown,
): GroupRunner {
  return (key, items, outer, onOpen) => {
    const { context, closeTimeoutMs, observer, perRun, lineage } = outer;
    const pipeline = build(host.startInner(() => context), key);
    const stopOuter = () => outer.stopRun();
    const links = { stopOuter, perRun, onOpen, lineage };
    const run = host.runInner(pipeline, items, { closeTimeoutMs, observer, ...links });
    if (run !== undefined) return run;
    throw new TypeError(returned(place, nameBuild(key), "a pipeline", pipeline));
  };
}
