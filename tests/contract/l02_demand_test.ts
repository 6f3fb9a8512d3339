// L2: nothing is computed that nothing downstream asked for.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";
import { pull } from "./_ends.ts";
import { FLOWING_ROWS, neededFor } from "./_rows.ts";

const start = () => StreamingPipeline.start<number>();

for (const row of FLOWING_ROWS) {
  for (const kind of ["a sync iterable", "an async iterable"] as const) {
    test(`[L2] ${row.title} reads no more of ${kind} than what was asked for needs`, async () => {
      const calls = new CallProbe();
      const probe = new SourceProbe(kind);
      const items = row.build(calls).execute(probe.source);

      for (const count of [1, 2, 3]) {
        assertEquals((await pull(items, 1)).length, 1);
        await settle();
        const needed = neededFor(row, count);
        assertLessOrEqual(probe.pulls, needed + row.ahead);
        if (row.isProbed) assertLessOrEqual(calls.started, probe.given);
      }
      await items.return();
    });
  }

  test(`[L2] ${row.title} before a take(3) ends over an endless source`, async () => {
    const probe = new SourceProbe("an async generator");

    const items = await row.build(new CallProbe()).take("three", 3).executeToArray(probe.source);

    assertEquals(items.length, 3);
    assertLessOrEqual(probe.pulls, neededFor(row, 3) + row.ahead);
  });
}

test("[L2] sequential stages take an item all the way down before the next is pulled", async () => {
  const steps: string[] = [];
  const note = (step: string) => (item: number) => (steps.push(`${step}${item}`), item);
  const pipeline = start()
    .map("a", note("a"))
    .map("b", async (item) => await note("b")(item))
    .tap("c", note("c"));

  await pipeline.executeForEach([0, 1], note("out"));

  assertEquals(steps, ["a0", "b0", "c0", "out0", "a1", "b1", "c1", "out1"]);
});

test("[L2] a generator step reads an item only when its output is asked for", async () => {
  const probe = new SourceProbe("an async iterable");
  const pipeline = start().add("pairs", async function* ({ input }) {
    for await (const item of input) {
      yield item;
      yield item;
    }
  });

  const items = pipeline.execute(probe.source);
  const pulls: number[] = [];
  for (let index = 0; index < 4; index++) {
    await items.next();
    await settle();
    pulls.push(probe.pulls);
  }

  assertEquals(pulls, [1, 1, 2, 2]);
  await items.return();
});

test("[L2] flatMap() reads an endless iterable only as far as it is asked for", async () => {
  const inner = new SourceProbe("a sync iterable");
  const outer = new SourceProbe("an async iterable");
  const pipeline = start().flatMap("many", () => inner.source);

  const items = pipeline.execute(outer.source);
  assertEquals(await pull(items, 3), [0, 1, 2]);
  await settle();

  assertEquals([inner.pulls, outer.pulls], [3, 1]);
  await items.return();
  assertEquals([inner.closed, outer.closed], [1, 1]);
});

for (const ordered of [true, false]) {
  const order = ordered ? "" : " unordered";
  test(`[L2] flatMap() parallel 2${order} reads at most one item ahead of each iterable`, async () => {
    const inner: SourceProbe[] = [];
    const pipeline = start().flatMap("many", () => {
      inner.push(new SourceProbe("an async iterable"));
      return inner.at(-1)!.source;
    }, { parallel: true, concurrencyLimit: 2, ordered });

    const items = pipeline.execute([0, 1, 2, 3]);
    await pull(items, 3);
    await settle();

    assertLessOrEqual(inner.length, 4);
    assertEquals(inner.filter(({ closed }) => closed > 0).length, 0);
    const ahead = inner.reduce((sum, { pulls }) => sum + pulls, 0) - 3;
    assertLessOrEqual(ahead, 2);
    await items.return();
    assertEquals(inner.map(({ closed, opened }) => closed === opened), inner.map(() => true));
  });
}

test("[L2] batch() reads what one batch needs, and no more", async () => {
  const probe = new SourceProbe("an async iterable");
  const items = start().batch("fives", 5).execute(probe.source);

  await items.next();
  await settle();

  assertEquals(probe.pulls, 5);
  await items.return();
});

test("[L2] take() closes its source with its last item, not at the pull after it", async () => {
  const probe = new SourceProbe("an async iterable");
  const items = start().take("two", 2).execute(probe.source);

  await pull(items, 2);
  await settle();

  assertEquals([probe.pulls, probe.closed], [2, 1]);
  assertEquals(await items.next(), { done: true, value: undefined });
  assertEquals([probe.pulls, probe.closed], [2, 1]);
});

test("[L2] takeWhile() pulls nothing after the item that it drops", async () => {
  const probe = new SourceProbe("an async iterable");

  const items = await start().takeWhile("small", (item) => item < 3).executeToArray(probe.source);

  assertEquals([items, probe.pulls, probe.closed], [[0, 1, 2], 4, 1]);
});

test("[L2] buffer() computes as many items ahead as it may, from the first read on", async () => {
  const probe = new SourceProbe("an async iterable");
  const calls = new CallProbe();
  const pipeline = start().map("work", calls.wrap((item) => item, true)).buffer("ahead", 4);
  const items = pipeline.execute(probe.source);

  for (const count of [1, 2, 3]) {
    await items.next();
    await settle();
    assertEquals([probe.pulls, calls.started], [count + 4, count + 4]);
  }
  await items.return();
});
