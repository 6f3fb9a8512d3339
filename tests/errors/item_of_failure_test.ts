// Which item a failure is of: that on which the stage has failed, and none where it has failed on none.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { StreamingError, type StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle } from "../../src/testing/turns.ts";
import { test } from "../harness.ts";
import { readFailure } from "../operators/_outcome.ts";
import { start } from "./_failures.ts";

const FAILURE = new Error("broken");

/** Two items, and then nothing. */
const fallsSilent = () => new SourceProbe("an async iterable", { silentAfter: 2 }).source;

/** Fails when the items of the stream are out. */
async function* failsLater(): AsyncGenerator<number> {
  await settle();
  yield Promise.reject(FAILURE);
}

const OF_NO_ITEM: Readonly<Record<string, StreamingPipeline<number, unknown>>> = {
  "timeout()": start().timeout("stage", 10),
  "mergeWith()": start().mergeWith("stage", failsLater),
  "takeUntil()": start().takeUntil("stage", () => failsLater().next()),
};

for (const [name, pipeline] of Object.entries(OF_NO_ITEM)) {
  test(`${name} that fails while it waits for an item names none that has come out`, async () => {
    const clock = new TestClock();
    const { error } = await clock.use(async () => {
      const reading = readFailure(pipeline.execute(fallsSilent()));
      await settle();
      if (clock.timerCount > 0) clock.fireNext();
      return await reading;
    });

    assertEquals([error.key, error.itemIndex, error.item], ["stage", undefined, undefined]);
    assertEquals(error.message.includes("at item"), false);
    assertEquals((await pipeline.getMetadata()).steps[0]!.errorCount, 0);
  });
}

test("concatWith() whose other source fails names no item of the stream", async () => {
  const { error, items } = await readFailure(start().concatWith("stage", failsLater).execute([7]));

  assertEquals([items, error.key, error.itemIndex, error.item], [
    [7],
    "stage",
    undefined,
    undefined,
  ]);
});

test("a step that fails after its last item names none", async () => {
  const pipeline = start().add("stage", async function* ({ input }) {
    yield* input;
    throw FAILURE;
  });
  const { error, items } = await readFailure(pipeline.execute([7]));

  assertEquals([items, error.itemIndex, error.item], [[7], undefined, undefined]);
});

const KEYED: Readonly<
  Record<string, (work: (item: number) => Promise<number>) => StreamingPipeline<number, number>>
> = {
  "groupBy()": (work) => start().groupBy("stage", String, (group) => group.map("work", work)),
  "fanOut()": (work) => start().fanOut("stage", { one: (items) => items.map("work", work) }),
  "route()": (work) =>
    start().route("stage", () => "one", { one: (items) => items.map("work", work) }),
  "partition()": (work) =>
    start().partition("stage", () => true, (items) => items.map("work", work), (items) => items),
};

for (const [name, build] of Object.entries(KEYED)) {
  test(`${name} with a pipeline that fails names no item that was read since: its cause has that`, async () => {
    const answer = createDeferred<number>();
    const pipeline = build((item) => item === 7 ? answer.promise : Promise.resolve(item));
    const reading = readFailure(pipeline.execute([7, 8, 9]));
    await settle();

    answer.reject(FAILURE);
    const { error } = await reading;

    assertEquals([error.key, error.itemIndex, error.item], ["stage", undefined, undefined]);
    assertInstanceOf(error.cause, StreamingError);
    assertEquals([error.cause.key, error.cause.itemIndex, error.cause.item], ["work", 0, 7]);
    assertStrictEquals(error.cause.cause, FAILURE);
  });
}

test("a key that cannot be made is the failure of its item", async () => {
  const pipeline = start().groupBy("stage", (item) => {
    if (item === 8) throw FAILURE;
    return item;
  }, (group) => group);
  const { error } = await readFailure(pipeline.execute([7, 8, 9]));

  assertEquals([error.key, error.itemIndex, error.item], ["stage", 1, 8]);
  assertStrictEquals(error.cause, FAILURE);
});
