import { assertEquals } from "@std/assert";
import { batch, map, pipe } from "../../src/operators/mod.ts";
import { asTransformStream } from "../../src/streams/mod.ts";
import { test } from "../harness.ts";
import { createStream, readOutcome, readStream } from "../operators/_outcome.ts";

test("asTransformStream() makes a web transform of an operator", async () => {
  const sums = pipe(batch<number>(2), map((pair) => pair.reduce((sum, item) => sum + item)));
  const stream = createStream(1, 2, 3).pipeThrough(asTransformStream(sums));

  const { items, error } = await readOutcome(readStream(stream));
  assertEquals([items, error], [[3, 3], undefined]);
});

test("asTransformStream() errors after the chunks before, and names the stage", async () => {
  const failing = asTransformStream(map((item: number) => {
    if (item === 2) throw new Error("no");
    return item;
  }));
  const { items, error } = await readOutcome(
    readStream(createStream(1, 2, 3).pipeThrough(failing)),
  );

  assertEquals(items, [1]);
  assertEquals((error as { key: string }).key, "operator");
});
