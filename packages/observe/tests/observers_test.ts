import { account, observers } from "@headrace/observe";
import { type RunObserver, type StageHooks, StreamingPipeline } from "@headrace/pipeline";
import { settle, turn } from "@headrace/pipeline/testing";
import { assertEquals, assertThrows } from "@std/assert";
import { collect } from "../../../tests/support/collect.ts";
import { test } from "../../../tests/harness.ts";

/** Fails on all but 0. */
const skipping = (key = "step") =>
  StreamingPipeline.start<number>().map(key, (item) => {
    if (item !== 0) throw new Error("no");
    return item;
  }, { errorStrategy: "SKIP_FAILED", retry: RETRY });

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

test("[L6] what hooks throw, or reject with, comes out as it does of one, and keeps none from being called", async () => {
  const [thrown, rejected] = [new Error("throws"), new Error("rejects")];
  const heard: string[] = [];
  const hooking = (failed: () => unknown): RunObserver => () => ({
    stage: () => ({ failed: () => failed() as void }),
  });
  const throwing = hooking(() => {
    throw thrown;
  });
  const rejecting = hooking(() => Promise.reject(rejected));
  const hearing = hooking(() => heard.push("failed"));
  const failuresOf = async (...given: RunObserver[]) => {
    const run = skipping().run([1], { observer: observers(...given) });
    await collect(run).catch(() => {});
    await settle();
    return run.metadata().cleanupErrors;
  };

  assertEquals(await failuresOf(throwing, hearing), [thrown]);
  assertEquals(await failuresOf(rejecting, hearing), [rejected]);
  const [both] = await failuresOf(rejecting, throwing, hearing);
  assertEquals((both as AggregateError).errors, [thrown, rejected]);
  assertEquals(heard, ["failed", "failed", "failed"]);
});

test("another attempt waits for what the hooks of all do with the failed one", async () => {
  const events: string[] = [];
  const slow: RunObserver = () => ({
    stage: () => ({
      async retried() {
        await turn();
        events.push("retried");
      },
    }),
  });
  const pipeline = StreamingPipeline.start<number>().map("step", () => {
    events.push("called");
    throw new Error("no");
  }, { errorStrategy: "SKIP_FAILED", retry: RETRY });
  await pipeline.executeToArray([1], { observer: observers((run) => account(run), slow) });

  assertEquals(events, ["called", "retried", "called"]);
});

test("hooks that are methods are called as such", async () => {
  class Hooks implements StageHooks {
    readonly events = new Set<string>();
    call(work: () => unknown): unknown {
      this.events.add("call");
      return work();
    }
    retried(): void {
      this.events.add("retried");
    }
    failed(): void {
      this.events.add("failed");
    }
    inner(): void {
      this.events.add("inner");
    }
  }
  const hooks = new Hooks();
  const observer = observers((run) => account(run), () => ({ stage: () => hooks }));
  await skipping().groupBy("all", () => "all", (group) => group.compose(skipping("inside")))
    .executeToArray([1, 0], { observer });

  assertEquals([...hooks.events].toSorted(), ["call", "failed", "inner", "retried"]);
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
