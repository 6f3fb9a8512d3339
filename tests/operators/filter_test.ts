import { assertEquals, assertStrictEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { untyped } from "../support/refused.ts";
import { readFailure, readOutcome } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

for (const parallel of [false, true]) {
  const suffix = parallel ? " in parallel" : "";

  test(`filter() lets items pass as a sync or async predicate says${suffix}`, async () => {
    const sync = start.filter("even", (item) => item % 2 === 0, { parallel });
    const async = start.filter("even", async (item) => await item % 2 === 0, { parallel });

    assertEquals(await sync.executeToArray([1, 2, 3, 4]), [2, 4]);
    assertEquals(await async.executeToArray([1, 2, 3, 4]), [2, 4]);
    assertEquals(await sync.executeToArray([1, 3]), []);
    assertEquals(await sync.executeToArray([]), []);
  });

  test(`filter() counts the items that enter, not those that pass${suffix}`, async () => {
    const pipeline = start.filter("odd places", (_item, index) => index % 2 === 1, { parallel });

    assertEquals(await pipeline.executeToArray([5, 6, 7, 8]), [6, 8]);
  });

  test(`[L7] filter() lets any value pass as it is${suffix}`, async () => {
    const values = [undefined, null, Number.NaN, false, 0, ""];
    const pipeline = StreamingPipeline.start<unknown>().filter("all", () => true, { parallel });

    assertEquals(await pipeline.executeToArray(values), values);
  });

  test(`filter() goes by whether the answer is truthy${suffix}`, async () => {
    const answers = [1, "a", {}, true, 0, "", null, undefined, Number.NaN, false];
    const answer = (item: unknown) => answers[item as number];
    const pipeline = untyped(start)["filter"]!("truthy", answer, { parallel }) as typeof start;

    const { items } = await readOutcome(pipeline.execute(answers.keys()));

    assertEquals(items, [0, 1, 2, 3]);
  });

  test(`filter() fails with what the predicate throws${suffix}`, async () => {
    const cause = new Error("undecided");
    const pipeline = start.filter("decided", (item) => {
      if (item === 3) throw cause;
      return item > 1;
    }, { parallel });

    const { items, error } = await readFailure(pipeline.execute([1, 2, 3, 4]));

    assertEquals(items, [2]);
    assertEquals([error.key, error.itemIndex, error.item], ["decided", 2, 3]);
    assertStrictEquals(error.cause, cause);
  });
}
