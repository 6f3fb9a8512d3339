// What the state costs: one store per stage, and a copy of the path per item where items wait.

import { assert, assertEquals } from "@std/assert";
import { type StageOptions, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { range } from "./_support.ts";

const COUNT = 50;
const start = StreamingPipeline.start<number>();
const add = (item: number) => item + 1;
const later = (item: number) => Promise.resolve(item + 1);
const PARALLEL: StageOptions = { parallel: true, concurrencyLimit: 4 };

const { slice } = Array.prototype;

/** How many arrays are copied while `pipeline` runs over 50 items. */
async function countCopies(
  pipeline: {
    executeReduce(source: number[], count: (n: number) => number, zero: number): unknown;
  },
): Promise<number> {
  const source = range(COUNT);
  let copies = 0;
  Array.prototype.slice = function (...args) {
    copies++;
    return Reflect.apply(slice, this, args);
  };
  try {
    await pipeline.executeReduce(source, (seen) => seen + 1, 0);
  } finally {
    Array.prototype.slice = slice;
  }
  return copies;
}

const NO_COPIES = {
  "stages of one loop": start.map("one", add).filter("all", () => true).map("two", add),
  "async stages of one loop": start.map("one", later).tap("seen", later).map("two", later),
  "flatMap": start.map("one", add).flatMap("many", (item) => [item, item]).map("two", add),
  "a parallel stage that has no stage before it": start.map("one", later, PARALLEL),
  "a step that has no stage before it": start.add("step", ({ input }) => input),
};

for (const [name, pipeline] of Object.entries(NO_COPIES)) {
  test(`state: ${name} copies no path`, async () => {
    assertEquals(await countCopies(pipeline), 0);
  });
}

const ONE_COPY = {
  "a parallel stage": start.map("one", add).map("two", later, PARALLEL),
  "a parallel stage whose function reads no state": start.map("one", add).map(
    "two",
    (item) => item,
    PARALLEL,
  ),
  "an unordered parallel stage": start.map("one", add).map("two", later, {
    ...PARALLEL,
    ordered: false,
  }),
  "a parallel flatMap": start.map("one", add).flatMap("two", (item) => [item], PARALLEL),
  "a buffer": start.map("one", add).buffer("two", 4),
  "a step over the whole stream": start.map("one", add).add("two", ({ input }) => input),
  "a checkpoint": start.map("one", add).checkpoint("two"),
};

for (const [name, pipeline] of Object.entries(ONE_COPY)) {
  test(`state: ${name} copies one path per item`, async () => {
    const copies = await countCopies(pipeline);

    // One more may be that of the empty path.
    assert(copies >= COUNT && copies <= COUNT + 1, `${copies}`);
  });
}

test("state: a path has a place per stage that makes a value, and no more but that of the origin", async () => {
  const lengths = new Set<number>();
  Array.prototype.slice = function (...args) {
    lengths.add(this.length);
    return Reflect.apply(slice, this, args);
  };
  try {
    await start.map("one", add).filter("all", () => true).tap("seen", () => {}).map("two", add)
      .map("three", later, PARALLEL).executeReduce([1, 2, 3], (seen) => seen, 0);
  } finally {
    Array.prototype.slice = slice;
  }

  // The origin, the source's item, and what one, two and three have made of it.
  assertEquals([...lengths], [5]);
});
