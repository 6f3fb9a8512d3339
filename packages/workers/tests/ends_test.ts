// How workers end: at their time limit, at an abort, of their own, and with their pool.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type FailedItem, StreamingPipeline } from "@headrace/pipeline";
import { test } from "../../../tests/harness.ts";
import { inWorkers, workerPool } from "../mod.ts";
import { countWorkers } from "./support/count_workers.ts";
import { holdTimers } from "./support/hold_timers.ts";
import { moduleOf, TOOLS, type Tools } from "./support/modules.ts";
import { type Any, failureOf, keepBusy, runOn, untilLater } from "./support/run_on.ts";

const SQUARE = { export: "square", workers: 1 } as const;
const LATER = { export: "squareLater", workers: 1 } as const;

test("timeoutMs ends a function that looks at its signal, and its worker stays", async () => {
  await countWorkers(async (counts) => {
    const failed: FailedItem[] = [];
    const pool = workerPool<Tools>(TOOLS, { workers: 1, graceMs: 10_000 });
    const before = await StreamingPipeline.start<string>()
      .use("made", inWorkers(pool, { export: "identify" })).executeToArray("a");
    await StreamingPipeline.start<string>()
      .use("made", inWorkers(pool, { export: "wait", timeoutMs: 5, errorStrategy: "SPLIT_ERRORS" }))
      .executeToArray("b", { errorsTo: (each) => void failed.push(each) });
    const after = await StreamingPipeline.start<string>()
      .use("made", inWorkers(pool, { export: "identify" })).executeToArray("c");
    await pool.close();

    assertEquals(failed.map(({ error }) => [error.code, error.retryable]), [[
      "TimeoutError",
      true,
    ]]);
    assertEquals(before, after);
    assertEquals(counts.started, 1);
  });
});

test("timeoutMs ends the worker of a function that still runs, and it is replaced", async () => {
  await countWorkers(async (counts) => {
    await holdTimers(12_345, async (timers) => {
      const items = StreamingPipeline.start<number>().use(
        "made",
        inWorkers<{ default(item: number): number }>(
          moduleOf("export default (item) => { if (item % 2 === 0) for (;;); return item; }"),
          { workers: 1, timeoutMs: 12_345, graceMs: 0, errorStrategy: "SKIP_FAILED" },
        ),
      ).execute([1, 2, 3, 4])[Symbol.asyncIterator]();

      assertEquals(await items.next(), { value: 1, done: false });
      for (const value of [3, undefined]) {
        const reading = items.next();
        await untilLater("the next item is begun", () => timers.size === 1);
        for (const fire of timers) fire();
        assertEquals((await reading).value, value);
      }
      assertEquals([counts.started, counts.ended, timers.size], [2, 2, 0]);
    });
  });
});

test("an item that waits for a worker is not in its time yet", async () => {
  await holdTimers(12_345, async (timers) => {
    let most = 0;
    const made = await StreamingPipeline.start<number>()
      .use("made", inWorkers<Tools, "squareLater">(TOOLS, { ...LATER, timeoutMs: 12_345 }))
      .tap("counted", () => void (most = Math.max(most, timers.size)))
      .executeToArray([1, 2, 3, 4]);

    assertEquals(made, [1, 4, 9, 16]);
    assert(most <= 1, `${most} timers for one worker`);
    assertEquals(timers.size, 0);
  });
});

test("a break ends functions that still run", async () => {
  await countWorkers(async (counts) => {
    const pipeline = StreamingPipeline.start<number>().use(
      "made",
      inWorkers<{ default(item: number): number }>(
        moduleOf("export default (item) => { if (item > 0) for (;;); return item; }"),
        { workers: 2, graceMs: 1 },
      ),
    );
    for await (const _item of pipeline.execute([0, 1, 2, 3])) break;

    assertEquals(counts.ended, counts.started);
  });
});

test("an abort is seen by the signal in the worker, which stays for the next run", async () => {
  await countWorkers(async (counts) => {
    await using pool = workerPool<Tools>(TOOLS, { workers: 1, graceMs: 10_000 });
    const waiting = StreamingPipeline.start<string>()
      .use("made", inWorkers(pool, { export: "wait" }));
    const controller = new AbortController();
    const reason = new Error("enough");
    const failed = assertRejects(() =>
      waiting.executeToArray(["a", "b"], { signal: controller.signal })
    );
    await untilLater("the item is with the worker", () => counts.runs === 1);
    controller.abort(reason);

    assertEquals(await failed, reason);
    const square = StreamingPipeline.start<number>()
      .use("made", inWorkers(pool, { export: "square" }));
    assertEquals(await square.executeToArray([3]), [9]);
    assertEquals([counts.started, counts.ended], [1, 0]);
  });
});

test("an abort before a worker has started ends it on the way", async () => {
  await countWorkers(async (counts) => {
    const reason = new Error("enough");
    const controller = new AbortController();
    const run = StreamingPipeline.start<number>()
      .use("made", inWorkers<Tools, "square">(TOOLS, SQUARE))
      .executeToArray([1, 2], { signal: controller.signal });
    const failed = assertRejects(() => run);
    await untilLater("a worker is started", () => counts.started === 1);
    controller.abort(reason);

    assertEquals(await failed, reason);
    assertEquals(counts, { started: 1, ended: 1, runs: 0 });
  });
});

test("a stop lets what is in flight come out, and ends the workers", async () => {
  await countWorkers(async (counts) => {
    let pulled = 0;
    function* numbers() {
      for (;;) yield pulled++;
    }
    const run = StreamingPipeline.start<number>()
      .use("made", inWorkers<Tools, "square">(TOOLS, { export: "square", workers: 2 }))
      .run(numbers());
    const made: number[] = [];
    for await (const item of run) {
      made.push(item);
      if (made.length === 5) run.stop();
    }

    assertEquals(made, [...Array(pulled).keys()].map((number) => number * number));
    assertEquals(run.metadata().status, "stopped");
    assertEquals(counts.ended, counts.started);
  });
});

test("a failure ends the work on later items", async () => {
  await countWorkers(async (counts) => {
    const error = await failureOf(runOn(
      [0, 1],
      "export default (item) => { if (item === 1) for (;;); throw new Error('no'); }",
      { workers: 2, graceMs: 1 },
    ));

    assertEquals(error.itemIndex, 0);
    assertEquals(counts.ended, counts.started);
  });
});

/** Ways in which a worker dies while it has an item. */
const DEATHS: Readonly<Record<string, string>> = {
  "an error in a timer": "setTimeout(() => { throw new Error('late'); })",
  "a rejection that nothing handles": "Promise.reject(new Error('lost'))",
  "an end of its own":
    "(globalThis.process?.exit ?? globalThis.close).call(globalThis.process ?? globalThis)",
};

for (const [how, death] of Object.entries(DEATHS)) {
  const code = `export default (item) => {
    if (item % 2 === 0) return item;
    ${death};
    return new Promise(() => {});
  }`;

  test(`a worker that dies of ${how} fails its item alone, and is replaced`, async () => {
    await countWorkers(async (counts) => {
      const failed: FailedItem[] = [];
      const made = await StreamingPipeline.start<number>().use(
        "made",
        inWorkers<{ default(item: number): number }>(moduleOf(code), {
          workers: 1,
          itemsPerWorker: 1,
          errorStrategy: "SPLIT_ERRORS",
        }),
      ).executeToArray([0, 1, 2, 3, 4], { errorsTo: (each) => void failed.push(each) });

      assertEquals(made, [0, 2, 4]);
      assertEquals(
        failed.map(({ item, error: { code, retryable } }) => ({ item, code, retryable })),
        [1, 3].map((item) => ({ item, code: "WORKER_CRASHED", retryable: true })),
      );
      assertEquals([counts.started, counts.ended], [3, 3]);
    });
  });
}

test("retry tries an item again whose worker has died, in another one", async () => {
  await countWorkers(async (counts) => {
    const code = `export default () => {
      setTimeout(() => { throw new Error("late"); });
      return new Promise(() => {});
    }`;
    const error = await failureOf(runOn([1], code, { retry: { maxAttempts: 3, backoffMs: 0 } }));

    assertEquals([error.code, error.attempts], ["WORKER_CRASHED", 3]);
    assertEquals([counts.started, counts.ended], [3, 3]);
  });
});

test("a dead worker fails the item that it had, not one before or after it", async () => {
  const failed: unknown[] = [];
  const made = await StreamingPipeline.start<number>()
    .use(
      "made",
      inWorkers<{ default(item: number): number }>(
        moduleOf(`export default (item) => {
          const end = performance.now() + 2;
          while (performance.now() < end);
          if (item !== 4) return item;
          setTimeout(() => { throw new Error("late"); });
          return new Promise(() => {});
        }`),
        { workers: 1, errorStrategy: "SPLIT_ERRORS" },
      ),
    )
    // Results and the death come together when this thread has time for them again.
    .tap("busy", () => keepBusy(20))
    .executeToArray([1, 2, 3, 4, 5, 6], { errorsTo: ({ item }) => void failed.push(item) });

  assertEquals([made, failed], [[1, 2, 3, 5, 6], [4]]);
});

test("workers that die one after the other end the run", async () => {
  await countWorkers(async (counts) => {
    const error = await failureOf(runOn(
      [1, 2, 3, 4, 5, 6, 7, 8],
      "export default () => { setTimeout(() => { throw new Error('late'); }); return new Promise(() => {}); }",
      { maxCrashes: 2, itemsPerWorker: 1, retry: { maxAttempts: 9, backoffMs: 0 } },
    ));

    assertEquals([error.code, error.retryable], ["TOO_MANY_CRASHES", false]);
    assertEquals([counts.started, counts.ended], [3, 3]);
  });
});

test("a worker that a program makes must answer", async () => {
  await holdTimers(3_000, async (timers) => {
    let ended = 0;
    const silent = { postMessage() {}, addEventListener() {}, terminate: () => ++ended };
    const pipeline = StreamingPipeline.start<unknown>().use("made", inWorkers<Any>(() => silent));
    const run = failureOf(pipeline.executeToArray([1]));
    await untilLater("a worker is started", () => timers.size === 1);
    for (const fire of timers) fire();
    const error = await run;

    assertEquals(
      (error.cause as Error).message,
      "Cannot start a worker: No answer within 30000 ms; does its file call serve()?",
    );
    assertEquals([error.code, ended, timers.size], ["WORKER_NOT_STARTED", 1, 0]);
  });
});

test("how long a worker may take to start counts from when the last one has started", async () => {
  await holdTimers(3_000, async (timers) => {
    const listeners: ((event: { data: unknown }) => void)[] = [];
    const start = () => ({
      postMessage() {},
      terminate() {},
      addEventListener(type: string, listener: (event: { data: unknown }) => void) {
        if (type === "message") listeners.push(listener);
      },
    });
    const pool = workerPool<Tools>(start, { workers: 2 });
    const calls = [1, 2].map((item) => pool.call("square", item).catch(({ code }) => code));
    await untilLater("both workers are started", () => timers.size === 2);
    const first = [...timers];
    listeners[0]!({ data: { type: "headrace:ready", names: ["square"] } });

    assertEquals([timers.size, first.some((timer) => timers.has(timer))], [1, false]);
    for (const fire of timers) fire();
    assertEquals(await Promise.all(calls), ["WORKER_NOT_STARTED", "WORKER_NOT_STARTED"]);
    await pool.close();
  });
});

test("calls without a signal listen to none", async () => {
  const { addEventListener } = AbortSignal.prototype;
  let count = 0;
  AbortSignal.prototype.addEventListener = function (...given: unknown[]) {
    count++;
    Reflect.apply(addEventListener, this, given);
  };
  const pool = workerPool<Tools>(TOOLS, { workers: 1 });
  try {
    assertEquals(await Promise.all([1, 2].map((item) => pool.call("square", item))), [1, 4]);
  } finally {
    AbortSignal.prototype.addEventListener = addEventListener;
    await pool.close();
  }

  assertEquals(count, 0);
});

test("a pool that is closed fails what is left, and what comes later", async () => {
  const pool = workerPool<Tools>(TOOLS, { workers: 1 });
  const pipeline = StreamingPipeline.start<number>()
    .use("made", inWorkers(pool, { export: "loop" }));
  const run = failureOf(pipeline.executeToArray([1, 2]));
  await Promise.resolve();
  await pool.close();

  assertEquals((await run).code, "POOL_CLOSED");
  assertEquals((await failureOf(pipeline.executeToArray([1]))).code, "POOL_CLOSED");
  await pool.close();
});
