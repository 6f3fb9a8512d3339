// What becomes of items on which a function, a worker or a message fails.

import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { type FailedItem, StreamingError, StreamingPipeline } from "@headrace/pipeline";
import { test } from "../../../tests/harness.ts";
import { inWorkers, type InWorkersOptions, WorkerError, workerPool } from "../mod.ts";
import { countWorkers } from "./support/count_workers.ts";
import { holdTimers } from "./support/hold_timers.ts";
import { moduleOf, TOOLS, type Tools } from "./support/modules.ts";

type Any = { default(item: unknown): unknown };

/** Runs items through the default export of `code`, one worker at a time. */
function runOn(items: readonly unknown[], code: string, options: InWorkersOptions = {}) {
  return StreamingPipeline.start<unknown>()
    .use("made", inWorkers<Any>(moduleOf(code), { workers: 1, ...options } as { workers: number }))
    .executeToArray(items);
}

const LATER = { export: "squareLater", workers: 1 } as const;

/** Waits for what a worker does, which takes more than turns of this one's event loop. */
async function untilLater(what: string, condition: () => boolean): Promise<void> {
  for (let waits = 0; !condition(); waits++) {
    if (waits === 10_000) throw new Error(`It never came to this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** The error of the stage. */
async function failureOf(run: Promise<unknown>): Promise<StreamingError> {
  const error = await assertRejects(() => run, StreamingError);
  assertEquals(error.key, "made");
  return error;
}

test("an error comes as it was thrown, with its stack, cause, code and other plain properties", async () => {
  const error = await failureOf(runOn(
    [1],
    `export default function explode(item) {
      const cause = new RangeError("too deep", { cause: "a text" });
      throw Object.assign(new TypeError("no", { cause }), { code: "E_ODD", status: 3, skip: {} });
    }`,
  ));

  const cause = error.cause as TypeError & { status: number };
  assertInstanceOf(cause, TypeError);
  assertEquals([cause.name, cause.message, cause.status], ["TypeError", "no", 3]);
  assertEquals(error.code, "E_ODD");
  assert(cause.stack?.includes("explode"), cause.stack);
  assertInstanceOf(cause.cause, RangeError);
  assertEquals(cause.cause.cause, "a text");
});

test("errors of other classes keep their name, and those of several their errors", async () => {
  const error = await failureOf(runOn(
    [1],
    `class OddError extends Error { name = "OddError"; retryable = true; }
    export default async () => {
      throw new AggregateError([new OddError("odd"), 7, undefined], "several");
    }`,
  ));

  const cause = error.cause as AggregateError;
  assertInstanceOf(cause, AggregateError);
  const [odd, ...others] = cause.errors;
  assertEquals([odd.name, odd.message, odd.retryable], ["OddError", "odd", true]);
  assertInstanceOf(odd, Error);
  assertEquals(others, [7, undefined]);
});

const ODD_THROWS: Readonly<Record<string, (cause: unknown) => void>> = {
  '"a text"': (cause) => assertEquals(cause, "a text"),
  "undefined": (cause) => assertEquals(cause, undefined),
  "Symbol('s')": (cause) => assertEquals((cause as Error).message, "Symbol(s)"),
  "{ get message() { throw 1 } }": (cause) =>
    assertEquals((cause as Error).message, "a value that cannot be read"),
  "(() => { const e = new Error('own'); e.cause = e; return e })()": (cause) =>
    assertEquals((cause as Error).message, "own"),
  "new DOMException('late', 'TimeoutError')": (cause) =>
    assertEquals((cause as DOMException).name, "TimeoutError"),
};

for (const [thrown, check] of Object.entries(ODD_THROWS)) {
  test(`a worker can throw ${thrown}`, async () => {
    const error = await failureOf(runOn([1], `export default () => { throw ${thrown}; }`));

    check(error.cause);
  });
}

test("items that fail are left out, and the others come in order", async () => {
  const made = await runOn(
    [0, 1, 2, 3, 4, 5],
    `export default (item) => { if (item % 3 === 1) throw new Error("no"); return item; }`,
    { workers: 2, errorStrategy: "SKIP_FAILED" },
  );

  assertEquals(made, [0, 2, 3, 5]);
});

test("retry tries a failed item again", async () => {
  const made = await runOn(
    ["a", "b"],
    `let calls = 0;
    export default (item) => {
      if (++calls % 2 === 1) throw Object.assign(new Error("busy"), { code: "EBUSY" });
      return item + calls;
    }`,
    { retry: { maxAttempts: 5, backoffMs: 0 }, itemsPerWorker: 1 },
  );

  assertEquals(made.length, 2);
});

test("timeoutMs ends a function that looks at its signal, and its worker goes on", async () => {
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

test("timeoutMs ends the worker of a function that goes on, and another takes its place", async () => {
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

test("a break ends functions that go on", async () => {
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

test("an abort is seen by the signal in the worker, which goes on with the next run", async () => {
  await countWorkers(async (counts) => {
    await using pool = workerPool<Tools>(TOOLS, { workers: 1, graceMs: 10_000 });
    const waiting = StreamingPipeline.start<string>()
      .use("made", inWorkers(pool, { export: "wait" }));
    const controller = new AbortController();
    const reason = new Error("enough");
    const run = waiting.executeToArray(["a", "b"], { signal: controller.signal });
    await StreamingPipeline.start<string>()
      .use("made", inWorkers(pool, { export: "identify", timeoutMs: 1 })).executeToArray([]);
    controller.abort(reason);

    assertEquals(await assertRejects(() => run), reason);
    const square = StreamingPipeline.start<number>()
      .use("made", inWorkers(pool, { export: "square" }));
    assertEquals(await square.executeToArray([3]), [9]);
    assertEquals([counts.started, counts.ended], [1, 0]);
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

/** Ways in which a worker dies with an item in its hands. */
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

test("retry tries an item again whose worker has died", async () => {
  const code = `export default (item, index) => {
    if (index > 0 || item.tries.length > 1) return "made";
    setTimeout(() => { throw new Error("late"); });
    return new Promise(() => {});
  }`;
  const error = await failureOf(
    runOn([{ tries: [] }], code, { retry: { maxAttempts: 3, backoffMs: 0 } }),
  );

  assertEquals([error.code, error.attempts], ["WORKER_CRASHED", 3]);
});

test("items that a dead worker has not begun go to the next", async () => {
  const made = await runOn(
    [1, 2, 3, 4, 5, 6],
    `export default (item) => {
      const end = performance.now() + 2;
      while (performance.now() < end);
      if (item !== 4) return item;
      setTimeout(() => { throw new Error("late"); });
      return new Promise(() => {});
    }`,
    { errorStrategy: "SKIP_FAILED" },
  );

  assertEquals(made, [1, 2, 3, 5, 6]);
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

test("an item that cannot be cloned fails alone, and its stage is named", async () => {
  const items = [1, () => {}, 3, Promise.resolve(), 5];
  assertEquals(
    await runOn(items, "export default (item) => item", { errorStrategy: "SKIP_FAILED" }),
    [1, 3, 5],
  );

  const error = await failureOf(runOn(items, "export default (item) => item"));
  assertEquals([error.code, error.itemIndex, error.retryable], ["NOT_CLONEABLE", 1, false]);
  assert(error.message.includes('"made"'), error.message);
  assertInstanceOf(error.cause, WorkerError);
});

test("an item that cannot be cloned fails alone among short items that go together", async () => {
  const items = [...Array(200).keys()].map((index) => index % 20 === 13 ? () => {} : index);
  const made = await runOn(items, "export default (item) => item", {
    errorStrategy: "SKIP_FAILED",
    itemsPerWorker: 64,
  });

  assertEquals(made, items.filter((item) => typeof item === "number"));
});

test("a result that cannot be cloned fails alone", async () => {
  const items = [...Array(100).keys()];
  const code = "export default (item) => item % 10 === 7 ? { item: () => {} } : item";
  const made = await runOn(items, code, { errorStrategy: "SKIP_FAILED" });
  assertEquals(made, items.filter((item) => item % 10 !== 7));

  const error = await failureOf(runOn([7], code));
  assertEquals([error.code, error.retryable], ["NOT_CLONEABLE", false]);
});

test("what cannot be transferred fails its item", async () => {
  const error = await failureOf(runOn([{}], "export default () => 1", { transfer: () => [{}] }));

  assertEquals(error.code, "NOT_CLONEABLE");
});

test("a module that cannot be loaded fails the run at once, whatever the strategy", async () => {
  await countWorkers(async (counts) => {
    for (const code of ["export default (", "throw new Error('not today')"]) {
      const error = await failureOf(runOn([1, 2], code, { retry: 3 }));
      assertEquals([error.code, error.retryable], ["WORKER_NOT_STARTED", false]);
    }

    assertEquals(counts.ended, counts.started);
  });
});

test("an export that is missing is named, with those that are there", async () => {
  const error = await failureOf(
    runOn([1], "export const one = () => 1, two = 2", { export: "won" } as InWorkersOptions),
  );

  assertEquals(error.code, "NO_SUCH_EXPORT");
  assertEquals(
    (error.cause as Error).message,
    'Cannot call "won" in a worker: its module exports no function of that name; it has one',
  );
});

test("a worker that a program makes must answer", async () => {
  await holdTimers(30_000, async (timers) => {
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

test("a worker that cannot be made fails the run", async () => {
  const refused = new Error("no more of them");
  const pipeline = StreamingPipeline.start<unknown>().use(
    "made",
    inWorkers<Any>(() => {
      throw refused;
    }),
  );
  const error = await failureOf(pipeline.executeToArray([1]));

  assertEquals(error.code, "WORKER_NOT_STARTED");
  assertEquals((error.cause as Error).cause, refused);
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

/** What is refused when it is made: the message begins so. */
const REFUSED: readonly (readonly [what: unknown, options: unknown, message: string])[] = [
  ["./embed.ts", {}, "Cannot make inWorkers(): its module must be an absolute address"],
  [undefined, {}, "Cannot make inWorkers(): its module must be an absolute address"],
  [{}, {}, "Cannot make inWorkers(): its module must be an absolute address"],
  [TOOLS, { worker: 2 }, 'Cannot make inWorkers(): unknown option "worker"'],
  [TOOLS, { workers: 0 }, "Cannot make inWorkers(): workers must be a positive integer, got 0"],
  [TOOLS, { workers: "2" }, 'Cannot make inWorkers(): workers must be a positive integer, got "2"'],
  [TOOLS, { itemsPerWorker: 1.5 }, "Cannot make inWorkers(): itemsPerWorker must be"],
  [TOOLS, { graceMs: -1 }, "Cannot make inWorkers(): graceMs must be a non-negative integer"],
  [TOOLS, { maxCrashes: NaN }, "Cannot make inWorkers(): maxCrashes must be a non-negative"],
  [TOOLS, { timeoutMs: 0 }, "Cannot make inWorkers(): timeoutMs must be a number of milliseconds"],
  [TOOLS, { timeoutMs: Infinity }, "Cannot make inWorkers(): timeoutMs must be a number"],
  [TOOLS, { export: "" }, "Cannot make inWorkers(): export must be the name of a function"],
  [TOOLS, { transfer: true }, "Cannot make inWorkers(): transfer must be a function, got true"],
  [TOOLS, { transfer: () => [], retry: 2 }, "Cannot make inWorkers(): retry has no effect beside"],
  [
    workerPool(TOOLS),
    { workers: 2 },
    "Cannot make inWorkers(): workers is an option of the pool that it is given",
  ],
];

test("bad input is refused when the operator is made, with the rule and the value", () => {
  const make = inWorkers as (module: unknown, options: unknown) => unknown;
  for (const [module, options, message] of REFUSED) {
    const error = assertThrows(() => make(module, options), Error);
    assert(error.message.startsWith(message), error.message);
  }
  const pool = workerPool as (module: unknown, options: unknown) => unknown;
  assertThrows(() => pool(TOOLS, { ordered: true }), TypeError, 'unknown option "ordered"');
});

test("options of the stage are refused with its key", () => {
  const options = { highWaterMark: -1 };
  assertThrows(
    () => StreamingPipeline.start<unknown>().use("made", inWorkers<Any>(TOOLS, options)),
    RangeError,
    'stage "made"',
  );
});

test("a call of a pool rejects with what the function has thrown, the reason, or the limit", async () => {
  await using pool = workerPool<Tools & { fail(item: number): never }>(TOOLS, { workers: 1 });

  assertEquals(await pool.call("square", 3), 9);
  const reason = new Error("enough");
  const aborted = pool.call("wait", 1, { signal: AbortSignal.abort(reason) });
  assertEquals(await assertRejects(() => aborted), reason);
  const late = await assertRejects(() => pool.call("wait", 1, { timeoutMs: 1 }), DOMException);
  assertEquals(late.name, "TimeoutError");
  const missing = await assertRejects(() => pool.call("fail", 1), WorkerError);
  assertEquals(missing.code, "NO_SUCH_EXPORT");
  const options = { signals: reason } as never;
  await assertRejects(() => pool.call("square", 1, options), TypeError, 'unknown option "signals"');
});
