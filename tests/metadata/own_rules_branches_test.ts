// Groups and branches: what they have no use for counts as dropped, what their pipelines have not
// dealt with as in flight, and as abandoned when the run is over.

import { assertEquals, assertRejects } from "@std/assert";
import { type PipelineRun, StreamingError } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { collect } from "../state/_support.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { expectFigures } from "./_figures.ts";
import { start } from "./_stages.ts";

test("[L14] groupBy() keeps an item back until its group asks for another", async () => {
  const open = createDeferred<void>();
  const run = start().groupBy("stage", (item) => item % 2, (group) => {
    return group.map("wait", async (item) => {
      await open.promise;
      return item;
    });
  }).run([0, 1, 2]);
  const reading = collect(run);
  await settle();
  expectFigures(run, { in: 3, passed: 0, held: 3 });
  open.resolve();
  assertEquals((await reading).toSorted(), [0, 1, 2]);
  expectFigures(run, { in: 3, passed: 3 });
});

test("[L14] groupBy() drops what comes for a group that reads no more", async () => {
  const run = start().groupBy("stage", () => "all", (group) => group.take("two", 2))
    .run([0, 1, 2, 3, 4]);
  assertEquals(await collect(run), [0, 1]);
  expectFigures(run, { in: 5, passed: 2, dropped: 3 });
});

test("[L14] groupBy(): the item on which a group fails has failed, once", async () => {
  const run = start().groupBy("stage", (item) => item, (group) => {
    return group.map("fail", (item) => {
      if (item === 1) throw new Error("one");
      return item;
    });
  }, { concurrencyLimit: 1 }).run([0, 1]);
  await assertRejects(() => collect(run), StreamingError);
  expectFigures(run, { in: 2, passed: 1, failed: 1 });
});

test("[L14] groupBy(): an item for which there is no key has failed", async () => {
  const run = start().groupBy("stage", (item) => item, (group) => group, { maxKeys: 1 }).run([
    0,
    1,
  ]);
  await assertRejects(() => collect(run), StreamingError);
  const stage = run.metadata().steps[0]!;
  assertEquals(stage.errorCount, 1);
  assertEquals(stage.passedCount + stage.abandonedCount, 1);
});

test("[L14] partition() drops what comes for a side that reads no more", async () => {
  const run = start().partition(
    "stage",
    (item) => item < 3,
    (small) => small.take("one", 1),
    (large) => large,
  ).run([0, 1, 2, 3]);
  assertEquals((await collect(run)).toSorted(), [0, 3]);
  expectFigures(run, { in: 4, passed: 2, dropped: 2 });
});

for (const whenFull of ["dropNewest", "dropOldest"] as const) {
  test(`[L14] route() counts what ${whenFull} drops`, async () => {
    const open = createDeferred<void>();
    const dropped: number[] = [];
    const run = start().route("stage", () => "only" as const, {
      only: {
        build: (items) =>
          items.map("wait", async (item) => {
            await open.promise;
            return item;
          }),
        whenFull,
        bufferSize: 1,
        onDrop: (item) => dropped.push(item),
      },
    }).run([0, 1, 2, 3]);
    const reading = collect(run);
    await settle();
    expectFigures(run, { in: 4, passed: 0, dropped: 2, held: 2 });
    open.resolve();
    assertEquals(await reading, whenFull === "dropNewest" ? [0, 1] : [0, 3]);
    assertEquals(dropped, whenFull === "dropNewest" ? [2, 3] : [1, 2]);
    expectFigures(run, { in: 4, passed: 2, dropped: 2 });
  });
}

test("[L14] the figures add up also while onDrop is called", async () => {
  const open = createDeferred<void>();
  const moments: number[] = [];
  const run: PipelineRun<number> = start().fanOut("stage", {
    only: {
      build: (items) =>
        items.map("wait", async (item) => {
          await open.promise;
          return item;
        }),
      whenFull: "dropOldest",
      bufferSize: 1,
      onDrop(item) {
        moments.push(item);
        expectFigures(run, { in: item + 2, passed: 0, dropped: item - 1, held: 3 });
      },
    },
  }).run([0, 1, 2, 3]);
  const reading = collect(run);
  await settle();
  open.resolve();

  assertEquals([await reading, moments], [[0, 3], [1, 2]]);
});

for (const whenFull of ["dropNewest", "dropOldest"] as const) {
  test(`[L14] where onDrop fails, ${whenFull} drops nothing, and the item that came fails`, async () => {
    const open = createDeferred<void>();
    const taken: number[] = [];
    const run = start().fanOut("stage", {
      only: {
        build: (items) => items,
        async to(item) {
          await open.promise;
          taken.push(item);
        },
        whenFull,
        bufferSize: 2,
        onDrop() {
          throw new Error("no room for what is dropped");
        },
      },
    }).run([0, 1, 2, 3, 4]);
    const reading = watch(collect(run));
    await settle();
    expectFigures(run, { in: 4, passed: 0, failed: 1, held: 3 });
    open.resolve();
    await settle();

    assertEquals([reading.state, taken], ["rejected", [0, 1, 2]]);
    expectFigures(run, { in: 4, passed: 3, failed: 1 });
  });
}

test("[L14] fanOut() drops an item that no branch has had, and counts it once", async () => {
  const open = createDeferred<void>();
  const wait = async (item: number) => {
    await open.promise;
    return item;
  };
  const run = start().fanOut("stage", {
    one: { build: (items) => items.map("wait", wait), whenFull: "dropNewest", bufferSize: 1 },
    other: { build: (items) => items.map("wait", wait), whenFull: "dropNewest", bufferSize: 2 },
  }).run([0, 1, 2, 3]);
  const reading = collect(run);
  await settle();
  expectFigures(run, { in: 4, passed: 0, dropped: 1, held: 3 });
  open.resolve();
  assertEquals((await reading).length, 5);
  expectFigures(run, { in: 4, passed: 3, dropped: 1 });
});

test("[L14] route() drops what waits for a branch that reads no more", async () => {
  const run = start().route("stage", (item) => item < 3 ? "few" : "rest", {
    few: (items) => items.take("one", 1),
    rest: (items) => items,
  }).run([0, 1, 2, 3]);
  assertEquals((await collect(run)).toSorted(), [0, 3]);
  expectFigures(run, { in: 4, passed: 2, dropped: 2 });
});

test("[L14] fanOut(): the item on which a branch fails has failed, once", async () => {
  const run = start().fanOut("stage", {
    good: (items) => items,
    bad: (items) =>
      items.map("fail", (item) => {
        if (item === 1) throw new Error("one");
        return item;
      }),
  }).run([0, 1, 2]);
  await assertRejects(() => collect(run), StreamingError);
  const { inputCount, errorCount, passedCount, abandonedCount, inFlightCount } = run.metadata()
    .steps[0]!;
  // One that came in before the failure was known may have passed the other branch.
  assertEquals([errorCount, inFlightCount], [1, 0]);
  assertEquals(passedCount + abandonedCount, inputCount - 1);
});

test("[L14] fanOut(): an item for which a branch has no room has failed", async () => {
  const run = start().fanOut("stage", {
    only: { build: (items) => items.tap("wait", settle), whenFull: "error", bufferSize: 0 },
  }).run([0, 1, 2]);
  await assertRejects(() => collect(run), StreamingError);
  // The item that was worked on is given up.
  expectFigures(run, { in: 2, passed: 0, failed: 1, abandoned: 1 });
});
