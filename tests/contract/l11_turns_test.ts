// L11: items that are available at once take no promise each, where the library reads what it
// iterates over itself. Counted, not timed: how many microtasks go by until a run has ended.

import { assertEquals } from "@std/assert";
import {
  concat,
  interleave,
  merge,
  retrySource,
  share,
  StreamingPipeline,
  zip,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { range } from "./_rows.ts";

const FEW = 40;
const MANY = 400;

const start = () => StreamingPipeline.start<number>();
type Numbers = StreamingPipeline<number, number>;
const inner = (items: Numbers) => items.scan("sum", (sum, item) => sum + item, 0);

/** What reads `items`, and makes one item of each at least. */
const READERS: Readonly<Record<string, (items: readonly number[]) => AsyncIterable<unknown>>> = {
  "groupBy()": (items) => start().groupBy("stage", (item) => item % 3, inner).execute(items),
  "partition()": (items) =>
    start().partition("stage", (item) => item % 2 === 0, inner, inner).execute(items),
  "route()": (items) => start().route("stage", () => "one", { one: inner }).execute(items),
  "fanOut()": (items) => start().fanOut("stage", { one: inner, other: inner }).execute(items),
  "a timed batch()": (items) =>
    start().batch("stage", { size: 1, maxWaitMs: 1_000 }).execute(items),
  "timeout()": (items) => start().timeout("stage", 1_000).execute(items),
  "a pipeline": (items) => start().map("stage", (item) => item).execute(items),
  "merge()": (items) => merge(items),
  "concat()": (items) => concat(items, []),
  "interleave()": (items) => interleave(items, []),
  "zip()": (items) => zip(items, items),
  "retrySource()": (items) => retrySource(() => items, { maxAttempts: 1, backoffMs: 0 }),
  "a consumer of share()": (items) => share(items, { bufferSize: 1 }),
};

/** The microtasks until a pipeline has read all that `reader` gives; there are `least` at least. */
async function countTurns(reader: AsyncIterable<unknown>, least: number): Promise<number> {
  let turns = 0;
  let count: number | undefined;
  StreamingPipeline.start<unknown>().executeReduce(reader, (count) => count + 1, 0)
    .then((all) => count = all);
  while (count === undefined) {
    await undefined;
    turns++;
  }
  assertEquals(count >= least, true, `${count} items`);
  return turns;
}

for (const [name, read] of Object.entries(READERS)) {
  test(`[L11] a pipeline that reads ${name} takes no promise for an item that is available`, () =>
    new TestClock().use(async () => {
      const few = await countTurns(read(range(FEW)), FEW);
      const many = await countTurns(read(range(MANY)), MANY);

      assertEquals(many, few);
    }));
}

test("[L11] the count of turns sees a promise per item", async () => {
  async function* later() {
    yield* range(MANY);
  }
  const turns = await countTurns(later(), MANY);

  assertEquals(turns >= MANY, true, `${turns}`);
});
