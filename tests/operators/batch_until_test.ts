import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { count, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();
const isThird = (item: number) => item % 3 === 2;

testOptions(
  "batchUntil",
  (options, methods) => methods.batchUntil!("key", isThird, options),
  [[
    { errorStrategy: "SKIP" },
    TypeError,
    "errorStrategy must be one of FAIL_FAST, SKIP_FAILED, " +
    `COLLECT_ERRORS, SPLIT_ERRORS, got "SKIP"`,
  ]],
);

test("batchUntil() ends a batch with the item that satisfies its predicate", async () => {
  const batches = start.batchUntil("threes", isThird);

  assertEquals(await batches.executeToArray([]), []);
  assertEquals(await batches.executeToArray([2, 5]), [[2], [5]]);
  assertEquals(await batches.executeToArray([0, 1, 2, 3, 4]), [[0, 1, 2], [3, 4]]);
});

test("batchUntil() agrees with an array model, with a predicate of either kind", async () => {
  const items = fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 40 });
  await fc.assert(fc.asyncProperty(items, async (all) => {
    const expected: number[][] = [];
    let isOpen = false;
    for (const item of all) {
      if (isOpen) expected.at(-1)!.push(item);
      else expected.push([item]);
      isOpen = !isThird(item);
    }

    assertEquals(await start.batchUntil("b", isThird).executeToArray(all), expected);
    const later = start.batchUntil("b", async (item) => await isThird(item));
    assertEquals(await later.executeToArray(all), expected);
  }));
});

test("[L6] batchUntil() hands on what it has gathered before an error of the source", async () => {
  const failure = new Error("broken");
  const probe = new SourceProbe("an async iterable", { failAfter: 4, failure });

  const { items, error } = await readFailure(start.batchUntil("b", isThird).execute(probe.source));

  assertEquals([items, error.cause], [[[0, 1, 2], [3]], failure]);
});

for (const isAsync of [false, true]) {
  const kind = isAsync ? "an async" : "a sync";
  const failure = new Error("bad");
  const check = (item: number) => {
    if (item === 4) throw failure;
    return isThird(item);
  };
  const predicate = isAsync ? async (item: number) => await check(item) : check;

  test(`[L6] batchUntil() hands on what it has gathered before an error of ${kind} predicate`, async () => {
    const pipeline = start.batchUntil("b", predicate);

    const { items, error } = await readFailure(pipeline.execute(count()));

    assertEquals(items, [[0, 1, 2], [3]]);
    assertEquals([error.key, error.itemIndex, error.item, error.cause], ["b", 4, 4, failure]);
  });

  test(`batchUntil() goes on with its batch where ${kind} predicate fails and the item is left out`, async () => {
    const pipeline = start.batchUntil("b", predicate, { errorStrategy: "SKIP_FAILED" });

    assertEquals(await pipeline.executeToArray([3, 4, 5, 6]), [[3, 5], [6]]);
  });
}

test("[L10] batchUntil() hands a batch on while the source is silent", async () => {
  const probe = new SourceProbe("an async iterable", { silentAfter: 3 });
  const items = start.batchUntil("b", isThird).execute(probe.source);

  assertEquals((await items.next()).value, [0, 1, 2]);
  await items.return();
});
