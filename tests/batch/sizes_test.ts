// Long lists, and inputs that are no lists.

import { assert, assertEquals } from "@std/assert";
import {
  createBatchStep,
  createFilterStep,
  createFlattenStep,
  createListStep,
  createStep,
  createTransform,
  ListErrorStrategy,
  Pipeline,
  singleToList,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { dataOf, errorOf, failuresOf } from "./_helpers.ts";

const SLOW = { hangAfterMs: 120_000 };
const LONG = 130_000;
const MILLION = 1_000_000;

const range = (length: number) => Array.from({ length }, (_, index) => index);

test("[defect] a list of a million items goes through every list method", async () => {
  const result = await Pipeline.start<number[]>()
    .map("map", (item) => item + 1)
    .flatMap("flatMap", (item) => [item])
    .filter("filter", (item) => item % 2 === 0)
    .batch("batch", 1_000)
    .flatten("flatten")
    .execute(range(MILLION));

  const data = dataOf(result);
  assertEquals([data.length, data[0], data.at(-1)], [MILLION / 2, 2, MILLION]);
  assert(data.every((item, index) => item === 2 * (index + 1)));
  const { skippedCount, totalItems } = result.metadata.steps![2]!.listMetadata!;
  assertEquals([totalItems, skippedCount], [MILLION, MILLION / 2]);
}, SLOW);

test("[defect] one item that becomes a million does not overflow", async () => {
  const result = await Pipeline.start<number[]>()
    .flatMap("flatMap", (length) => range(length))
    .batch("batch", MILLION)
    .flatten("flatten")
    .execute([MILLION]);

  const data = dataOf(result);
  assertEquals([data.length, data.at(-1)], [MILLION, MILLION - 1]);
}, SLOW);

test(`[defect] a list of ${LONG} items goes through each list method side by side`, async () => {
  const options = { parallel: true, concurrencyLimit: 3 };
  const result = await Pipeline.start<number[]>()
    .map("map", (item) => item + 1, options)
    .flatMap("flatMap", (item) => [item, -item], options)
    .filter("filter", (item) => item > 0, options)
    .execute(range(LONG));

  const data = dataOf(result);
  assertEquals([data.length, data[0], data.at(-1)], [LONG, 1, LONG]);
  assert(data.every((item, index) => item === index + 1));
}, SLOW);

test(`[defect] a list of which ${LONG} items fail tells them all`, async () => {
  const cause = new Error("no");
  const result = await Pipeline.start<number[]>()
    .map("map", () => {
      throw cause;
    }, { errorStrategy: ListErrorStrategy.COLLECT_ERRORS })
    .execute(range(LONG));

  assertEquals(errorOf(result).message, `${LONG} of ${LONG} items failed`);
  assertEquals(failuresOf(result).at(-1)?.index, LONG - 1);
}, SLOW);

test(`[defect] the steps on lists take ${LONG} items`, async () => {
  const result = await Pipeline.start<number[]>()
    .add("map", createListStep("map", ({ input }) => input.map((item) => item + 1)))
    .add("each", singleToList(createTransform("each", (item: number) => item)))
    .add("filter", createFilterStep((item: number) => item % 2 === 0))
    .add("batch", createBatchStep<number>(LONG))
    .add("flatten", createFlattenStep<number>())
    .execute(range(LONG));

  const data = dataOf(result);
  assertEquals([data.length, data[0], data.at(-1)], [LONG / 2, 2, LONG]);
}, SLOW);

/** The list methods, on what is no list. */
const LIST_METHODS = {
  map: (start: Pipeline<unknown[], unknown[], unknown>) => start.map("stage", (item) => item),
  flatMap: (start: Pipeline<unknown[], unknown[], unknown>) =>
    start.flatMap("stage", (item) => [item]),
  filter: (start: Pipeline<unknown[], unknown[], unknown>) => start.filter("stage", () => true),
  batch: (start: Pipeline<unknown[], unknown[], unknown>) => start.batch("stage", 2),
  flatten: (start: Pipeline<unknown[], unknown[], unknown>) =>
    (start as Pipeline<unknown[][], unknown[][], unknown>).flatten("stage"),
};

for (const [method, build] of Object.entries(LIST_METHODS)) {
  test(`[defect] ${method} on a string, or on anything that is no array, is a failure that says so`, async () => {
    const kinds: [unknown, string][] = [
      ["the text", "string"],
      ["", "string"],
      [new Set([1]), "a Set"],
      [new Uint8Array(2), "a Uint8Array"],
      [{ length: 1, 0: 1 }, "an object"],
      [undefined, "undefined"],
      [null, "null"],
      [5, "number"],
    ];
    for (const [input, kind] of kinds) {
      const result = await build(Pipeline.start<unknown[]>()).execute(input as unknown[]);

      const { code, message, retryable } = errorOf(result);
      assertEquals(
        [code, message, retryable],
        [
          method.endsWith("ap") ? "LIST_PROCESSING_ERROR" : "LIST_STEP_ERROR",
          `Cannot run the stage "stage" (${method}): its input must be an array, got ${kind}`,
          false,
        ],
      );
    }
  });

  test(`${method} of an empty list is an empty list`, async () => {
    assertEquals(dataOf<unknown>(await build(Pipeline.start<unknown[]>()).execute([])), []);
  });
}

test("flatten of items that are no arrays is a failure that says where", async () => {
  const pipeline = Pipeline.start<number[][]>().flatten("flat");

  for (const odd of [5, "text", null, undefined]) {
    const result = await pipeline.execute([[1], odd as unknown as number[]]);
    assertEquals(errorOf(result).code, "LIST_STEP_ERROR");
    assertEquals(result.metadata.stepName, "flatten");
  }
});

test("flatMap of work that gives no list is a failure, and a string is one item", async () => {
  const flat = (value: unknown) =>
    Pipeline.start<number[]>().flatMap("flat", () => value as unknown[]).execute([1]);

  for (const odd of [5, null, undefined, {}]) assertEquals((await flat(odd)).success, false);
  assertEquals(dataOf(await flat("ab")), ["ab"]);
  assertEquals(dataOf(await flat([[1], [2]])), [[1], [2]]);
});

test("a list with holes has undefined in their places", async () => {
  const holes = [1, , 3] as number[];
  const result = await Pipeline.start<number[]>().map("same", (item) => item).execute(holes);

  assertEquals(dataOf(result).map((item) => item ?? "nothing"), [1, "nothing", 3]);
});

test("a list that a step changes while it is worked on does not grow without end", async () => {
  const grows = createStep("grows", ({ input }: { input: number[] }) => input.slice());
  const result = await Pipeline.start<number[]>()
    .add("copy", grows)
    .map("stage", (item, _, { state }) => {
      if (state.accumulated.copy.length < 10) state.accumulated.copy.push(item);
      return item;
    })
    .execute([1, 2]);

  assertEquals(dataOf(result).slice(0, 2), [1, 2]);
});
