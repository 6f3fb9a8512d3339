import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { count } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

test("skip() drops the first items, at most as many as there are", async () => {
  const rest = async (dropped: number) =>
    await start.skip("some", dropped).executeToArray([5, 6, 7]);

  assertEquals(await rest(0), [5, 6, 7]);
  assertEquals(await rest(-0), [5, 6, 7]);
  assertEquals(await rest(1), [6, 7]);
  assertEquals(await rest(2), [7]);
  assertEquals(await rest(3), []);
  assertEquals(await rest(4), []);
  assertEquals(await rest(Number.MAX_SAFE_INTEGER), []);
});

test("skip() counts items that are undefined, null or NaN, and lets them pass", async () => {
  const values = [undefined, null, Number.NaN, undefined, null, Number.NaN];

  const pipeline = StreamingPipeline.start<unknown>().skip("three", 3);

  assertEquals(await pipeline.executeToArray(values), values.slice(3));
});

test("skip() adds up with another skip()", async () => {
  const pipeline = start.skip("two", 2).skip("three", 3).take("two more", 2);

  assertEquals(await pipeline.executeToArray(count()), [5, 6]);
});

test("skip() counts again in each run", async () => {
  const pipeline = start.skip("one", 1);

  assertEquals(await pipeline.executeToArray([1, 2]), [2]);
  assertEquals(await pipeline.executeToArray([1, 2]), [2]);
});
