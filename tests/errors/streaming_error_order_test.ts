// What a StreamingError says: which failure, where, and what followed from it.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { readFailure, readOutcome } from "../operators/_outcome.ts";
import { settle, watch } from "../support/turns.ts";

const start = () => StreamingPipeline.start<number>();

/** The error of a stage that throws this. */
async function fail(cause: unknown): Promise<StreamingError> {
  const pipeline = start().map("stage", () => {
    throw cause;
  });
  return (await readFailure(pipeline.execute([1]))).error;
}

test("where what was kept back fails too when a stage has failed, neither error is lost", async () => {
  const [first, later] = [new Error("first"), new Error("later")];
  const pipeline = start()
    .map("one", (item) => {
      if (item === 2) throw first;
      return item;
    })
    .batch("batch", 5)
    .map("two", () => {
      throw later;
    });
  const { error } = await readFailure(pipeline.execute([0, 1, 2]));

  assertEquals(error.suppressed.length, 1);
  const other = error.suppressed[0] as StreamingError;
  const causes = [error.cause, other.cause];
  assert(causes.includes(first) && causes.includes(later));
  assertEquals([error.key, other.key].sort(), ["one", "two"]);
});

test("suppressed is empty where nothing followed", async () => {
  assertEquals((await fail(new Error("no"))).suppressed, []);
});

for (const ordered of [true, false]) {
  const order = ordered ? "in order" : "in any order";
  test(`[defect] work side by side ${order}: the first error is the root, aborts and later errors do not replace it`, async () => {
    const first = new Error("first");
    const release = createDeferred<void>();
    const pipeline = start().map("stage", async (item, _, { signal }) => {
      if (item === 1) {
        await release.promise;
        throw first;
      }
      if (item === 0) return item;
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason), { once: true });
      });
    }, { parallel: true, concurrencyLimit: 4, ordered });
    const result = watch(readOutcome(pipeline.execute([0, 1, 2, 3, 4, 5])));
    await settle();
    release.resolve();
    await settle();

    const { items, error } = result.value!;
    assertInstanceOf(error, StreamingError);
    assertStrictEquals(error.cause, first);
    assertEquals([items, error.itemIndex], [[0], 1]);
  });
}

test("[L6] ordered work reports the first failing item in input order, however late it fails", async () => {
  const failures = [0, 1, 2].map((index) => new Error(`${index}`));
  const releases = failures.map(() => createDeferred<void>());
  const pipeline = start().map("stage", async (item) => {
    await releases[item]!.promise;
    throw failures[item];
  }, { parallel: true });
  const result = watch(readOutcome(pipeline.execute([0, 1, 2])));
  for (const index of [2, 1, 0]) {
    releases[index]!.resolve();
    await settle();
  }

  assertInstanceOf(result.value!.error, StreamingError);
  assertStrictEquals(result.value!.error.cause, failures[0]);
});

test("ids have the form of W3C Trace Context and are those of the run and the stage", async () => {
  const seen: string[] = [];
  const pipeline = start().map("stage", (_, __, { traceId, spanId }) => {
    seen.push(traceId, spanId);
    throw new Error("no");
  });
  const run = pipeline.run([1]);
  const { error } = await readFailure(run);

  assert(/^(?!0+$)[0-9a-f]{32}$/.test(error.traceId));
  assert(/^(?!0+$)[0-9a-f]{16}$/.test(error.spanId));
  assertEquals(seen, [error.traceId, error.spanId]);
  assertEquals([run.traceId, run.metadata().steps[0]!.spanId], [error.traceId, error.spanId]);
});

test("a failed step's own code, cause and retryable come through", async () => {
  const cause = new Error("why");
  const step = {
    name: "by hand",
    kind: "step" as const,
    execute: () =>
      Promise.resolve({
        success: false as const,
        error: { code: "BY_HAND", message: "no", cause, retryable: true },
        metadata: { stepName: "by hand", startTime: 0, endTime: 0, durationMs: 0 },
      }),
  };
  const { error } = await readFailure(start().map("stage", step).execute([1]));

  assertStrictEquals(error.cause, cause);
  assertEquals([error.code, error.retryable, error.stepName], ["BY_HAND", true, "by hand"]);
});

test("misuse is no StreamingError: it throws when the pipeline is built", () => {
  for (
    const build of [
      () => start().map("stage", (item) => item, { errorStrategy: "IGNORE" as "FAIL_FAST" }),
      () => start().map("stage", (item) => item, { timeoutMs: 0 }),
      () => start().map("stage", (item) => item, { retry: { maxAttempts: 0, backoffMs: 1 } }),
    ]
  ) {
    let thrown: unknown;
    try {
      build();
    } catch (error) {
      thrown = error;
    }
    assert(thrown instanceof TypeError || thrown instanceof RangeError);
    assert(thrown.message.includes('"stage"'), thrown.message);
  }
});

test("an abort rejects with its reason, not with a StreamingError", async () => {
  const controller = new AbortController();
  const reason = { why: "because" };
  const pipeline = start().map("stage", (item) => {
    controller.abort(reason);
    return item;
  });
  const { error } = await readOutcome(pipeline.execute([1, 2], { signal: controller.signal }));

  assertStrictEquals(error, reason);
});

const LATER = { parallel: true, concurrencyLimit: 8 } as const;

/** True for 0 and 1, false for 2, and fails past that. */
async function failPastTheEnd(item: number): Promise<boolean> {
  if (await item > 2) throw new Error("past the end");
  return item < 2;
}

for (const ordered of [true, false]) {
  for (const errorStrategy of ["FAIL_FAST", "SKIP_FAILED"] as const) {
    const options = { ...LATER, ordered, errorStrategy };
    const way = `${ordered ? "in order" : "in any order"}, ${errorStrategy}`;

    test(`skipWhile() side by side is not failed by items that it need not have looked at, ${way}`, async () => {
      for (const isSync of [false, true]) {
        const pipeline = start().skipWhile("stage", (item) => {
          if (!isSync) return failPastTheEnd(item);
          if (item > 2) throw new Error("past the end");
          return item < 2;
        }, options);

        assertEquals(await pipeline.executeToArray([0, 1, 2, 3, 4]), [2, 3, 4]);
        const { steps } = await pipeline.getMetadata();
        assertEquals([steps[0]!.errorCount, steps[0]!.droppedCount], [0, 2]);
      }
    });

    test(`skipWhile() side by side lets an item pass that has failed before its turn, ${way}`, async () => {
      const answers = [0, 1, 2, 3, 4].map(() => createDeferred<boolean>());
      const pipeline = start().skipWhile("stage", (item) => answers[item]!.promise, options);
      const result = watch(readOutcome(pipeline.execute([0, 1, 2, 3, 4])));
      await settle();
      answers[0]!.resolve(false);
      if (ordered) answers[3]!.reject(new Error("need not have been asked"));
      await settle();
      answers[3]!.reject(new Error("need not have been asked"));
      for (const answer of answers) answer.resolve(true);
      await settle();

      const { items, error } = result.value!;
      assertEquals(error, undefined);
      assertEquals([...items as number[]].sort(), [0, 1, 2, 3, 4]);
    });

    test(`skipWhile() side by side is failed by an item that it looked at before items pass, ${way}`, async () => {
      const failure = new Error("undecided");
      const asked: number[] = [];
      const pipeline = start().skipWhile("stage", async (item) => {
        asked.push(item);
        if (await item === 1) throw failure;
        return item < 2;
      }, { ...options, concurrencyLimit: 2, highWaterMark: 0 });
      const { items, error } = await readOutcome(pipeline.execute([0, 1, 2, 3, 4, 5, 6, 7]));
      const [stage] = (await pipeline.getMetadata()).steps;

      assertEquals(stage!.errorCount, 1);
      if (errorStrategy === "SKIP_FAILED") {
        return assertEquals([items, error], [[2, 3, 4, 5, 6, 7], undefined]);
      }
      assertInstanceOf(error, StreamingError);
      assertStrictEquals(error.cause, failure);
      assertEquals([items, error.itemIndex, error.item], [[], 1, 1]);
      assert(asked.length < 8, `${asked}`);
    });
  }
}

test("takeWhile() side by side is not failed by items past its end", async () => {
  const pipeline = start().takeWhile("stage", failPastTheEnd, LATER);

  assertEquals(await pipeline.executeToArray([0, 1, 2, 3, 4]), [0, 1]);
});
