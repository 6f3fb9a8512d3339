// Pipelines with states, each of which a job must continue as if nothing had happened.

import { createStreamingStep, StreamingPipeline } from "../../mod.ts";
import type { PipelineOf } from "../../mod.ts";
import { throttle, transform } from "../../src/operators/mod.ts";

/** A pipeline over numbers, and how its items are compared. */
export interface PipelineRow {
  readonly title: string;
  readonly pipeline: PipelineOf<number, unknown>;
  readonly compare?: (outputs: readonly unknown[]) => readonly unknown[];
}

const start = () => StreamingPipeline.start<number>();
const optimized = () => StreamingPipeline.start<number>(undefined, { optimize: true });
const add = (total: number, n: number) => total + n;
const later = async <T>(value: T): Promise<T> => {
  await undefined;
  return value;
};

const runningTotal = createStreamingStep<number, number, unknown, unknown, { n: number }, number>(
  "running total",
  async function* ({ input, kept }) {
    for await (const n of input) yield kept.n += n;
  },
  { memory: { snapshot: (kept) => kept.n, restore: (n = 0) => ({ n }) } },
);

/** Two numbers to one, which are kept in between. */
const pairs = transform(() => {
  let first: number | undefined;
  return {
    transform(n: number) {
      if (first === undefined) {
        first = n;
        return [];
      }
      const pair = [first, n];
      first = undefined;
      return [pair];
    },
    flush: () => first === undefined ? [] : [[first]],
    snapshot: () => first,
    restore(saved: number | undefined) {
      first = saved;
    },
  };
});

/** Every operator that keeps something, alone. */
export const PIPELINE_ROWS: readonly PipelineRow[] = [
  { title: "map, with its index", pipeline: start().map("m", (n, index) => [n, index]) },
  {
    title: "map, side by side, with its index",
    pipeline: start().map("m", (n, index) => later([n, index]), { concurrencyLimit: 3 }),
  },
  {
    title: "map in batches, one of which waits",
    pipeline: start().map("m", (items) => later(items.map((n) => 2 * n)), {
      batch: { size: 4, maxWaitMs: 5 },
    }),
  },
  {
    title: "skip and take that optimize moves forward",
    pipeline: optimized().map("m", (n) => later([n]), { pure: true, concurrencyLimit: 3 })
      .skip("rest", 2).take("page", 4),
  },
  {
    title: "a filter that optimize moves forward",
    pipeline: optimized().scan("s", add, 0).map("m", (n) => later([n]), { pure: true })
      .filter("even", ({ s }) => s % 2 === 0, { reads: ["s"] }).scan(
        "count",
        (count) => count + 1,
        0,
      ),
  },
  {
    title: "filter and flatMap",
    pipeline: start().filter("f", (n) => n % 3 !== 0).flatMap("e", (n) => [n, -n]),
  },
  { title: "scan", pipeline: start().scan("s", add, 0) },
  { title: "scan with promises", pipeline: start().scan("s", (a, n) => later(a + n), 0) },
  { title: "fold", pipeline: start().fold("f", add, 0) },
  {
    title: "fold over a map",
    pipeline: start().fold(
      "f",
      (counts, n) => new Map(counts).set(n % 3, (counts.get(n % 3) ?? 0) + 1),
      new Map<number, number>(),
    ).map("entries", (counts) => [...counts]),
  },
  { title: "distinct", pipeline: start().distinct("d", (n) => n % 4) },
  {
    title: "distinct of the last",
    pipeline: start().distinct("d", { by: (n) => n % 4, window: 2 }),
  },
  { title: "distinct items", pipeline: start().map("m", (n) => n % 4).distinct("d") },
  { title: "batch", pipeline: start().batch("b", 3) },
  {
    title: "batch by weight",
    pipeline: start().batch("b", { maxWeight: 7, weigh: (n) => 1 + n % 4 }),
  },
  {
    title: "batch by time",
    pipeline: start().batch("b", { size: 3, maxWaitMs: 50 }),
    compare: (batches) => (batches as number[][]).flat(),
  },
  { title: "batchUntil", pipeline: start().batchUntil("b", (n) => n % 4 === 3) },
  { title: "window", pipeline: start().window("w", 3, 2) },
  { title: "window with gaps", pipeline: start().window("w", 2, 3) },
  {
    title: "windowTime by event, with late items",
    pipeline: start().windowTime("w", {
      timestamp: (n) => n * 10 - (n % 3) * 25,
      sizeMs: 30,
      slideMs: 20,
      allowedLatenessMs: 10,
      lateItems: () => {},
      by: (n) => n % 2,
    }),
  },
  {
    title: "windowTime of values",
    pipeline: start().windowTime("w", {
      timestamp: (n) => n * 10,
      sizeMs: 30,
      aggregate: { initial: () => 0, add },
    }),
  },
  {
    title: "windowTime of sessions",
    pipeline: start().windowTime("w", {
      timestamp: (n) => n * 10 + (n > 4 ? 100 : 0) - (n % 3) * 15,
      gapMs: 20,
      allowedLatenessMs: 100,
      by: (n) => n % 2,
    }),
  },
  {
    title: "windowTime of sessions that become one",
    pipeline: start().windowTime("w", {
      timestamp: (n) => [0, 100, 5, 105, 50, 300, 400, 350, 310][n]!,
      gapMs: 60,
      allowedLatenessMs: 1_000,
    }),
  },
  {
    title: "windowTime by the clock",
    pipeline: start().windowTime("w", { sizeMs: 10 }),
    compare: (windows) => (windows as { items: number[] }[]).flatMap(({ items }) => items),
  },
  {
    title: "groupBy",
    pipeline: start().groupBy(
      "g",
      (n) => n % 3,
      (group, key) =>
        group.scan("total", add, 0).map("keyed", (total, index) => [key, total, index]),
    ),
  },
  {
    title: "groupBy with batches inside, and groups that end",
    pipeline: start().groupBy(
      "g",
      (n) => n % 2,
      (group, key) => key === 0 ? group.take("two", 2).batch("b", 3) : group.batch("b", 2),
      { maxKeys: 5 },
    ),
  },
  {
    title: "groupBy with few groups",
    pipeline: start().groupBy("g", (n) => n % 4, (group) => group.scan("total", add, 0), {
      maxKeys: 2,
      whenFull: "evict",
    }),
  },
  {
    title: "groupBy with groups of groups",
    pipeline: start().groupBy(
      "g",
      (n) => n % 2,
      (group) => group.groupBy("h", (n) => n % 4, (inner) => inner.scan("total", add, 0)),
    ),
  },
  {
    title: "partition",
    pipeline: start().partition(
      "p",
      (n) => n % 2 === 0,
      (even) => even.scan("total", add, 0),
      (odd) => odd.batch("b", 2),
    ),
  },
  {
    title: "route",
    pipeline: start().route("r", (n) => n % 3 === 0 ? "a" : "b", {
      a: (items) => items.scan("total", add, 0),
      b: (items) => items.take("some", 3).window("w", 2),
    }),
  },
  {
    title: "fanOut",
    pipeline: start().fanOut("f", {
      totals: (items) => items.scan("total", add, 0),
      rest: (items) => items.skip("later", 3),
    }),
  },
  {
    title: "joinWith",
    pipeline: start().joinWith("j", [1, 2, 3, 3, 5], {
      leftKey: (n) => n,
      rightKey: (n) => n,
      kind: "left",
      strategy: "hash",
    }),
  },
  {
    title: "joinWith of sorted sides",
    pipeline: start().joinWith("j", () => [1, 2, 3, 3, 5], {
      leftKey: (n) => n,
      rightKey: (n) => n,
      kind: "inner",
      strategy: "sorted",
    }),
  },
  { title: "throttle", pipeline: start().throttle("t", { limit: 2, intervalMs: 100 }) },
  {
    title: "throttle in bursts",
    pipeline: start().use("t", throttle({ limit: 1, intervalMs: 100, burst: 2 })),
  },
  { title: "take", pipeline: start().take("t", 5) },
  { title: "take after a batch", pipeline: start().batch("b", 2).take("t", 2) },
  { title: "skip", pipeline: start().skip("s", 4) },
  { title: "takeWhile", pipeline: start().takeWhile("t", (n) => n < 6) },
  { title: "skipWhile", pipeline: start().skipWhile("s", (n) => n % 4 !== 3) },
  {
    title: "skipWhile, side by side",
    pipeline: start().skipWhile("s", (n) => later(n % 4 !== 3), { concurrencyLimit: 2 }),
  },
  { title: "buffer and timeout", pipeline: start().buffer("b", 2).timeout("t", 60_000) },
  { title: "a step with a memory", pipeline: start().add("total", runningTotal) },
  { title: "transform", pipeline: start().use("pairs", pairs) },
  {
    title: "mapPartitioned",
    pipeline: start().mapPartitioned("m", (n) => n % 2, (n, index) => later([n, index]), {
      ordered: true,
    }),
  },
  {
    title: "many of them",
    pipeline: start().distinct("d").scan("s", add, 0).window("w", 2, 1)
      .groupBy("g", (pair) => pair.length, (group) => group.batch("b", 2))
      .add("total", createCounter()).skip("first", 1),
  },
];

function createCounter() {
  return createStreamingStep<unknown, [unknown, number], unknown, unknown, { n: number }, number>(
    "counter",
    async function* ({ input, kept }) {
      for await (const item of input) yield [item, kept.n++];
    },
    { memory: { snapshot: (kept) => kept.n, restore: (n = 0) => ({ n }) } },
  );
}
