import { assertEquals, assertStrictEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

for (const parallel of [false, true]) {
  const suffix = parallel ? " in parallel" : "";

  test(`tap() shows each item and hands it on, whatever the answer${suffix}`, async () => {
    const seen: [number, number][] = [];
    const answers = [undefined, [], Promise.resolve([]), false];
    const pipeline = start.tap("seen", (item, index) => {
      seen.push([item, index]);
      return answers[index];
    }, { parallel });

    assertEquals(await pipeline.executeToArray([5, 6, 7, 8]), [5, 6, 7, 8]);
    assertEquals(seen, [[5, 0], [6, 1], [7, 2], [8, 3]]);
  });

  test(`[L7] tap() lets any value pass as it is${suffix}`, async () => {
    const values = [undefined, null, Number.NaN, false, 0, ""];
    const pipeline = StreamingPipeline.start<unknown>().tap("seen", () => 1, { parallel });

    assertEquals(await pipeline.executeToArray(values), values);
  });

  test(`tap() hands an item on when the function is done${suffix}`, async () => {
    const probe = new CallProbe({ hold: true });
    const pipeline = start.tap("held", probe.wrap((item) => item, true), { parallel });
    const items = pipeline.execute([1]);

    const first = watch(items.next());
    await settle();
    assertEquals([probe.started, first.state], [1, "pending"]);
    probe.release(0);
    await settle();

    assertEquals(first.value, { done: false, value: 1 });
    await items.return();
  });

  test(`tap() fails with what the function throws${suffix}`, async () => {
    const cause = new Error("cannot look");
    const pipeline = start.tap("seen", (item) => item === 2 ? Promise.reject(cause) : item, {
      parallel,
    });

    const { items, error } = await readFailure(pipeline.execute([1, 2, 3]));

    assertEquals(items, [1]);
    assertEquals([error.key, error.itemIndex], ["seen", 1]);
    assertStrictEquals(error.cause, cause);
  });
}
