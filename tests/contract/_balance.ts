// What the figures of a stage must add up to.

import { assert, assertEquals } from "@std/assert";
import type { StreamingMetadata } from "../../mod.ts";

/** Fails where a count is below zero, or an item is in none of them, or in two. */
export function expectBalance(step: StreamingMetadata, what: string = step.key): void {
  const { inputCount, outputCount, passedCount, droppedCount, errorCount, inFlightCount } = step;
  const counts = [inputCount, outputCount, passedCount, droppedCount, errorCount, inFlightCount];
  assert(counts.every((count) => Number.isInteger(count) && count >= 0), `${what}: ${counts}`);
  assertEquals(inputCount, passedCount + droppedCount + errorCount + inFlightCount, what);
}
