import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";
import { readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

test("buffer() hands on all items in order, whatever its size", async () => {
  for (const size of [1, 2, 5, 100]) {
    const pipeline = start.buffer("ahead", size);

    assertEquals(await pipeline.executeToArray([1, 2, 3, 4, 5]), [1, 2, 3, 4, 5]);
    assertEquals(await pipeline.executeToArray([]), []);
  }
});

test("[L7] buffer() lets any value pass", async () => {
  const values = [undefined, null, Number.NaN, false, 0, "", [1]];

  const pipeline = StreamingPipeline.start<unknown>().buffer("ahead", 3);

  assertEquals(await pipeline.executeToArray(values), values);
});

for (const kind of ["a sync iterable", "an async iterable"] as const) {
  test(`buffer() computes items from ${kind} ahead, from the first read on`, async () => {
    const probe = new SourceProbe(kind);
    const computed: number[] = [];
    const pipeline = start.tap("computed", (item) => computed.push(item)).buffer("ahead", 3);
    const items = pipeline.execute(probe.source);

    await settle();
    assertEquals(computed, []);
    assertEquals((await items.next()).value, 0);
    await settle();
    assertEquals(computed, [0, 1, 2, 3]);
    assertEquals((await items.next()).value, 1);
    await settle();
    assertEquals(computed, [0, 1, 2, 3, 4]);

    await items.return();
    await settle();
    assertEquals([computed.length, probe.closed], [5, 1]);
  });
}

test("[L6] buffer() hands on what it holds before the error", async () => {
  const failure = new Error("broken");
  const probe = new SourceProbe("an async iterable", { failAfter: 3, failure });
  const items = start.buffer("ahead", 5).execute(probe.source);

  const first = await items.next();
  await settle();
  const rest = await readFailure(items);

  assertEquals([first.value, ...rest.items], [0, 1, 2]);
  assertEquals([rest.error.key, rest.error.cause], ["source", failure]);
});

test("buffer() gives each item the state of its own path", async () => {
  const pipeline = start
    .map("ten", (item) => item * 10)
    .buffer("ahead", 4)
    .map("both", async (item, _, { state }) => {
      const own = state.accumulated.ten;
      await settle();
      return [item, own, state.accumulated.ten];
    });

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [
    [10, 10, 10],
    [20, 20, 20],
    [30, 30, 30],
  ]);
});
