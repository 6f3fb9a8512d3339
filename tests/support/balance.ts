// The law of conservation, for whoever looks at the figures of a stage.

import { assert, assertEquals } from "@std/assert";
import type { StreamingMetadata } from "../../mod.ts";

/** Fails where a figure is below zero, or where what entered is not accounted for exactly once. */
export function expectBalance(stage: StreamingMetadata, what: string = stage.key): void {
  const { inputCount, outputCount, ...step } = stage;
  const { passedCount, droppedCount, errorCount, abandonedCount, inFlightCount } = step;
  const ends = { passedCount, droppedCount, errorCount, abandonedCount, inFlightCount };
  for (const [name, count] of Object.entries({ ...ends, inputCount, outputCount })) {
    assert(Number.isInteger(count) && count >= 0, `${what}: ${name} is ${count}`);
  }
  const sum = Object.values(ends).reduce((total, count) => total + count, 0);
  assertEquals(sum, inputCount, `${what}: ${JSON.stringify(ends)} of ${inputCount}`);
}
