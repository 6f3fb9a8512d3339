import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { count, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

// An object without any limit is refused as options are: see batch_limits_test.ts.

test("batch() gathers arrays of the size, the last of what is left", async () => {
  const batches = async (size: number, items: number) => {
    return await start.batch("batches", size).executeToArray(Array(items).keys());
  };

  assertEquals(await batches(2, 0), []);
  assertEquals(await batches(1, 3), [[0], [1], [2]]);
  assertEquals(await batches(2, 1), [[0]]);
  assertEquals(await batches(2, 4), [[0, 1], [2, 3]]);
  assertEquals(await batches(2, 5), [[0, 1], [2, 3], [4]]);
  assertEquals(await batches(3, 3), [[0, 1, 2]]);
  assertEquals(await batches(Number.MAX_SAFE_INTEGER, 3), [[0, 1, 2]]);
});

test("[L7] batch() gathers any value, arrays too", async () => {
  const values = [undefined, null, Number.NaN, false, 0, "", [1], []];

  const pipeline = StreamingPipeline.start<unknown>().batch("pairs", 3);

  assertEquals(await pipeline.executeToArray(values), [
    [undefined, null, Number.NaN],
    [false, 0, ""],
    [[1], []],
  ]);
});

test("batch() gathers batches", async () => {
  const pipeline = start.batch("pairs", 2).batch("pairs of pairs", 2);

  assertEquals(await pipeline.executeToArray([1, 2, 3, 4, 5, 6, 7]), [
    [[1, 2], [3, 4]],
    [[5, 6], [7]],
  ]);
});

test("batch() makes an array of its own for each batch", async () => {
  const pipeline = start.batch("pairs", 2);
  const seen: number[][] = [];

  for await (const pair of pipeline.execute([1, 2, 3])) {
    seen.push([...pair]);
    pair.push(99);
  }

  assertEquals(seen, [[1, 2], [3]]);
});

test("[L2] batch() asks for no more than fills one", async () => {
  const probe = new SourceProbe("an async iterable");
  const items = start.batch("threes", 3).execute(probe.source);

  assertEquals((await items.next()).value, [0, 1, 2]);
  assertEquals(probe.pulls, 3);
  await items.return();
});

test("[L10] batch() hands a full batch on while the source is silent", async () => {
  const probe = new SourceProbe("an async iterable", { silentAfter: 2 });
  const items = start.batch("pairs", 2).execute(probe.source);

  assertEquals((await items.next()).value, [0, 1]);
  await items.return();
});

test("[L6] batch() hands on what it has gathered before the error", async () => {
  const failure = new Error("broken");
  const probe = new SourceProbe("an async iterable", { failAfter: 3, failure });

  const { items, error } = await readFailure(start.batch("pairs", 2).execute(probe.source));

  assertEquals(items, [[0, 1], [2]]);
  assertEquals([error.key, error.cause], ["source", failure]);
});

test("[L6] batch() hands on what it has gathered before the error of a stage", async () => {
  const failure = new Error("broken");
  const pipeline = start
    .map("checked", (item) => {
      if (item === 3) throw failure;
      return item;
    })
    .batch("pairs", 2)
    .map("sums", (pair) => pair.reduce((sum, item) => sum + item, 0));

  const { items, error } = await readFailure(pipeline.execute(count()));

  assertEquals(items, [1, 2]);
  assertEquals([error.key, error.itemIndex], ["checked", 3]);
});

test("batch() hands on what it has gathered when a take() before it is full", async () => {
  const pipeline = start.take("five", 5).batch("pairs", 2);

  assertEquals(await pipeline.executeToArray(count()), [[0, 1], [2, 3], [4]]);
});

test("batch() after a parallel stage keeps the order", async () => {
  const pipeline = start
    .map("later", async (item) => await item, { parallel: true, concurrencyLimit: 4 })
    .batch("fours", 4);

  assertEquals(await pipeline.executeToArray(Array(6).keys()), [[0, 1, 2, 3], [4, 5]]);
});

test("batch() gathers anew in each run, also after one that was left", async () => {
  const pipeline = start.filter("some", (item) => item !== 1).batch("pairs", 2);
  const left = pipeline.execute([7, 1, 8]);
  await left.next();
  await left.return();

  assertEquals(await pipeline.executeToArray([1, 2]), [[2]]);
  assertEquals(await pipeline.executeToArray([3, 4]), [[3, 4]]);
});
