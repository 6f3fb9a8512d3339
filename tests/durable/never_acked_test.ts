// 10,000 items are done before one that is not: the source waits, or the job says that it never ends.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import {
  consume,
  type ConsumeResult,
  durable,
  DurableError,
  type JobResult,
  memoryStore,
  positioned,
} from "../../src/durable/mod.ts";
import { clock, useClock } from "../../src/internal/clock.ts";
import { TestClock } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { ID, onClock } from "./_jobs.ts";

const COUNT = 21_000;
const ITEMS = Array.from({ length: COUNT }, (_, index) => index + 1);
const LONG_MS = 100_000;

const start = () => StreamingPipeline.start<number>();
const first = start().filter("first", (n) => n === 1);
const held = first.batch("held", 2);
const wait = () => new Promise<void>((resolve) => clock.schedule(resolve, LONG_MS));

type Pipeline = StreamingPipeline<number, unknown>;
type RunOptions = Parameters<ReturnType<typeof durable<number, unknown>>["run"]>[2];

const run = (
  pipeline: Pipeline,
  sink: () => unknown = () => {},
  options: RunOptions = {},
): Promise<JobResult> =>
  onClock(() =>
    durable(pipeline, { id: ID, mode: "acks", store: memoryStore() })
      .run(positioned(ITEMS), sink, options)
  );

const HELD: Readonly<Record<string, Pipeline>> = {
  "by a batch": held,
  "by a batch in a branch of fanOut()": start().fanOut("held", {
    kept: { build: (items) => items.filter("first", (n) => n === 1).batch("inner", 2) },
    gone: { build: (items) => items.filter("none", () => false) },
  }),
  "by a batch in a branch of route()": start().route("held", (n) => n === 1 ? "kept" : "gone", {
    kept: (branch) => branch.batch("inner", 2),
    gone: (branch) => branch.filter("none", () => false),
  }),
};

for (const [title, pipeline] of Object.entries(HELD)) {
  test(`a job says that an item is kept for ever ${title}`, async () => {
    const error = await run(pipeline).then(() => undefined, (error) => error);

    assertEquals(error instanceof DurableError && error.code, "NEVER_ACKED");
    const stage = pipeline === held ? '"held"' : "a stage inside of a branch";
    assertStringIncludes(error.message, `kept by ${stage}: give a batch maxWaitMs`);
  });
}

const SLOW: Readonly<Record<string, () => Promise<JobResult>>> = {
  "the sink takes long": () => {
    const some = start().filter("some", (n) => n % 10_400 === 1).buffer("ahead", 50);
    return run(some, wait);
  },
  "errorsTo takes long": () => {
    const failing = start().map("odd", (n) => {
      if (n === 1) throw new Error("no");
      return n;
    }, { errorStrategy: "SPLIT_ERRORS", concurrencyLimit: 4, ordered: false });
    return run(failing.filter("none", () => false), undefined, { errorsTo: wait });
  },
  "an item is tried again after a long time": () => {
    let failures = 2;
    const failing = start().map("odd", (n) => {
      if (n === 1 && failures-- > 0) throw new Error("no");
      return n;
    }, {
      concurrencyLimit: 4,
      ordered: false,
      retry: { maxAttempts: 3, backoffMs: LONG_MS, jitter: 0, shouldRetry: () => true },
    });
    return run(failing.filter("none", () => false));
  },
  "a delay is long": () => run(first.delay("later", LONG_MS)),
  "a batch waits for long": () => run(first.batch("held", { size: 2, maxWaitMs: LONG_MS })),
};

for (const [title, runSlowly] of Object.entries(SLOW)) {
  test(`a job goes on after 10,000 done items where ${title}`, async () => {
    assertEquals((await runSlowly()).acked, COUNT);
  });
}

/** Consumes a queue of many items on a clock that stands still while they are read. */
function consumeAll(pipeline: Pipeline, sink: () => unknown): Promise<ConsumeResult> {
  let read = 0;
  const queue = {
    async *open() {
      for (const item of ITEMS) {
        read++;
        yield { item, attempts: 1, ack() {}, nack() {}, extend() {} };
      }
    },
  };
  const testClock = new TestClock();
  return testClock.use(async () => {
    const running = consume(pipeline, queue, sink);
    await testClock.finish(running, () => read);
    assertEquals(testClock.timerCount, 0);
    return await running;
  });
}

test("consume() goes on after 10,000 done items where the sink takes long", async () => {
  const some = start().filter("some", (n) => n % 10_400 === 1).buffer("ahead", 50);

  assertEquals((await consumeAll(some, wait)).acked, COUNT);
});

test("consume() says that an item is kept for ever, and by which stage", async () => {
  const error = await consumeAll(held, () => {}).then(() => undefined, (error) => error);

  assertEquals(error instanceof DurableError && error.code, "NEVER_ACKED");
  assertStringIncludes(error.message, "Cannot consume: 10000 items are done, and one before them");
  assertStringIncludes(error.message, 'kept by "held": give a batch maxWaitMs');
});

test("a job goes on after 10,000 done items where its process has stood still meanwhile", async () => {
  const testClock = new TestClock();
  let stillMs = 0;
  const restore = useClock({
    now: () => testClock.now() + stillMs,
    wallTime: () => testClock.wallTime() + stillMs,
    schedule: (callback, delayMs) => testClock.schedule(callback, delayMs),
  });
  try {
    const running = durable(first.batch("held", { size: 2, maxWaitMs: 8_000 }), {
      id: ID,
      mode: "acks",
      store: memoryStore(),
    }).run(positioned(ITEMS), () => {});
    for (let at = 0; at < 4; at++) {
      await testClock.advance(1_000);
      stillMs = 60_000 * at;
    }
    await testClock.finish(running);
    assertEquals((await running).acked, COUNT);
  } finally {
    restore();
  }
});
