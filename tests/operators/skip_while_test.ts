import { assertEquals, assertStrictEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

for (const parallel of [false, true]) {
  const suffix = parallel ? " in parallel" : "";

  test(`skipWhile() drops items up to the first that the predicate refuses${suffix}`, async () => {
    const sync = start.skipWhile("small", (item) => item < 3, { parallel });
    const async = start.skipWhile("small", async (item) => await item < 3, { parallel });

    assertEquals(await sync.executeToArray([1, 2, 3, 1, 4]), [3, 1, 4]);
    assertEquals(await async.executeToArray([1, 2, 3, 1, 4]), [3, 1, 4]);
    assertEquals(await sync.executeToArray([5, 1]), [5, 1]);
    assertEquals(await sync.executeToArray([1, 2]), []);
    assertEquals(await sync.executeToArray([]), []);
  });

  test(`skipWhile() gives the index of the item${suffix}`, async () => {
    const pipeline = start.skipWhile("two", (_item, index) => index < 2, { parallel });

    assertEquals(await pipeline.executeToArray([7, 8, 9]), [9]);
  });

  test(`skipWhile() begins again in each run${suffix}`, async () => {
    const pipeline = start.skipWhile("small", (item) => item < 3, { parallel });

    assertEquals(await pipeline.executeToArray([1, 3, 1]), [3, 1]);
    assertEquals(await pipeline.executeToArray([1, 3, 1]), [3, 1]);
  });

  test(`skipWhile() fails with what the predicate throws${suffix}`, async () => {
    const cause = new Error("undecided");
    const pipeline = start.skipWhile("decided", (item) => {
      if (item === 2) throw cause;
      return true;
    }, { parallel });

    const { items, error } = await readFailure(pipeline.execute([1, 2, 3]));

    assertEquals(items, []);
    assertEquals([error.key, error.itemIndex], ["decided", 1]);
    assertStrictEquals(error.cause, cause);
  });
}

test("skipWhile() does not ask again once items pass", async () => {
  const asked: number[] = [];
  const pipeline = start.skipWhile("small", (item) => {
    asked.push(item);
    return item < 2;
  });

  await pipeline.executeToArray([1, 2, 3, 0]);

  assertEquals(asked, [1, 2]);
});

test("skipWhile() decides in the order of the items when later answers come first", async () => {
  let release = () => {};
  const first = new Promise<void>((resolve) => {
    release = resolve;
  });
  const pipeline = start.skipWhile("small", async (item) => {
    if (item === 0) await first;
    else release();
    return item < 2;
  }, { parallel: true, concurrencyLimit: 4 });

  assertEquals(await pipeline.executeToArray([0, 1, 2, 1]), [2, 1]);
});
