// A stage that is called for few of the items, after whatever drops or gathers them, is timed as
// others are.

import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import { sleep } from "./_timing.ts";

const COUNT = 10_000;
const RARE = 500;
const WORK_MS = 10;
const SKIP = { errorStrategy: "SKIP_FAILED" } as const;
const PARALLEL = { parallel: true } as const;
const items = (count: number) => Array.from({ length: count }, (_, index) => index);

const start = StreamingPipeline.start<number>();
type From = StreamingPipeline<number, unknown, unknown>;

const isRare = (item: number) => item % RARE === RARE - 1;
const orFail = (item: number) => {
  if (!isRare(item)) throw new Error("no");
  return item;
};

/** Let one item in 500 through, or one for 500. */
const RARELY: Readonly<Record<string, From>> = {
  "filter()": start.filter("f", isRare),
  "async filter()": start.filter("f", async (item) => await isRare(item)),
  "filter() parallel": start.filter("f", isRare, PARALLEL),
  "batch()": start.batch("b", RARE),
  "batch() by weight": start.batch("b", { maxWeight: RARE, weigh: () => 1 }),
  "batchUntil()": start.batchUntil("b", isRare),
  "window()": start.window("w", { size: 2, slide: RARE }),
  "windowTime()": start.windowTime("w", { timestamp: (item) => item, sizeMs: RARE }),
  "distinct()": start.map("m", (item) => Math.floor(item / RARE)).distinct("d"),
  "distinct() by": start.distinct("d", { by: (item) => Math.floor(item / RARE) }),
  "flatMap()": start.flatMap("f", (item) => isRare(item) ? [item] : []),
  "async flatMap()": start.flatMap("f", async (item) => await isRare(item) ? [item] : []),
  "flatten()": start.map("m", (item) => isRare(item) ? [item] : []).flatten("f"),
  "a map() that fails": start.map("f", orFail, SKIP),
  "an async map() that fails": start.map("f", async (item) => await orFail(item), SKIP),
  "a parallel map() that fails": start.map("f", orFail, { ...SKIP, ...PARALLEL }),
  "a tap() that fails": start.tap("f", orFail, SKIP),
  "a batch of what is filtered": start.filter("f", (item) => item % 50 === 49).batch("b", 10),
  "filter() after filter()": start.filter("one", (item) => item % 50 === 49)
    .filter("two", isRare),
  "filter() after stages": start.map("one", (item) => item).tap("two", () => {})
    .filter("f", isRare).map("three", (item) => item),
};

/** Let something through once, at the end or the beginning. */
const ONCE: Readonly<Record<string, From>> = {
  "batch()": start.batch("b", COUNT + 1),
  "batch() by weight": start.batch("b", { maxWeight: COUNT + 1, weigh: () => 1 }),
  "batchUntil()": start.batchUntil("b", () => false),
  "window()": start.window("w", { size: COUNT + 1 }),
  "windowTime()": start.windowTime("w", { timestamp: (item) => item, sizeMs: COUNT + 1 }),
  "fold()": start.fold("f", (total, item) => total + item, 0),
  "skip()": start.skip("s", COUNT - 1),
  "skipWhile()": start.skipWhile("s", (item) => item < COUNT - 1),
  "filter()": start.filter("f", (item) => item === COUNT - 1),
  "batch() after filter()": start.filter("f", (item) => item > 7).batch("b", COUNT + 1),
};

/** Has the clock go on by what sync work takes, besides its timers; counts how often it is read. */
class WorkClock {
  looks = 0;
  #workedMs = 0;

  constructor(clock: TestClock) {
    const { now } = clock;
    clock.now = () => {
      this.looks++;
      return now.call(clock) + this.#workedMs;
    };
  }

  readonly work = (): void => {
    this.#workedMs += WORK_MS;
  };
}

/** Ways to work 10 ms on what comes through. */
const WORKS: Readonly<Record<string, (from: From, clock: WorkClock) => From>> = {
  "a sync stage": (from, { work }) => from.tap("rare", work),
  "an async stage": (from) => from.tap("rare", () => sleep(WORK_MS)),
  "a sync stage after another": (from, { work }) =>
    from.map("before", (item) => item).tap("rare", work),
};

async function timingOf(build: (clock: WorkClock) => From) {
  return await new TestClock().use(async (clock) => {
    const pipeline = build(new WorkClock(clock));
    const reading = watch(pipeline.executeToArray(items(COUNT)));
    await clock.advance(1e7);
    assertEquals(reading.state, "resolved");
    const { steps } = await pipeline.getMetadata();
    return steps.find(({ key }) => key === "rare")!.timing;
  });
}

for (const [work, build] of Object.entries(WORKS)) {
  for (const [name, from] of Object.entries(RARELY)) {
    test(`${work} after ${name}, which lets one item in ${RARE} through, is timed`, async () => {
      const timing = await timingOf((clock) => build(from, clock));

      assertEquals(timing.itemCount, COUNT / RARE);
      // The first, the second, the fourth and so on, as of 20 items of any stage.
      assert(timing.sampledCount >= 5, `${timing.sampledCount}`);
      assertAlmostEquals(timing.avgDurationMs, WORK_MS, 1e-9);
    });
  }

  for (const [name, from] of Object.entries(ONCE)) {
    test(`${work} after ${name}, which lets something through once, is timed`, async () => {
      const timing = await timingOf((clock) => build(from, clock));

      assertEquals([timing.itemCount, timing.sampledCount], [1, 1]);
      assertAlmostEquals(timing.avgDurationMs, WORK_MS, 1e-9);
    });
  }
}

test("what is due, and does not get through, costs no look at the clock until something does", async () => {
  const looksOf = (count: number) =>
    new TestClock().use(async (clock) => {
      const counted = new WorkClock(clock);
      await start.filter("f", isRare).tap("rare", () => {}).batch("b", 7).tap("rarer", () => {})
        .executeToArray(items(count));
      return counted.looks;
    });

  const [few, many] = [await looksOf(20_000), await looksOf(200_000)];

  // Two looks for each stage that an item of the 1,024 that is due gets to.
  assert(many - few <= 2 * 4 * 180_000 / 1_024 + 8, `${many - few}`);
});

test("stages after one that drops the items due to be timed are timed for others, and counted as always", async () => {
  const pipeline = start.filter("f", isRare).map("m", (item) => item).batch("b", 3)
    .tap("rare", () => {});
  const batches = await pipeline.executeToArray(items(COUNT));
  const { steps } = await pipeline.getMetadata();

  assertEquals(batches.length, 7);
  assertEquals(
    steps.map(({ inputCount, passedCount, droppedCount, inFlightCount, outputCount }) => [
      inputCount,
      passedCount,
      droppedCount,
      inFlightCount,
      outputCount,
    ]),
    [
      [COUNT, 20, COUNT - 20, 0, 20],
      [20, 20, 0, 0, 20],
      [20, 20, 0, 0, 7],
      [7, 7, 0, 0, 7],
    ],
  );
});
