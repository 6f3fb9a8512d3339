import { assertEquals, assertStrictEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { count, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

for (const parallel of [false, true]) {
  const suffix = parallel ? " in parallel" : "";

  test(`takeWhile() ends at the first item that the predicate refuses${suffix}`, async () => {
    const sync = start.takeWhile("small", (item) => item < 3, { parallel });
    const async = start.takeWhile("small", async (item) => await item < 3, { parallel });

    assertEquals(await sync.executeToArray(count()), [0, 1, 2]);
    assertEquals(await async.executeToArray(count()), [0, 1, 2]);
    assertEquals(await sync.executeToArray([3, 1]), []);
    assertEquals(await sync.executeToArray([1, 5, 2]), [1]);
    assertEquals(await sync.executeToArray([1, 2]), [1, 2]);
    assertEquals(await sync.executeToArray([]), []);
  });

  test(`takeWhile() gives the index of the item${suffix}`, async () => {
    const pipeline = start.takeWhile("two", (_item, index) => index < 2, { parallel });

    assertEquals(await pipeline.executeToArray([7, 8, 9]), [7, 8]);
  });

  for (const kind of SOURCE_KINDS) {
    test(`takeWhile() closes ${kind} at the item that it refuses${suffix}`, async () => {
      const probe = new SourceProbe(kind);
      const pipeline = start.takeWhile("two", (item) => item < 2, {
        parallel,
        ...(parallel && { concurrencyLimit: 1, highWaterMark: 0 }),
      });

      assertEquals(await pipeline.executeToArray(probe.source), [0, 1]);

      assertEquals([probe.closed, probe.cleaned], [1, 1]);
      if (!parallel) assertEquals(probe.pulls, 3);
    });
  }

  test(`takeWhile() fails with what the predicate throws${suffix}`, async () => {
    const cause = new Error("undecided");
    const pipeline = start.takeWhile("decided", (item) => {
      if (item === 2) throw cause;
      return true;
    }, { parallel });

    const { items, error } = await readFailure(pipeline.execute([1, 2, 3]));

    assertEquals(items, [1]);
    assertEquals([error.key, error.itemIndex], ["decided", 1]);
    assertStrictEquals(error.cause, cause);
  });

  test(`takeWhile() has ended before a later item fails the predicate${suffix}`, async () => {
    const pipeline = start.takeWhile("small", (item) => {
      if (item === 3) throw new Error("too far");
      return item < 2;
    }, { parallel });

    assertEquals(await pipeline.executeToArray([0, 1, 2, 3]), [0, 1]);
  });
}

test("takeWhile() lets what stages after it keep back come out", async () => {
  const pipeline = start.takeWhile("small", (item) => item < 3).batch("pairs", 2);

  assertEquals(await pipeline.executeToArray(count()), [[0, 1], [2]]);
});
