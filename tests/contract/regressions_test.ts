// What the random pipelines have found: the smallest run of each, by name.

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { type StageOptions, type StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { ENDS } from "./_ends.ts";

const FAILURE = new Error("thrown by the test");

const start = () => StreamingPipeline.start<number>();

const fail = (): never => {
  throw FAILURE;
};

for (const ordered of [true, false]) {
  for (const concurrencyLimit of [1, 2]) {
    const order = ordered ? "" : " unordered";
    test(`[L6] flatMap() parallel ${concurrencyLimit}${order} without room ahead leaves out calls that throw at once`, async () => {
      const options: StageOptions = {
        parallel: true,
        concurrencyLimit,
        ordered,
        highWaterMark: 0,
        errorStrategy: "SKIP_FAILED",
      };
      const pipeline = start().flatMap("many", (item) => item < 3 ? fail() : [item], options);

      assertEquals(await pipeline.executeToArray([0, 1, 2, 3, 4]), [3, 4]);
      assertEquals(await pipeline.executeToArray([0, 1, 2]), []);
    });
  }
}

for (const ordered of [true, false]) {
  const order = ordered ? "" : " unordered";
  test(`[L3] flatMap() parallel 1${order} without room ahead goes on after an empty answer`, async () => {
    const options: StageOptions = {
      parallel: true,
      concurrencyLimit: 1,
      ordered,
      highWaterMark: 0,
    };
    const pipeline = start().flatMap("many", (item) => item < 3 ? [] : [item], options);

    assertEquals(await pipeline.executeToArray([0, 1, 2, 3, 4]), [3, 4]);
    assertEquals(await pipeline.executeToArray([0, 1, 2]), []);
  });
}

for (const end of ENDS) {
  test(`[L6] ${end.name} hears nothing of a failure before a full take`, async () => {
    const probe = new SourceProbe("a sync iterable", { failAfter: 1, failure: FAILURE });
    const seen: unknown[] = [];

    // What was gathered comes out before the failure, and nobody asks for more.
    const pipeline = start().batch("sixes", 6).take("one", 1);
    await end.run(pipeline as never, probe.source, (item) => seen.push(item));

    assertEquals(seen, [[0]]);
  });
}

test("[L6] an action that throws at the last item is heard, though the source has failed", async () => {
  const own = new Error("the action's own");
  const probe = new SourceProbe("a sync iterable", { failAfter: 1, failure: FAILURE });
  const act = () => {
    throw own;
  };

  const running = watch(start().batch("sixes", 6).executeForEach(probe.source, act));
  await settle();

  assertEquals((running.error as StreamingError).key, "executeForEach");
  assertStrictEquals((running.error as StreamingError).cause, own);
});

test("[L4] a break hears nothing of a stream that has failed after the current item", async () => {
  // At some moment the stream has failed already, and the run has not been told.
  for (let hops = 0; hops < 12; hops++) {
    const probe = new SourceProbe("a ReadableStream", { failAfter: 1, failure: FAILURE });
    const items = start().buffer("ahead", 4).execute(probe.source);
    await items.next();
    for (let hop = 0; hop < hops; hop++) await undefined;

    assertEquals(await items.return(), { done: true, value: undefined });
  }
});

for (const ordered of [true, false]) {
  const order = ordered ? "an ordered" : "an unordered";
  test(`[L4] ${order} stage does not close a source that has ended, though nobody has looked yet`, async () => {
    const probe = new SourceProbe("an async iterable", { items: [0] });
    // Without room ahead, what the source answers beside the last call waits for a reader.
    const options = { parallel: true, concurrencyLimit: 2, highWaterMark: 0, ordered };
    const pipeline = start().map("work", (item) => Promise.resolve(item), options);

    for await (const _ of pipeline.execute(probe.source)) {
      await settle();
      break;
    }

    assertEquals([probe.isOver, probe.closed], [true, 0]);
  });
}

test("[L14] a failed call of an unordered flatMap() is not in flight any more", async () => {
  const options: StageOptions = { parallel: true, ordered: false };
  async function* work(item: number): AsyncGenerator<number> {
    yield await (item === 3 ? Promise.reject(FAILURE) : Promise.resolve(item));
  }
  const pipeline = start().flatMap("many", work, options);
  const run = pipeline.run([0, 1, 2, 3, 4]);

  await assertRejects(async () => {
    for await (const _ of run);
  });

  const [step] = run.metadata().steps;
  expectBalance(step!);
  assertEquals([step!.errorCount, step!.inFlightCount], [1, 0]);
});

const EXPANSIONS: Record<string, () => Iterable<number> | AsyncIterable<number>> = {
  "an array": () => [2, 3],
  "a generator": function* () {
    yield* [2, 3];
  },
  "an async generator": async function* () {
    yield* [2, 3];
  },
};

for (const [name, expand] of Object.entries(EXPANSIONS)) {
  test(`[L6] a stage that fails on what came out because of a failure is over: ${name}`, async () => {
    const probe = new SourceProbe("a sync iterable", { failAfter: 1, failure: FAILURE });
    const seen: number[] = [];
    const pipeline = start().batch("kept", 2).flatMap("expanded", expand)
      .map("fails", (item) => item === 2 ? fail() : item)
      .tap("seen", (item) => seen.push(item));

    const error = await assertRejects(() => pipeline.executeToArray(probe.source));

    assertEquals([(error as StreamingError).key, seen], ["source", []]);
  });
}
