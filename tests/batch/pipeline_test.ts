// What holds for a batch pipeline as a whole: it never changes, and it changes nothing.

import { assert, assertEquals, assertNotStrictEquals } from "@std/assert";
import { Pipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { dataOf } from "./_helpers.ts";

test("each method gives a new pipeline and leaves the one before as it was", async () => {
  const numbers = Pipeline.start<number[]>().map("double", (item) => item * 2);
  const more = numbers.map("text", (item) => `${item}`);
  const other = numbers.batch("text", 2);

  assertNotStrictEquals<unknown>(numbers, more);
  assertEquals(numbers.getStageNames(), ["double"]);
  assertEquals(more.getStageNames(), ["double", "text"]);
  assertEquals(dataOf(await numbers.execute([1, 2])), [2, 4]);
  assertEquals(dataOf(await more.execute([1, 2])), ["2", "4"]);
  assertEquals(dataOf(await other.execute([1, 2, 3])), [[2, 4], [6]]);
});

test("a pipeline without stages gives its input", async () => {
  const input = [1, 2];

  const result = await Pipeline.start<number[]>().execute(input);

  assert(result.success);
  assert(result.data === input);
  assertEquals(result.metadata.steps, []);
});

test("a list method never writes to the list it is given", async () => {
  const input = Object.freeze([3, 1, 2]) as number[];
  const rows = Object.freeze([input, input]) as number[][];
  const pipeline = Pipeline.start<number[][]>()
    .map("map", (row) => row)
    .filter("filter", () => true)
    .flatten("flatten")
    .flatMap("flatMap", (item) => [item])
    .batch("batch", 4);

  assertEquals(dataOf(await pipeline.execute(rows)), [[3, 1, 2, 3], [1, 2]]);
  assertEquals(input, [3, 1, 2]);
});
