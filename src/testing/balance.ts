import type { StreamingMetadata } from "../base/metadata_types.ts";
import { readProperty } from "../internal/thrown.ts";
import { refuseValue } from "../internal/validation.ts";

const SUBJECT = { operator: "expectBalance" };

/**
 * Fails unless each item that has entered a stage is accounted for exactly once: passed, dropped,
 * failed, abandoned, or in flight. It holds at every moment of a run.
 *
 * @param stage The figures of one stage, as in `steps` of a run's metadata.
 * @param what What the message calls the stage: its key by default.
 * @throws {TypeError} If `stage` is not the figures of one.
 * @throws {Error} If a figure is below zero, or they do not add up to `inputCount`.
 * @category Testing
 *
 * @example Figures that add up
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { expectBalance } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const run = StreamingPipeline.start<number>().filter("even", (n) => n % 2 === 0).run([1, 2, 3]);
 * for await (const item of run) {
 *   for (const stage of run.metadata().steps) expectBalance(stage);
 *   assertEquals(item, 2);
 * }
 * ```
 */
export function expectBalance(stage: StreamingMetadata, what: string = stage?.key): void {
  if (readProperty(stage, "inputCount") === undefined) {
    const rule = "the figures of a stage, one of the steps of metadata";
    refuseValue(SUBJECT, "its argument", rule, stage);
  }
  const { inputCount, outputCount, passedCount, droppedCount, errorCount } = stage;
  const { abandonedCount, inFlightCount } = stage;
  const ends = { passedCount, droppedCount, errorCount, abandonedCount, inFlightCount };
  for (const [name, count] of Object.entries({ ...ends, inputCount, outputCount })) {
    if (Number.isInteger(count) && count >= 0) continue;
    throw new Error(`${what}: ${name} must be a count, and is ${count}`);
  }
  const sum = Object.values(ends).reduce((total, count) => total + count, 0);
  if (sum === inputCount) return;
  throw new Error(`${what}: ${sum} of ${inputCount} are accounted for: ${JSON.stringify(ends)}`);
}
