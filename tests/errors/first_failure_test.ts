// Which of several failures a run reports, and where the others are.

import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { StreamingError } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { readFailure, readOutcome } from "../operators/_outcome.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { start } from "./_failures.ts";
import type { AnyPipeline } from "./_stages.ts";

const [first, later] = [new Error("first"), new Error("later")];

const failingOne = start().map("one", (item) => {
  if (item === 2) throw first;
  return item;
});
const failing = failingOne.batch("batch", 5);

const failLater = () => {
  throw later;
};

/** Stages that fail on the batch that came out because the first has failed. */
const AFTER_FAILURE = {
  "a function of the same loop": failing.map("two", failLater),
  "an async function": failing.map("two", () => Promise.reject(later)),
  "the function of flatMap": failing.flatMap("two", failLater),
  "a generator of flatMap": failing.flatMap("two", function* () {
    yield failLater();
  }),
  "a function after another batch": failing.batch("more", 5).map("two", failLater),
  "a function side by side": failing.map("two", failLater, { parallel: true }),
  "a function side by side in any order": failing.map("two", failLater, {
    parallel: true,
    ordered: false,
  }),
  "a generator of flatMap side by side": failing.flatMap("two", async function* () {
    yield await failLater();
  }, { parallel: true }),
  "a step": failing.add("two", async function* ({ input }) {
    for await (const _ of input) yield failLater();
  }),
  "a step with retry": failing.add("two", async function* ({ input }) {
    for await (const _ of input) yield failLater();
  }, { retry: { maxAttempts: 2, backoffMs: 0, shouldRetry: () => true } }),
  "a function after a buffer": failing.buffer("buffer", 2).map("two", failLater),
  "a function after two buffers": failing.buffer("buffer", 2).buffer("more", 1)
    .map("two", failLater),
  "a function after a step": failing.add("step", async function* ({ input }) {
    yield* input;
  }).map("two", failLater),
  "a step after a step": failing.add("step", async function* ({ input }) {
    yield* input;
  }).add("two", async function* ({ input }) {
    for await (const _ of input) yield failLater();
  }),
  "a step after a buffer": failing.buffer("buffer", 2).add("two", async function* ({ input }) {
    for await (const _ of input) yield failLater();
  }),
  "a step after a parallel stage": failing.map("wide", (batch) => Promise.resolve(batch), {
    parallel: true,
  }).add("two", async function* ({ input }) {
    for await (const _ of input) yield failLater();
  }),
  "a function after a parallel stage": failing
    .flatMap("wide", async function* (batch) {
      yield await Promise.resolve(batch);
    }, { parallel: true })
    .map("two", failLater),
  "a function after a batch by time": failingOne.batch("batch", { size: 5, maxWaitMs: 9 })
    .map("two", failLater),
  "a function after a batch in a group": failingOne
    .groupBy("groups", () => "all", (group) => group.batch("batch", 5))
    .map("two", failLater),
  "a step after a batch by time": failingOne.batch("batch", { size: 5, maxWaitMs: 9 })
    .add("two", async function* ({ input }) {
      for await (const _ of input) yield failLater();
    }),
  "a function after a checkpoint": failing.checkpoint("all").map("two", failLater),
};

for (const [name, pipeline] of Object.entries(AFTER_FAILURE)) {
  test(`a stage fails, then ${name} at what was kept back: the first failure is the root, the later one is in it`, async () => {
    const ends: (() => Promise<unknown>)[] = [
      async () => {
        for await (const _ of pipeline.execute([0, 1, 2]));
      },
      () => pipeline.executeToArray([0, 1, 2]),
      () => pipeline.executeForEach([0, 1, 2], () => {}),
    ];
    for (const end of ends) {
      const error = await assertRejects(end, StreamingError);

      assertStrictEquals(error.cause, first);
      assertEquals([error.key, error.itemIndex], ["one", 2]);
      assertEquals(
        error.suppressed.map((each) => [(each as StreamingError).key, (each as Error).cause]),
        [["two", later]],
      );
    }
  });
}

const failAtTwo = (item: number) => {
  if (item === 2) throw first;
  return 0;
};

/** Stages that fail on item 2, and emit then what they have kept. */
const KEEPING = {
  "batchUntil()": start().batchUntil("one", failAtTwo as never),
  "batchUntil(), later": start().batchUntil(
    "one",
    (async (item: number) => {
      await undefined;
      return failAtTwo(item) === 1;
    }) as never,
  ),
  "windowTime() by event time": start().windowTime("one", { timestamp: failAtTwo, sizeMs: 4 }),
  "batch() by weight": start().batch("one", { maxWeight: 9, weigh: failAtTwo }),
  "batch() by time": start().batch("one", { maxWaitMs: 9, maxWeight: 9, weigh: failAtTwo }),
  "groupBy()": start().groupBy("one", failAtTwo, (group) => group.batch("kept", 9)),
  "route()": start().route("one", (item) => failAtTwo(item) === 0 ? "a" : "a", {
    a: (items) => items.batch("kept", 9),
  }),
} as const;

const FAIL_LATER = {
  "a function": (pipeline: AnyPipeline) => pipeline.map("two", failLater),
  "a step": (pipeline: AnyPipeline) =>
    pipeline.add("two", async function* ({ input }) {
      for await (const _ of input) yield failLater();
    }),
  "a function side by side": (pipeline: AnyPipeline) =>
    pipeline.map("two", failLater, { parallel: true }),
};

for (const [name, keeping] of Object.entries(KEEPING)) {
  for (const [later, build] of Object.entries(FAIL_LATER)) {
    test(`${name} fails on an item, then ${later} at what was kept: the first failure is the root, the later one is in it`, async () => {
      const run = build(keeping as unknown as AnyPipeline).run([0, 1, 2]);
      const { error } = await readFailure(run);

      assertEquals([error.key, error.cause, error.suppressed.length], ["one", first, 1]);
      assertEquals((error.suppressed[0] as StreamingError).key, "two");
      const { steps } = run.metadata();
      assertEquals(steps.map(({ key, errorCount }) => [key, errorCount]), [["one", 1], ["two", 1]]);
      for (const step of steps) expectBalance(step);
    });
  }
}

test("a source fails, then a stage at what was kept back: the source's failure is the root", async () => {
  async function* source() {
    yield* [0, 1];
    await Promise.reject(first);
  }
  const pipeline = start().batch("batch", 5).buffer("buffer", 1).map("two", failLater);
  const { error } = await readFailure(pipeline.execute(source()));

  assertStrictEquals(error.cause, first);
  assertEquals([error.key, error.phase], ["source", "pull"]);
  assertEquals((error.suppressed[0] as StreamingError).key, "two");
});

test("a reader that fails at what was kept back is heard, and what failed before it is in its error", async () => {
  for (const pipeline of [failing, failing.buffer("buffer", 1)]) {
    const error = await assertRejects(
      () => pipeline.executeForEach([0, 1, 2], failLater),
      StreamingError,
    );

    assertEquals([error.key, error.cause], ["executeForEach", later]);
    assertEquals(error.suppressed.map((each) => (each as Error).cause), [first]);
  }
});

test("a stage after a step that has dealt with a failure fails by itself", async () => {
  const pipeline = start()
    .map("one", (item) => {
      if (item === 2) throw first;
      return item;
    })
    .add("rescue", async function* ({ input }) {
      try {
        yield* input;
      } catch {
        yield -1;
      }
    })
    .map("two", (item) => {
      if (item === -1) throw later;
      return item;
    });
  const { items, error } = await readFailure(pipeline.execute([0, 1, 2]));

  assertStrictEquals(error.cause, later);
  assertEquals([items, error.key, error.suppressed], [[0, 1], "two", []]);
});

test("a step that throws another error for the one that it has read fails with its own", async () => {
  const pipeline = failing.add("translated", async function* ({ input }) {
    try {
      yield* input;
    } catch {
      throw later;
    }
  });
  const { error } = await readFailure(pipeline.execute([0, 1, 2]));

  assertStrictEquals(error.cause, later);
  assertEquals(error.key, "translated");
});

test("a failure of an earlier item is reported, though a later item has failed before it", async () => {
  const release = createDeferred<void>();
  const pipeline = start()
    .map("one", (item) => {
      if (item === 2) throw first;
      return item;
    })
    .map("two", async (item) => {
      await release.promise;
      if (item === 0) throw later;
      return item;
    }, { parallel: true });
  const result = watch(readOutcome(pipeline.execute([0, 1, 2])));
  await settle();
  release.resolve();
  await settle();

  assertInstanceOf(result.value!.error, StreamingError);
  assertStrictEquals(result.value!.error.cause, later);
  assertEquals(result.value!.error.itemIndex, 0);
});
