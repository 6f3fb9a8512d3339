// After a stage that makes one item of many, or emits an earlier one, the path is that of the last
// item in it; whatever else the stage has read meanwhile.

import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { arriveAt, readTimed, TimedSource } from "../support/timed_source.ts";
import { MODES, range } from "./_support.ts";

/** Whose last item is looked for on the path. */
type Row = readonly [seen: number | readonly number[], onPath: number];

for (const { title, options } of MODES.filter(({ title }) => title !== "parallel unordered")) {
  const numbers = () => StreamingPipeline.start<number>().map("number", (item) => item, options);

  for (const [how, weigh] of [["", () => 2], [", weighed later", async () => await 2]] as const) {
    test(`a batch that is closed because the next item does not fit: after a ${title} stage${how}`, async () => {
      const rows = await numbers()
        .batch("stage", { maxWeight: 5, weigh })
        .map("row", (items, _index, { state }): Row => [items, state.accumulated.number])
        .executeToArray(range(5));
      assertEquals(rows, [[[0, 1], 1], [[2, 3], 3], [[4], 4]]);
    });
  }

  test(`two batches that one item closes: after a ${title} stage`, async () => {
    const rows = await numbers()
      .batch("stage", { maxWeight: 5, weigh: (item) => item === 2 ? 5 : 1 })
      .map("row", (items, _index, { state }): Row => [items, state.accumulated.number], options)
      .executeToArray(range(4));
    assertEquals(rows, [[[0, 1], 1], [[2], 2], [[3], 3]]);
  });

  test(`what a failed weighing brings out: after a ${title} stage`, async () => {
    const rows: Row[] = [];
    const weigh = (item: number) => {
      if (item === 2) throw new Error("two");
      return 1;
    };
    await numbers().batch("stage", { maxWeight: 5, weigh })
      .tap("row", (items, _index, { state }) => void rows.push([items, state.accumulated.number]))
      .executeToArray(range(4)).catch(() => {});
    assertEquals(rows, [[[0, 1], 1]]);
  });

  test(`batchUntil() and its rest: after a ${title} stage`, async () => {
    const rows = await numbers()
      .batchUntil("stage", (item) => item % 3 === 2)
      .map("row", (items, _index, { state }): Row => [items, state.accumulated.number])
      .executeToArray(range(5));
    assertEquals(rows, [[[0, 1, 2], 2], [[3, 4], 4]]);
  });

  test(`windowTime() by event time: after a ${title} stage`, async () => {
    const rows = await numbers()
      .windowTime("stage", { sizeMs: 4, slideMs: 2, timestamp: (item) => item })
      .map("row", ({ items }, _index, { state }): Row => [items, state.accumulated.number])
      .executeToArray([0, 1, 3, 9]);
    assertEquals(rows, [[[0, 1], 1], [[0, 1, 3], 3], [[3], 3], [[9], 9], [[9], 9]]);
  });

  test(`windowTime() with sessions that merge: after a ${title} stage`, async () => {
    const rows = await numbers()
      .windowTime("stage", { gapMs: 3, allowedLatenessMs: 9, timestamp: (item) => item })
      .map("row", ({ items }, _index, { state }): Row => [items, state.accumulated.number])
      .executeToArray([0, 4, 2, 40]);
    assertEquals(rows, [[[0, 4, 2], 2], [[40], 40]]);
  });

  test(`batch() by time: after a ${title} stage`, () =>
    new TestClock().use(async (clock) => {
      const run = numbers()
        .batch("stage", { maxWaitMs: 10, maxWeight: 5, weigh: (item) => item === 3 ? 5 : 1 })
        .map("row", (items, _index, { state }): Row => [items, state.accumulated.number])
        .execute(new TimedSource(clock, arriveAt(0, 1, 2, 3, 4, 30)));
      const { items } = await readTimed(clock, run);
      assertEquals(items.map(([, row]) => row), [
        [[0, 1, 2], 2],
        [[3], 3],
        [[4], 4],
        [[5], 5],
      ]);
    }));

  test(`windowTime() by the clock: after a ${title} stage`, () =>
    new TestClock().use(async (clock) => {
      const run = numbers()
        .windowTime("stage", { sizeMs: 20, slideMs: 10 })
        .map("row", ({ items }, _index, { state }): Row => [items, state.accumulated.number])
        .execute(new TimedSource(clock, arriveAt(1, 12, 25)));
      const { items } = await readTimed(clock, run);
      assertEquals(items.map(([, row]) => row), [
        [[0], 0],
        [[0, 1], 1],
        [[1, 2], 2],
        [[2], 2],
      ]);
    }));

  for (const method of ["debounce", "sample"] as const) {
    test(`${method}(): after a ${title} stage`, () =>
      new TestClock().use(async (clock) => {
        const pipeline = method === "debounce"
          ? numbers().debounce("stage", 5)
          : numbers().sample("stage", 5);
        const run = pipeline
          .map("row", (item, _index, { state }): Row => [item, state.accumulated.number])
          .execute(new TimedSource(clock, arriveAt(1, 2, 12, 23, 24)));
        const { items } = await readTimed(clock, run);
        assertEquals(items.map(([, row]) => row), [[1, 1], [2, 2], [4, 4]]);
      }));
  }

  test(`delay(): after a ${title} stage`, () =>
    new TestClock().use(async (clock) => {
      const run = numbers().delay("stage", 100)
        .map("row", (item, _index, { state }): Row => [item, state.accumulated.number])
        .execute(new TimedSource(clock, arriveAt(1, 2, 3)));
      const { items } = await readTimed(clock, run);
      assertEquals(items.map(([, row]) => row), [[0, 0], [1, 1], [2, 2]]);
    }));

  test(`groupBy() and partition(), whose groups finish in another order: after a ${title} stage`, async () => {
    const hold = async (item: number) => {
      for (let hop = 0; hop < (item % 2 === 0 ? 40 : 1); hop++) await undefined;
      return item;
    };
    for (
      const pipeline of [
        numbers().groupBy("stage", (item) => item % 2, (group) => group.map("hold", hold)),
        numbers().partition(
          "stage",
          (item) => item % 2 === 0,
          (even) => even.map("hold", hold),
          (odd) => odd.map("hold", hold),
        ),
      ]
    ) {
      const rows = await pipeline
        .map("row", (item, _index, { state }): Row => [item, state.accumulated.number])
        .executeToArray(range(6));
      assertEquals(rows.map(([, onPath]) => onPath), rows.map(([item]) => item));
      assertEquals(rows.length, 6);
    }
  });

  test(`groupBy() with batches, which come out when the groups end: after a ${title} stage`, async () => {
    const rows = await numbers()
      .groupBy("stage", (item) => item % 2, (group) => group.batch("all", 9))
      .map("row", (items, _index, { state }): Row => [items, state.accumulated.number])
      .executeToArray(range(5));
    assertEquals(rows.toSorted(([, one], [, other]) => one - other), [[[1, 3], 3], [[0, 2, 4], 4]]);
  });

  test(`fanOut() and route(), whose branches are not equally fast: after a ${title} stage`, async () => {
    const hold = async (item: number) => {
      for (let hop = 0; hop < 40; hop++) await undefined;
      return item;
    };
    const branches = {
      slow: {
        build: (items: StreamingPipeline<number, number, object>) => items.map("hold", hold),
        bufferSize: 4,
      },
      fast: (items: StreamingPipeline<number, number, object>) => items,
    };
    for (
      const pipeline of [
        numbers().fanOut("stage", branches as never),
        numbers().route(
          "stage",
          (item) => item % 3 === 0 ? "slow" : "fast",
          branches as never,
        ),
      ]
    ) {
      const rows = await pipeline
        .map("row", (item, _index, { state }): Row => [item as number, state.accumulated.number])
        .executeToArray(range(6));
      assertEquals(rows.map(([, onPath]) => onPath), rows.map(([item]) => item));
    }
  });
}

test("what follows in the loop is back on the path of the current item", async () => {
  const rows = await StreamingPipeline.start<string>()
    .map("line", (line) => line)
    .flatMap("word", (line) => line.split(" "))
    .batch("stage", { maxWeight: 2, weigh: () => 1.5 })
    .map("row", (words, _index, { state: { accumulated } }) => {
      return [accumulated.line, accumulated.word, words[0]];
    })
    .executeToArray(["a b", "c d"]);
  assertEquals(rows, [["a b", "a", "a"], ["a b", "b", "b"], ["c d", "c", "c"], ["c d", "d", "d"]]);
});

test("an item that fills a take() keeps its path on its way down", async () => {
  const rows = await StreamingPipeline.start<number>()
    .map("number", (item) => item)
    .batch("stage", { maxWeight: 2, weigh: () => 1.5 })
    .take("one", 1)
    .map("row", (items, _index, { state }): Row => [items, state.accumulated.number])
    .executeToArray(range(3));
  assertEquals(rows, [[[0], 0]]);
});

test("a function of the stage itself sees the path of the item that it is given", () =>
  new TestClock().use(async (clock) => {
    const seen: Row[] = [];
    const run = StreamingPipeline.start<number>()
      .map("number", (item) => item)
      .batch("stage", {
        maxWaitMs: 10,
        maxWeight: 2,
        weigh(item, _index, { state }) {
          seen.push([item, state.accumulated.number]);
          return 1.5;
        },
      })
      .tap("after", () => {})
      .execute(new TimedSource(clock, arriveAt(0, 1, 30)));
    await readTimed(clock, run);
    assertEquals(seen, [[0, 0], [1, 1], [2, 2]]);
  }));
