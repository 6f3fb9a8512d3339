import { assertEquals, assertInstanceOf } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { untyped } from "../support/refused.ts";
import { readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<unknown[]>();

test("flatten() takes arrays apart, one level", async () => {
  const pipeline = start.flatten("elements");

  assertEquals(await pipeline.executeToArray([[1, 2], [], [[3], [[4]]]]), [1, 2, [3], [[4]]]);
  assertEquals(await pipeline.executeToArray([]), []);
  assertEquals(await pipeline.executeToArray([[]]), []);
});

test("[L7] flatten() hands on any element, holes as undefined", async () => {
  const values = [undefined, null, Number.NaN, false, 0, "", "text", new Set([1])];
  const pipeline = start.flatten("elements");

  assertEquals(await pipeline.executeToArray([values]), values);
  assertEquals(await pipeline.executeToArray([new Array(2)]), [undefined, undefined]);
});

test("flatten() undoes batch()", async () => {
  const pipeline = StreamingPipeline.start<number>().batch("batches", 3).flatten("items");

  assertEquals(await pipeline.executeToArray(Array(10).keys()), [...Array(10).keys()]);
});

test("flatten() twice takes two levels apart", async () => {
  const pipeline = StreamingPipeline.start<number[][]>().flatten("once").flatten("twice");

  assertEquals(await pipeline.executeToArray([[[1], [2, 3]], [[], [4]]]), [1, 2, 3, 4]);
});

test("flatten() takes an array of 300,000 elements apart", async () => {
  const elements = Array.from({ length: 300_000 }, (_, index) => index);
  const pipeline = StreamingPipeline.start<number[]>().flatten("elements");

  const sum = await pipeline.executeReduce([elements], (sum, item) => sum + item, 0);

  assertEquals(sum, 300_000 * 299_999 / 2);
});

test("flatten() stops in the middle of an array when nothing more is wanted", async () => {
  const pipeline = start.flatten("elements").take("three", 3);

  assertEquals(await pipeline.executeToArray([[1, 2], [3, 4], [5]]), [1, 2, 3]);
});

test("flatten() fails for an item that is not an array, without showing it", async () => {
  const cases: readonly [unknown, string][] = [
    ["the secret", "string"],
    [1, "number"],
    [null, "an object"],
    [undefined, "undefined"],
    [new Set([1]), "a Set"],
    [Uint8Array.of(1), "a Uint8Array"],
    [{ length: 1 }, "an object"],
    [() => [], "function"],
  ];
  const pipeline = untyped(StreamingPipeline.start<unknown>())["flatten"]!("elements");

  for (const [item, shown] of cases) {
    const run = (pipeline as typeof start).execute([[1], item as unknown[]]);
    const { items, error } = await readFailure(run);

    assertEquals(items as unknown[], [1]);
    assertEquals([error.key, error.itemIndex, error.item], ["elements", 1, item]);
    assertInstanceOf(error.cause, TypeError);
    const message =
      `Cannot run the stage "elements" (flatten): each item must be an array, got ${shown}`;
    assertEquals(
      error.cause.message,
      item === null ? message.replace("an object", "null") : message,
    );
  }
});
