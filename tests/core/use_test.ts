import { assertEquals, assertThrows } from "@std/assert";
import { StreamingPipeline as FluentPipeline } from "../../mod.ts";
import { StreamingPipeline } from "../../src/core/mod.ts";
import {
  batch,
  checkpoint,
  filter,
  flatten,
  groupBy,
  map,
  pipe,
  scan,
} from "../../src/operators/mod.ts";
import { test } from "../harness.ts";
import { readFailure } from "../operators/_outcome.ts";

/** Both faces: what is said of one holds for the other. */
const FACES = { core: StreamingPipeline, fluent: FluentPipeline };

for (const [name, Face] of Object.entries(FACES)) {
  test(`use() of the ${name} pipeline adds what an operator does, under its key`, async () => {
    const pipeline = Face.start<number>()
      .use("double", map((item) => item * 2))
      .use("pairs", batch(2))
      .use("row", map((pair, _, { state }) => [state.accumulated.double, ...pair]));

    assertEquals(await pipeline.executeToArray([1, 2, 3]), [[4, 2, 4], [6, 6]]);
    assertEquals(pipeline.getStageNames(), ["double", "pairs", "row"]);
  });

  test(`the ${name} pipeline keeps its face after use(), and in groups`, async () => {
    const pipeline = Face.start<number>()
      .use("group", groupBy((item) => item % 2, (group) => group.map("x", (x) => x).take("one", 1)))
      .tap("some", () => {});

    assertEquals(pipeline.constructor, Face);
    assertEquals(await pipeline.executeToArray([1, 2, 3, 4]), [1, 2]);
  });

  test(`[L9] use() of the ${name} pipeline names the key where an operator was given bad options`, () => {
    assertThrows(
      () => Face.start<number>().use("pairs", batch(0)),
      RangeError,
      'Cannot add the stage "pairs" (batch): size must be a positive integer, got 0',
    );
    assertThrows(
      () => Face.start<number>().use("double", ((item: number) => item * 2) as never),
      TypeError,
      'Cannot add the stage "double" (use): its operator must be an operator such as batch(50), got a function',
    );
    assertThrows(
      () => Face.start<number>().use("a", batch(1)).use("a" as never, batch(1) as never),
      TypeError,
      'Cannot add the stage "a" (batch): its key must be new, but it is taken',
    );
  });
}

test("an operator belongs to no pipeline and to no run", async () => {
  const sums = scan((sum: number, item: number) => sum + item, 0);
  const one = StreamingPipeline.start<number>().use("sum", sums);
  const other = FluentPipeline.start<number>().use("first", sums).use("second", sums);

  assertEquals(await one.executeToArray([1, 2]), [1, 3]);
  assertEquals(await other.executeToArray([1, 2]), [1, 4]);
  assertEquals(await one.executeToArray([1, 2]), [1, 3]);
});

test("pipe() makes one stage of several as far as state can tell", async () => {
  const cleaned = pipe(
    map((text: string) => text.trim()),
    filter((text) => text !== ""),
    map((text) => text.length),
  );
  const pipeline = FluentPipeline.start<string>().use("clean", cleaned)
    .map("seen", (length, _, { state }) => [length, Object.keys(state.accumulated)]);

  assertEquals(await pipeline.executeToArray([" mill", " "]), [[4, ["clean"]]]);
  assertEquals(pipeline.getStageNames(), ["clean", "seen"]);
});

test("pipe() names the part that fails, and nests", async () => {
  const inner = pipe(map((item: number) => item + 1), map((item) => item * 2));
  const failing = pipe(
    inner,
    map((): number => {
      throw new Error("no");
    }),
  );
  const pipeline = FluentPipeline.start<number>().use("all", failing);

  assertEquals((await readFailure(pipeline.execute([1]))).error.key, "all");
  const { steps } = await pipeline.getMetadata();
  assertEquals(steps.map(({ key }) => key), ["all/1/1", "all/1", "all"]);
});

test("[L9] pipe() refuses what is no operator, and names which", () => {
  assertThrows(
    () => pipe(batch<number>(1), 5 as never),
    TypeError,
    "Cannot pipe: argument 2 must be an operator such as batch(50), got 5",
  );
});

test("a checkpoint that is used shows its array", async () => {
  const pipeline = FluentPipeline.start<number>()
    .use("all", checkpoint())
    .use("share", map((item, _, { state }) => item / state.accumulated.all.length));

  assertEquals(await pipeline.executeToArray([2, 4]), [1, 2]);
});

test("pipelines of both faces go wherever a pipeline is asked for", async () => {
  const small = StreamingPipeline.start<number[]>().use("items", flatten());
  const pipeline = FluentPipeline.start<number>().batch("pairs", 2).compose(small);

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 2, 3]);
});
