// Failed items of a streaming pipeline that runs as a batch pipeline.

import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import {
  type FailedItem,
  type ItemFailure,
  type RunOptions,
  StreamingError,
  StreamingPipeline,
  streamingToPipeline,
} from "../../../mod.ts";
import { coded, dataOf, errorOf } from "../_helpers.ts";
import { test } from "../../harness.ts";
import { TestClock } from "../../../src/testing/test_clock.ts";
import { settle, watch } from "../../../src/testing/turns.ts";

const MODES = { "one at a time": {}, "side by side": { parallel: true, concurrencyLimit: 2 } };

type Options = Pick<RunOptions, "errorsTo">;

/** Fails on even numbers. */
function split(options: Options, stageOptions: object = {}) {
  const work = (item: number) => {
    if (item % 2 === 0) throw coded(`E${item}`);
    return item * 10;
  };
  const later = async (item: number) => await work(item);
  return streamingToPipeline(
    StreamingPipeline.start<number>()
      .map("stage", later, { errorStrategy: "SPLIT_ERRORS", ...stageOptions }),
    options,
  );
}

for (const [mode, options] of Object.entries(MODES)) {
  test(`errorsTo a function gets each failed item, the others come out, ${mode}`, async () => {
    const failed: FailedItem[] = [];
    const pipeline = split({ errorsTo: (each) => failed.push(each) }, options);

    assertEquals(dataOf(await pipeline.execute([1, 2, 3, 4])), [10, 30]);
    assertEquals(
      failed.map(({ key, item, itemIndex, error }) => [key, item, itemIndex, error.code]),
      [
        ["stage", 2, 1, "E2"],
        ["stage", 4, 3, "E4"],
      ],
    );
    for (const { error } of failed) assertInstanceOf(error, StreamingError);
  });

  test(`the run waits for what errorsTo promises, ${mode}`, async () => {
    const releases: (() => void)[] = [];
    const errorsTo = () => new Promise<void>((resolve) => releases.push(resolve));
    const done = watch(split({ errorsTo }, options).execute([2, 1, 4, 3]));
    await settle();
    assertEquals([done.state, releases.length], ["pending", 1]);
    releases[0]!();
    await settle();
    assertEquals([done.state, releases.length], ["pending", 2]);
    releases[1]!();
    await settle();

    assertEquals([done.state, dataOf(done.value!)], ["resolved", [10, 30]]);
  });

  test(`errorsTo that fails is a failed result, ${mode}`, async () => {
    const cause = coded("DISK_FULL");
    for (
      const errorsTo of [() => Promise.reject(cause), () => {
        throw cause;
      }]
    ) {
      const result = await split({ errorsTo }, options).execute([1, 2, 3]);

      assertEquals(errorOf(result).code, "DISK_FULL");
      assertStrictEquals(errorOf(result).cause, cause);
    }
  });
}

test("errorsTo a stream gets each failed item, and is neither locked nor closed when the run has ended", async () => {
  const written: unknown[] = [];
  let closed = 0;
  const errorsTo = new WritableStream<FailedItem>({
    write: ({ item }) => void written.push(item),
    close: () => void closed++,
  });

  assertEquals(dataOf(await split({ errorsTo }).execute([2, 3, 4])), [30]);
  assertEquals([written, closed, errorsTo.locked], [[2, 4], 0, false]);
});

test("each run has its failed items sent to the function", async () => {
  const failed: unknown[] = [];
  const pipeline = split({ errorsTo: ({ item }) => failed.push(item) });
  await pipeline.execute([2]);
  await pipeline.execute([4, 6]);

  assertEquals(failed, [2, 4, 6]);
});

test("a stage that splits its errors off is refused where nobody would get them", () => {
  const message =
    'Cannot call streamingToPipeline: the stage "stage" splits its errors off, so errorsTo ' +
    "must say where to, for a batch result has no place for them";

  assertThrows(() => split({}), TypeError, message);
});

test("what a stage has collected fails the result, with all failures by index", async () => {
  const pipeline = streamingToPipeline(
    StreamingPipeline.start<number>().map("stage", (item) => {
      if (item % 2 === 0) throw coded(`E${item}`);
      return item;
    }, { errorStrategy: "COLLECT_ERRORS" }),
  );
  const { code, message, cause } = errorOf(await pipeline.execute([1, 2, 3, 4]));

  assertEquals([code, message], ["LIST_PROCESSING_ERRORS", "2 of 4 items failed"]);
  const failures = cause as ItemFailure[];
  assertEquals(failures.map(({ index, error }) => [index, error.code]), [[1, "E2"], [3, "E4"]]);
  assertEquals(dataOf(await pipeline.execute([1, 3])), [1, 3]);
});

test("failed items are counted in the metadata of the result", async () => {
  const { metadata } = await split({ errorsTo: () => {} }).execute([1, 2, 3, 4, 6]);
  const { totalItems, successCount, failureCount, skippedCount } = metadata.listMetadata!;

  assertEquals([totalItems, successCount, failureCount, skippedCount], [5, 2, 3, 3]);
});

test("[L13] an abort ends a run whose errorsTo never answers, within closeTimeoutMs", async () => {
  await new TestClock().use(async (clock) => {
    const controller = new AbortController();
    const pipeline = split({ errorsTo: () => new Promise(() => {}) });
    const { signal } = controller;
    const done = watch(pipeline.execute([1, 2], { signal, closeTimeoutMs: 100 }));
    await settle();
    assertEquals(done.state, "pending");
    controller.abort(new Error("enough"));
    await clock.advance(100);

    assertStrictEquals(errorOf(done.value!).cause, controller.signal.reason);
    assertEquals(clock.timerCount, 0);
  });
});
