// What jobs of the mode acks are tested with.

import { StreamingPipeline } from "../../mod.ts";
import { type DurableOptions, memoryStore } from "../../src/durable/mod.ts";

export const NUMBERS: readonly number[] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

export const start = (): StreamingPipeline<number, number> => StreamingPipeline.start<number>();

/** Those of a job that commits each item by itself, unless `options` say otherwise. */
export const settings = (
  options: Partial<DurableOptions<number>> = {},
): DurableOptions<number> => ({
  id: "job",
  mode: "acks",
  store: memoryStore(),
  commit: { items: 1, ms: 1_000 },
  ...options,
});
