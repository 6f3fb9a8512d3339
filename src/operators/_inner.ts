/**
 * Runs the pipelines that a stage has inside.
 *
 * @module
 */

import type { StageHost } from "../core/operator.ts";
import { describeKind } from "../internal/validation.ts";
import type { GroupRunner } from "./_group_stream.ts";

/**
 * Runs what `build` adds to an empty pipeline of the host's face; `describe` says what must be given a
 * pipeline, for the message where it is none.
 */
export function createInnerRunner(
  host: StageHost,
  describe: (key: unknown) => string,
  build: (start: unknown, key: unknown) => unknown,
): GroupRunner {
  return (key, items, { context, closeTimeoutMs }) => {
    const pipeline = build(host.startInner(() => context), key);
    const run = host.runInner(pipeline, items, { closeTimeoutMs });
    if (run !== undefined) return run;
    throw new TypeError(
      `Cannot run ${describe(key)}: what builds it must return a pipeline, got ${
        describeKind(pipeline)
      }`,
    );
  };
}
