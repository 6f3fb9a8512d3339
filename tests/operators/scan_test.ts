import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch } from "../../src/testing/turns.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { count, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();
const add = (total: number, item: number) => total + item;

testOptions("scan", (options, methods) => methods.scan!("key", add, 0, options), [
  [{ timeoutMs: 0 }, RangeError, "timeoutMs must be a finite number of at least 1, got 0"],
]);

test("scan() hands out what a reducer has made of the items so far", async () => {
  const totals = start.scan("total", add, 10);

  assertEquals(await totals.executeToArray([1, 2, 3]), [11, 13, 16]);
  assertEquals(await totals.executeToArray([]), []);
});

test("scan() agrees with a loop over an array, with a reducer of either kind", async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.integer()), async (items) => {
    let total = 0;
    const expected = items.map((item) => total = total * 3 - item);
    const reduce = (value: number, item: number) => value * 3 - item;
    const reduceLater = async (value: number, item: number) => await reduce(value, item);

    assertEquals(await start.scan("s", reduce, 0).executeToArray(items), expected);
    assertEquals(await start.scan("s", reduceLater, 0).executeToArray(items), expected);
  }));
});

test("scan() gives its reducer the index and the state of the item", async () => {
  const seen: unknown[] = [];
  const pipeline = start.map("double", (item) => item * 2)
    .scan("s", (value: number, item, index, { state }) => {
      seen.push([item, index, state.accumulated.double]);
      return value;
    }, 0);

  await pipeline.executeToArray([5, 6]);

  assertEquals(seen, [[10, 0, 10], [12, 1, 12]]);
});

test("[L7] scan() keeps any value, undefined too", async () => {
  const values = [undefined, null, false, [1]];
  const pipeline = StreamingPipeline.start<unknown>()
    .scan("pairs", (last: unknown, item) => [Array.isArray(last) ? last[1] : last, item], 0);

  assertEquals(await pipeline.executeToArray(values), [
    [0, undefined],
    [undefined, null],
    [null, false],
    [false, [1]],
  ]);
});

test("[L8] scan() begins anew in each run", async () => {
  const totals = start.scan("total", add, 0);
  const left = totals.execute(count());
  await left.next();
  await left.return();

  assertEquals(await totals.executeToArray([1, 2]), [1, 3]);
});

test("scan() keeps its value where an item is left out or tried again", async () => {
  let fails = 2;
  const pipeline = start.scan(
    "total",
    (total: number, item) => {
      if (item === 2) throw new Error("bad");
      if (item === 3 && fails-- > 0) throw Object.assign(new Error("again"), { code: "EAI_AGAIN" });
      return total + item;
    },
    0,
    { errorStrategy: "SKIP_FAILED", retry: { maxAttempts: 3, backoffMs: 0 } },
  );

  assertEquals(await pipeline.executeToArray([1, 2, 3, 4]), [1, 4, 8]);
});

test("scan() does not keep what an attempt answers after its time is up", async () => {
  await new TestClock().use(async (clock) => {
    const pipeline = start.scan(
      "total",
      (total: number, item) =>
        new Promise<number>((resolve) => {
          clock.schedule(() => resolve(total + item), item === 2 ? 50 : 0);
        }),
      0,
      { errorStrategy: "SKIP_FAILED", timeoutMs: 20 },
    );
    const running = watch(pipeline.executeToArray([1, 2, 4]));

    await clock.advance(100);

    assertEquals(running.value, [1, 5]);
  });
});

test("[L6] scan() gives the values before the failure, then the error", async () => {
  const pipeline = start.scan("total", (total: number, item) => {
    if (item === 3) throw new Error("bad");
    return total + item;
  }, 0);

  const { items, error } = await readFailure(pipeline.execute(count()));

  assertEquals([items, error.key, error.itemIndex], [[0, 1, 3], "total", 3]);
});
