// The jobs that are killed at every point, and at every two.

import { type PipelineOf, StreamingPipeline } from "../../mod.ts";
import { durable } from "../../src/durable/mod.ts";
import { killAtEveryPoint, type KillReport } from "../../src/testing/mod.ts";
import type { PipelineRow } from "./_pipelines.ts";

const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8];

/** Fewer for two kills: there are as many runs as pairs of points. */
const FEW_NUMBERS = NUMBERS.slice(0, 5);

interface Kills {
  /** @default {1} */
  readonly kills?: 1 | 2;
  /** @default {"transactional"} */
  readonly sink?: "plain" | "transactional";
  /** How many items a checkpoint waits for. @default {2} */
  readonly commit?: number;
}

const start = () => StreamingPipeline.start<number>();

const optimized = () => StreamingPipeline.start<number>(undefined, { optimize: true });

const twice = async (n: number): Promise<number> => {
  for (let turn = 0; turn < n % 3; turn++) await undefined;
  return 2 * n;
};

/** Pipelines without states, for jobs of the mode `acks`. */
const STATELESS: Readonly<Record<string, PipelineOf<number, unknown>>> = {
  "map": start().map("twice", (n) => 2 * n),
  "map in parallel": start().map("twice", twice, { concurrencyLimit: 3 }),
  "map in any order": start().map("twice", twice, { concurrencyLimit: 3, ordered: false }),
  "map in batches": start().map("twice", (items) => Promise.all(items.map(twice)), {
    batch: { size: 3 },
    concurrencyLimit: 6,
  }),
  "a filter that optimize moves forward": optimized()
    .map("number", (n) => n).map("twice", twice, { pure: true, concurrencyLimit: 3 })
    .filter("even", ({ number }) => number % 2 === 0, { reads: ["number"] }),
  "filter and flatMap": start().filter("even", (n) => n % 2 === 0)
    .flatMap("parts", (n) => [`${n}a`, `${n}b`, `${n}c`]),
  "flatMap in any order": start().flatMap("parts", async function* (n) {
    yield `${n}a`;
    await undefined;
    yield `${n}b`;
  }, { concurrencyLimit: 3, ordered: false }),
  "batch": start().batch("rows", 4),
  "flatMap and batch": start().flatMap("parts", (n) => [`${n}a`, `${n}b`]).batch("rows", 3),
  "batch by time": start().batch("rows", { size: 4, maxWaitMs: 5 }),
  "batch by weight": start().batch("rows", { maxWeight: 9, weigh: (n) => n }),
  "batchUntil": start().batchUntil("rows", (n) => n % 3 === 2),
  "buffer": start().buffer("ahead", 3),
  "branches": start().fanOut("both", {
    plain: (items) => items.map("same", (n) => `${n}`),
    parts: (items) => items.flatMap("parts", (n) => [`${n}a`, `${n}b`]),
  }),
  "retry and skipped failures": start().map("strict", (n) => {
    if (n === 4) throw new Error("No four");
    return n;
  }, { errorStrategy: "SKIP_FAILED", retry: { maxAttempts: 2, backoffMs: 1 } }),
};

/** The same, each with a title. */
export const STATELESS_ROWS: readonly PipelineRow[] = Object.entries(STATELESS).map(
  ([title, pipeline]) => ({ title, pipeline, compare: (outputs) => outputs.flat() }),
);

/** Kills a job of the mode `acks`. */
export function killAcks(row: PipelineRow, kills: Kills): Promise<KillReport> {
  return kill("acks", row, kills);
}

/** Kills a job of the mode `snapshots`. */
export function killSnapshots(row: PipelineRow, kills: Kills): Promise<KillReport> {
  return kill("snapshots", row, kills);
}

function kill(
  mode: "acks" | "snapshots",
  { pipeline, compare }: PipelineRow,
  { kills = 1, sink, commit = 2 }: Kills,
): Promise<KillReport> {
  return killAtEveryPoint({
    createJob: (store) =>
      durable(pipeline, { id: "job", mode, store, commit: { items: commit, ms: 1_000 } }),
    items: kills === 1 ? NUMBERS : FEW_NUMBERS,
    kills,
    sink,
    order: mode === "acks" ? "any" : "same",
    compare,
  });
}
