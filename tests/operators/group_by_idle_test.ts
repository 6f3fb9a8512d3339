// groupBy() with idleMs: which groups have nothing to do, and what becomes of the others.

import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { arriveAt, readTimed, TimedSource } from "../support/timed_source.ts";

const start = StreamingPipeline.start<number>();
const byTen = (item: number) => item % 10;

/** Work that takes so long on a clock. */
const waitOn = (clock: TestClock, ms: number): Promise<void> =>
  new Promise((resolve) => void clock.schedule(resolve, ms));

test("groupBy() ends a group that has been idle, on its one timer", async () => {
  await new TestClock().use(async (clock) => {
    const pairs = start.groupBy(
      "groups",
      byTen,
      (group, key) => group.batch("pair", 2).map("keyed", (pair) => ({ key, pair })),
      { idleMs: 100 },
    );
    const source = new TimedSource(
      clock,
      arriveAt(0, 40, 60, 200).map(([atMs], index) => [atMs, [1, 2, 11, 21][index]!] as const),
    );

    const { items } = await readTimed(clock, pairs.execute(source));

    assertEquals(items, [
      [60, { key: 1, pair: [1, 11] }],
      [140, { key: 2, pair: [2] }],
      [200, { key: 1, pair: [21] }],
    ]);
    assertEquals(clock.timerCount, 0);
  });
});

test("groupBy() does not end a group that works on an item, however long that takes", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 60, 120));
    let running = 0;
    let most = 0;
    const pipeline = start.groupBy("g", () => "all", (group) =>
      group.map("work", async (item) => {
        most = Math.max(most, ++running);
        await waitOn(clock, item === 0 ? 500 : 1);
        running--;
        return item;
      }).scan("sum", (sum: number, item) => sum + item, 0), { idleMs: 10 });

    const { items } = await readTimed(clock, pipeline.execute(source));

    // One group: two would begin the sum anew, or overtake each other.
    assertEquals([items.map(([, sum]) => sum), most], [[0, 1, 3], 1]);
    assertEquals(clock.timerCount, 0);
  });
});

for (
  const [how, options] of Object.entries({
    "side by side": { concurrencyLimit: 4 },
    "side by side, unordered": { concurrencyLimit: 4, ordered: false },
  })
) {
  test(`groupBy() does not end a group that works ${how} while it waits for an item`, async () => {
    await new TestClock().use(async (clock) => {
      const source = new TimedSource(clock, arriveAt(0, 100));
      let built = 0;
      const pipeline = start.groupBy("g", () => "all", (group) => {
        built++;
        return group.map("work", async (item) => {
          await waitOn(clock, 200);
          return item;
        }, options);
      }, { idleMs: 10 });

      const { items } = await readTimed(clock, pipeline.execute(source));

      assertEquals([items, built], [[[200, 0], [300, 1]], 1]);
    });
  });
}

test("groupBy() does not end a group whose own groups work", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 100));
    let built = 0;
    const pipeline = start.groupBy("outer", () => "all", (outer) => {
      built++;
      return outer.groupBy("inner", (item) => item, (inner) =>
        inner.map("work", async (item) => {
          await waitOn(clock, 200);
          return item;
        }));
    }, { idleMs: 10 });

    const { items } = await readTimed(clock, pipeline.execute(source));

    assertEquals([items, built], [[[200, 0], [300, 1]], 1]);
  });
});

test("groupBy() does not end a group before it has had the item that it was made for", async () => {
  await new TestClock().use(async (clock) => {
    let built = 0;
    const pipeline = start.groupBy("g", byTen, (group) => {
      built++;
      return group.add("set up", async function* ({ input }) {
        await waitOn(clock, 500);
        yield* input;
      });
    }, { idleMs: 10 });

    const { items } = await readTimed(clock, pipeline.execute([1, 2]));

    assertEquals([items.map(([, item]) => item), built], [[1, 2], 2]);
  });
});

test("[L3] groupBy() lets a group that was idle emit all it has before its key's next one", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 50, 55));
    const pipeline = start.groupBy(
      "g",
      () => "all",
      (group) =>
        group.batch("pair", 2).map("slow", async (pair) => {
          await new Promise<void>((resolve) =>
            clock.schedule(resolve, pair.length === 1 ? 100 : 1)
          );
          return pair;
        }),
      { idleMs: 10 },
    );

    const { items } = await readTimed(clock, pipeline.execute(source));

    assertEquals(items, [[110, [0]], [111, [1, 2]]]);
  });
});
