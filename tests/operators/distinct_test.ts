import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { readOutcome } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

testOptions("distinct", (options, methods) => methods.distinct!("key", options), [
  [{ by: 1 }, TypeError, "by must be a function, got 1"],
  [{ window: 0 }, RangeError, "window must be a positive integer, got 0"],
  [{ window: 1.5 }, RangeError, "window must be a positive integer, got 1.5"],
  [{ window: Infinity }, RangeError, "window must be a positive integer, got Infinity"],
], (value) => typeof value === "function");

/** The last `limit` different keys, the one seen longest ago first. */
function model(keys: readonly unknown[], limit: number): boolean[] {
  let seen: unknown[] = [];
  return keys.map((key) => {
    const isNew = !seen.includes(key);
    seen = [...seen.filter((each) => !Object.is(each, key)), key].slice(-limit);
    return isNew;
  });
}

test("distinct() drops what has been seen before", async () => {
  assertEquals(await start.distinct("new").executeToArray([1, 2, 1, 3, 2]), [1, 2, 3]);
});

test("distinct() compares as a Map does: NaN is one value, 1 and '1' are two", async () => {
  const pipeline = StreamingPipeline.start<unknown>().distinct("new");
  const first = {};

  const items = await pipeline.executeToArray([NaN, NaN, 1, "1", undefined, undefined, first, {}]);

  assertEquals(items, [NaN, 1, "1", undefined, {}, {}]);
  assertEquals(items[4] === first, true);
});

test("distinct() tells items apart by a key, sync or async", async () => {
  const items = [1, 2, 3, 11, 12, 21];

  for (const by of [(item: number) => item % 10, async (item: number) => await item % 10]) {
    assertEquals(await start.distinct("new", { by }).executeToArray(items), [1, 2, 3]);
  }
});

test("distinct() agrees with an array model for every window", async () => {
  const sequence = fc.array(fc.integer({ min: 0, max: 8 }), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(sequence, fc.integer({ min: 1, max: 10 }), async (all, window) => {
      const isNew = model(all, window);
      const expected = all.filter((_, index) => isNew[index]);

      assertEquals(await start.distinct("d", { window }).executeToArray(all), expected);
      const by = async (item: number) => await item;
      assertEquals(await start.distinct("d", { window, by }).executeToArray(all), expected);
    }),
  );
});

test("distinct() forgets the key that was seen longest ago, not the one that came first", async () => {
  const pipeline = start.distinct("new", { window: 2 });

  assertEquals(await pipeline.executeToArray([1, 2, 1, 3, 1, 2]), [1, 2, 3, 2]);
});

test("[L14] distinct() counts what it drops, also where items fail", async () => {
  const run = start.distinct("new", {
    by: (item) => {
      if (item === 9) throw new Error("no key");
      return item;
    },
    errorStrategy: "SKIP_FAILED",
  }).run([1, 1, 9, 2]);

  const { items } = await readOutcome(run);

  const { inputCount, passedCount, droppedCount, errorCount } = run.metadata().steps[0]!;
  assertEquals(items, [1, 2]);
  assertEquals([inputCount, passedCount, droppedCount, errorCount], [4, 2, 1, 1]);
});
