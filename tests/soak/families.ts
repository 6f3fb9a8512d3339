// A pipeline for each family of stages, for runs that last.

import { StreamingPipeline } from "../../mod.ts";

/** A pipeline over numbers that keeps nothing of what has passed. */
export interface SoakFamily {
  readonly name: string;
  readonly build: () => StreamingPipeline<number, unknown, unknown>;
}

const start = () => StreamingPipeline.start<number>();
const later = (item: number) => Promise.resolve(item + 1);

/** Those of the README's table. */
export const FAMILIES: readonly SoakFamily[] = [
  {
    name: "per item",
    build: () =>
      start()
        .map("next", (item) => item + 1)
        .filter("even", (item) => item % 2 === 0)
        .flatMap("twice", (item) => [item, item])
        .map("later", later, { concurrencyLimit: 8, ordered: false }),
  },
  {
    name: "whole stream",
    build: () =>
      start()
        .add("step", async function* ({ input }) {
          for await (const item of input) yield item;
        }, { errorStrategy: "SKIP_FAILED" })
        .buffer("ahead", 16)
        .through("web", () => new TransformStream<number, number>()),
  },
  {
    name: "several items",
    build: () =>
      start()
        .scan("sum", (sum, item) => (sum + item) % 1_000, 0)
        .batch("batch", 8)
        .flatten("one by one")
        .window("window", { size: 4, slide: 2 })
        .windowTime("seconds", { timestamp: (_items, index) => index * 10, sizeMs: 1_000 }),
  },
  {
    name: "keys",
    build: () =>
      start()
        .distinct("new", { window: 1_000 })
        .mapPartitioned("in lanes", (item) => item % 16, later)
        .groupBy("groups", (item) => item % 500, (group) => group.batch("pairs", 2), {
          maxKeys: 100,
          whenFull: "evict",
        }),
  },
  {
    name: "several streams",
    build: () =>
      start()
        .zipWith("numbered", countUp)
        .map("left", ([item]) => item)
        .mergeWith("both", [1, 2, 3])
        .fanOut("branches", { one: (items) => items, other: (items) => items.take("few", 3) })
        .route("ways", (item) => item % 2 === 0 ? "even" : "odd", {
          even: (items) => items,
          odd: (items) => items.batch("pairs", 2),
        }),
  },
  {
    name: "pace",
    build: () =>
      start()
        .throttle("rate", { limit: 1_000_000_000, intervalMs: 1 })
        .delay("later", 0)
        .timeout("alive", { betweenMs: 60_000 })
        .takeUntil("stop", new AbortController().signal)
        .batch("timed", { size: 50, maxWaitMs: 1_000 }),
  },
];

function* countUp(): Generator<number> {
  for (let number = 0;; number++) yield number;
}

/** A job over such a pipeline. */
export interface SoakJob extends SoakFamily {
  readonly mode: "acks" | "snapshots";
}

/** Jobs, one for each mode. */
export const JOBS: readonly SoakJob[] = [
  {
    name: "a job with acks",
    mode: "acks",
    build: () =>
      start()
        .map("later", later, { concurrencyLimit: 8, ordered: false })
        .flatMap("twice", (item) => [item, item])
        .batch("batch", 50),
  },
  {
    name: "a job with snapshots",
    mode: "snapshots",
    build: () =>
      start()
        .scan("sum", (sum, item) => (sum + item) % 1_000, 0)
        .distinct("new", { window: 100 })
        .batch("batch", 50),
  },
];
