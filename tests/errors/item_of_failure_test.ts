// Which item a failure is of: that on which the stage has failed, and none where it has failed on none.

import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import {
  type FailedItem,
  StreamingError,
  StreamingErrorStrategy,
  type StreamingPipeline,
} from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { expectBalance } from "../../src/testing/balance.ts";
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

for (const isParallel of [false, true]) {
  const name = isParallel ? "parallel flatMap()" : "flatMap()";

  test(`${name} whose late answer is no list fails on the item that it was called with`, async () => {
    // The cast: what a program without types answers with.
    const answer = (item: number) => Promise.resolve(item === 8 ? 8 as never : [item]);
    const failed: FailedItem[] = [];
    const items = await start().flatMap("stage", answer, {
      errorStrategy: "SPLIT_ERRORS",
      parallel: isParallel,
    }).executeToArray([7, 8, 9], { errorsTo: (each) => failed.push(each) });

    assertEquals(items, [7, 9]);
    assertEquals(failed.map(({ item, itemIndex }) => [item, itemIndex]), [[8, 1]]);
    assertEquals(failed[0]!.error.item, 8);
  });
}

test("transform() that fails at its end names no item that it was called with", async () => {
  for (const flush of [() => Promise.reject(FAILURE), () => refuse(FAILURE), () => 1 as never]) {
    const pipeline = start().transform("stage", () => ({ transform: (item) => [item], flush }));
    const { error, items } = await readFailure(pipeline.execute([7, 8]));

    assertEquals([items, error.key, error.item], [[7, 8], "stage", undefined]);
    await assertRejects(() => pipeline.executeToArray([7, 8]), StreamingError);
    const { error: second } = await pipeline.getMetadata();
    assertEquals((second as StreamingError).item, undefined);
  }
});

test("transform() that fails at the end of an empty stream fails the run, on no item, and none is counted", async () => {
  const endings = [
    () => refuse(FAILURE),
    () => Promise.reject(FAILURE),
    async function* () {
      yield await 9;
      throw FAILURE;
    },
  ];
  for (const flush of endings) {
    for (const errorStrategy of Object.values(StreamingErrorStrategy)) {
      const pipeline = start()
        .map("before", (item) => item)
        .transform("stage", () => ({ transform: (item) => [item], flush }), { errorStrategy });
      const failed: FailedItem[] = [];
      const options = { errorsTo: (each: FailedItem) => failed.push(each) };

      const error = await assertRejects(() => pipeline.executeToArray([], options), StreamingError);

      assertEquals([error.message, error.itemIndex], ['Stage "stage" failed: Error', undefined]);
      assertStrictEquals(error.cause, FAILURE);
      assertEquals(failed, []);
      const { steps } = await pipeline.getMetadata();
      const { errorCount, abandonedCount, passedCount } = steps[1]!;
      assertEquals([errorCount, abandonedCount, passedCount], [0, 0, 0]);
    }
  }
});

test("transform() that fails at its end when each item has failed fails the run, and none is counted twice", async () => {
  const pipeline = start().transform("stage", () => ({
    transform: () => refuse(new Error("each")),
    flush: () => refuse(FAILURE),
  }), { errorStrategy: "SKIP_FAILED" });

  const error = await assertRejects(() => pipeline.executeToArray([7, 8]), StreamingError);

  assertStrictEquals(error.cause, FAILURE);
  const { steps: [step] } = await pipeline.getMetadata();
  expectBalance(step!);
  assertEquals([step!.errorCount, step!.abandonedCount, step!.passedCount], [2, 0, 0]);
});

function refuse(reason: unknown): never {
  throw reason;
}

async function refuseLater(reason: unknown): Promise<never> {
  await settle();
  throw reason;
}

const OUTPUTS: Readonly<Record<string, StreamingPipeline<number, unknown>>> = {
  "no stage": start(),
  "a stage that answers later": start().map("stage", async (item) => await item * 10),
  "a stage that drops": start().filter("stage", (item) => item > 7),
  "a stage that gathers": start().batch("stage", 2),
  "a parallel stage": start().map("stage", async (item) => await item * 10, { parallel: true }),
};

for (const [name, pipeline] of Object.entries(OUTPUTS)) {
  for (const isLate of [false, true]) {
    const time = isLate ? "later" : "at once";

    test(`what an end's function fails on ${time} after ${name} is the item that came out`, async () => {
      const seen: unknown[] = [];
      const take = (item: unknown) => {
        if (seen.push(item) < 2) return;
        return isLate ? refuseLater(FAILURE) : refuse(FAILURE);
      };
      const items = [7, 8, 9, 10];
      const ends = [
        () => pipeline.executeForEach(items, take),
        () => pipeline.executeReduce(items, (_, item) => take(item), undefined),
      ];
      for (const end of ends) {
        const error = await assertRejects(end, StreamingError);
        assertEquals(error.item, seen.at(-1));
        seen.length = 0;
      }
    });
  }
}
