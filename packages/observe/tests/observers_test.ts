import { account, observers } from "@headrace/observe";
import { type RunObserver, StreamingPipeline } from "@headrace/pipeline";
import { assertEquals, assertThrows } from "@std/assert";
import { collect } from "../../../tests/support/collect.ts";
import { test } from "../../../tests/harness.ts";

const RETRY = { maxAttempts: 2, backoffMs: 0, shouldRetry: () => true };

test("observers() calls the hooks of all in order, the first around the others", async () => {
  const events: string[] = [];
  const note = (name: string): RunObserver => () => ({
    stage: ({ key }) => ({
      call(work, index) {
        events.push(`${name} ${key} ${index} begins`);
        return work();
      },
      retried: (_error, attempt) => void events.push(`${name} attempt ${attempt}`),
      failed: ({ code }) => void events.push(`${name} ${code}`),
    }),
  });
  const observer = observers(note("first"), () => {}, (run) => account(run), note("second"));
  await StreamingPipeline.start<number>()
    .map("step", () => {
      throw new Error("no");
    }, { errorStrategy: "SKIP_FAILED", retry: RETRY })
    .executeToArray([1], { observer });

  assertEquals(events, [
    "first step 0 begins",
    "second step 0 begins",
    "first attempt 2",
    "second attempt 2",
    "first STEP_ERROR",
    "second STEP_ERROR",
  ]);
});

test("of several ids the first counts, and runs inside a stage are seen by all", async () => {
  const inner: string[] = [];
  const identify = (id: string): RunObserver => () => ({
    traceId: id.repeat(32),
    stage: () => ({ spanId: id.repeat(16), inner: () => void inner.push(id) }),
  });
  const run = StreamingPipeline.start<number>()
    .groupBy("all", () => "all", (group) => group.map("same", (item) => item))
    .run([1], { observer: observers(identify("a"), identify("b")) });
  await collect(run);

  const { traceId, steps } = run.metadata();
  assertEquals([traceId, steps[0]!.spanId], ["a".repeat(32), "a".repeat(16)]);
  assertEquals(inner, ["a", "b"]);
});

test("[L9] observers() refuses what is no function", () => {
  const wrong = account(StreamingPipeline.start<number>().run([1])) as unknown as RunObserver;
  assertThrows(() => observers(wrong), TypeError, "each must be a function, got an object");
});
