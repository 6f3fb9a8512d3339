import { assert, assertEquals } from "@std/assert";
import { type PipelineOf, StreamingPipeline } from "../../mod.ts";
import { durable } from "../../src/durable/mod.ts";
import { killAtEveryPoint } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";

const NUMBERS = [0, 1, 2, 3, 4, 5, 6, 7, 8];

const start = () => StreamingPipeline.start<number>();

const optimized = () => StreamingPipeline.start<number>(undefined, { optimize: true });

const twice = async (n: number): Promise<number> => {
  for (let turn = 0; turn < n % 3; turn++) await undefined;
  return 2 * n;
};

const flat = (outputs: readonly unknown[]) => outputs.flat();

/** Pipelines without states. */
const PIPELINES: Readonly<Record<string, PipelineOf<number, unknown>>> = {
  "map": start().map("twice", (n) => 2 * n),
  "map in parallel": start().map("twice", twice, { concurrencyLimit: 3 }),
  "map in any order": start().map("twice", twice, { concurrencyLimit: 3, ordered: false }),
  "map in batches": start().map("twice", (items) => Promise.all(items.map(twice)), {
    batch: { size: 3 },
    concurrencyLimit: 6,
  }),
  "a filter before what it stands behind": optimized()
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

for (const [title, pipeline] of Object.entries(PIPELINES)) {
  const kill = (sink: "plain" | "transactional", kills: 1 | 2, items: readonly number[]) =>
    killAtEveryPoint({
      createJob: (store) =>
        durable(pipeline, { id: "job", mode: "acks", store, commit: { items: 2, ms: 1_000 } }),
      items,
      kills,
      sink,
      order: "any",
      compare: flat,
    });

  test(`[L17] a job with acks loses nothing, killed at any point: ${title}`, async () => {
    const { runs, points } = await kill("plain", 1, NUMBERS);

    assertEquals(runs, points);
    assert(points > 15);
  });

  test(`[L17] a job with acks loses nothing, killed at any two points: ${title}`, async () => {
    const { runs, points } = await kill("plain", 2, NUMBERS.slice(0, 5));

    assert(runs > points * 5);
  });

  test(`[L17] a job with acks and a transactional sink is exact: ${title}`, async () => {
    const { duplicates, runs, points } = await kill("transactional", 1, NUMBERS);

    assertEquals([duplicates, runs], [0, points]);
  });
}
