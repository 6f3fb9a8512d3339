// What a StreamingError says: which failure, where, and what followed from it.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { StreamingError } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { readFailure, readOutcome } from "../operators/_outcome.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { fail, start } from "./_failures.ts";

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
    isStep: true as const,
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
