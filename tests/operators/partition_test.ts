import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { count, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();
const isEven = (item: number) => item % 2 === 0;

test("partition() gives each side its items as one stream", async () => {
  const numbers = fc.array(fc.integer({ min: 0, max: 99 }), { maxLength: 30 });
  await fc.assert(fc.asyncProperty(numbers, async (all) => {
    const pipeline = start.partition(
      "p",
      async (item) => await isEven(item),
      (even) => even.batch("pairs", 2),
      (odd) => odd.scan("count", (count) => count + 1, 0),
    );

    const items = await pipeline.executeToArray(all);

    const batches = items.filter((item) => Array.isArray(item));
    const counts = items.filter((item) => typeof item === "number");
    assertEquals(batches.flat(), all.filter(isEven));
    assertEquals(counts, all.filter((item) => !isEven(item)).map((_, index) => index + 1));
  }));
});

test("partition() takes any truthy and falsy answer", async () => {
  const pipeline = start.partition(
    "p",
    (item) => (item % 3) as unknown as boolean,
    (some) => some.map("plus", (item) => `+${item}`),
    (none) => none.map("zero", (item) => `0${item}`),
  );

  assertEquals(await pipeline.executeToArray([0, 1, 2, 3]), ["00", "+1", "+2", "03"]);
});

test("[L6] partition() fails with the error of one side, and closes the source", async () => {
  const failure = new Error("bad");
  const probe = new SourceProbe("an async iterable");
  const pipeline = start.partition(
    "p",
    isEven,
    (even) => even,
    (odd) =>
      odd.map("odd", (item) => {
        if (item === 3) throw failure;
        return item;
      }),
  );

  const { error } = await readFailure(pipeline.execute(probe.source));

  assertEquals([error.key, (error.cause as Error).cause, probe.closed], ["p", failure, 1]);
});

test("partition() ends over an endless source when enough has come out", async () => {
  const pipeline = start.partition("p", isEven, (even) => even.batch("b", 2), (odd) => odd)
    .take("three", 3);

  assertEquals((await pipeline.executeToArray(count())).length, 3);
});
