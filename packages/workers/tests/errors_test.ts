// What comes of items on which a function or a message fails, and of workers that cannot be started.

import { assert, assertEquals, assertInstanceOf, assertRejects } from "@std/assert";
import { StreamingPipeline } from "@headrace/pipeline";
import { test } from "../../../tests/harness.ts";
import {
  inWorkers,
  type InWorkersOptions,
  WorkerError,
  type WorkerLike,
  workerPool,
} from "../mod.ts";
import { countWorkers } from "./support/count_workers.ts";
import { TOOLS, type Tools } from "./support/modules.ts";
import { type Any, failureOf, runOn } from "./support/run_on.ts";

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
  "{ code: 'BUSY', status: 429, more: {} }": (cause) =>
    assertEquals(cause, { code: "BUSY", status: 429 }),
  "Object.create(null, { code: { value: 1, enumerable: true } })": (cause) =>
    assertEquals(cause, { code: 1 }),
  "new Map([[1, 2]])": (cause) => assertEquals((cause as Error).message, "[object Map]"),
  "new DOMException('late', 'TimeoutError')": (cause) =>
    assertEquals((cause as DOMException).name, "TimeoutError"),
  "Object.defineProperty(new RangeError('far'), 'by', { enumerable: true, get() { throw 1 } })": (
    cause,
  ) => {
    assertInstanceOf(cause, RangeError);
    assertEquals(cause.message, "far");
  },
};

const NAMED = (name: string) => `Object.assign(new Error("boom"), { name: "${name}" })`;

for (const name of ["constructor", "toString", "__proto__", "hasOwnProperty", "Error"]) {
  test(`an error that has the name ${name} comes as an Error with its message`, async () => {
    const error = await failureOf(runOn([1], `export default () => { throw ${NAMED(name)}; }`));

    assertInstanceOf(error.cause, Error);
    assertEquals([error.cause.name, error.cause.message], [name, "boom"]);
  });
}

/** What modules send besides, with the means of Web Workers and of worker threads. */
const OWN_MESSAGES = [
  "null",
  '"a text"',
  "[1]",
  '{ type: "results" }',
  '{ type: "ready" }',
  '{ type: "crashed" }',
  "{ type: null }",
];

for (const message of OWN_MESSAGES) {
  test(`a module may send ${message} of its own, when it is loaded and in its function`, async () => {
    const made = await runOn(
      [1, 2],
      `const port = globalThis.postMessage ? globalThis
        : process.getBuiltinModule("node:worker_threads").parentPort;
      port.postMessage(${message});
      export default (item) => { port.postMessage(${message}); return item * 2; }`,
    );

    assertEquals(made, [2, 4]);
  });
}

test("a module may put something else in the place of postMessage", async () => {
  const made = await runOn(
    [1, 2],
    `globalThis.postMessage = () => { throw new Error("mine"); };
    export default (item) => item * 2;`,
  );

  assertEquals(made, [2, 4]);
});

for (const [thrown, check] of Object.entries(ODD_THROWS)) {
  test(`a worker can throw ${thrown}`, async () => {
    const error = await failureOf(runOn([1], `export default () => { throw ${thrown}; }`));

    check(error.cause);
  });
}

const NO_WORKERS: readonly unknown[] = [undefined, null, 5, {}, Promise.resolve(), {
  terminate() {},
}];

for (const made of NO_WORKERS) {
  test(`a function that makes ${String(made)} in place of a worker is refused with what it must make`, async () => {
    const make = (() => made) as unknown as () => WorkerLike;
    await using pool = workerPool<Any>(make, { workers: 1 });

    const error = await assertRejects(() => pool.call("default", 1), WorkerError);
    assertEquals(error.code, "WORKER_NOT_STARTED");
    assert(error.message.startsWith("Cannot start a worker: the function must return a Worker"));
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

test("a result of which something cannot be transferred fails alone, and no worker dies", async () => {
  const error = await failureOf(runOn(
    [1, 2],
    `export default (item, index, { transfer }) => {
      if (item === 2) transfer([{}]);
      return item;
    }`,
    { workers: 1, maxCrashes: 0 },
  ));

  assertEquals([error.code, error.itemIndex, error.retryable], ["NOT_CLONEABLE", 1, false]);
});

test("a result that cannot be cloned fails alone", async () => {
  const items = [...Array(100).keys()];
  const code = "export default (item) => item % 10 === 7 ? { item: () => {} } : item";
  const made = await runOn(items, code, { errorStrategy: "SKIP_FAILED" });
  assertEquals(made, items.filter((item) => item % 10 !== 7));

  const error = await failureOf(runOn([7], code));
  assertEquals([error.code, error.retryable], ["NOT_CLONEABLE", false]);
});

test("a function that transfers no list fails its item, and the error says so", async () => {
  const source = "export default (item, index, { transfer }) => transfer(item)";
  for (const given of [1, undefined, new ArrayBuffer(1)]) {
    const error = await failureOf(runOn([given], source));
    assertEquals(String(error.cause), "TypeError: Cannot transfer: it needs an array of objects");
  }
});

test("what cannot be transferred fails its item", async () => {
  const error = await failureOf(runOn([{}], "export default () => 1", { transfer: () => [{}] }));

  assertEquals(error.code, "NOT_CLONEABLE");
});

test("a buffer that was moved before fails its item, in both ways", async () => {
  const bytes = new Uint8Array(8);
  const made = await failureOf(
    runOn([bytes, bytes], "export default (item) => item.length", {
      transfer: (item) => [(item as Uint8Array).buffer],
    }),
  );
  assertEquals([made.code, made.itemIndex], ["NOT_CLONEABLE", 1]);

  const sent = await failureOf(runOn(
    [1, 2],
    `const bytes = new Uint8Array(8);
    export default (item, index, { transfer }) => {
      transfer([bytes.buffer]);
      return bytes;
    }`,
    { itemsPerWorker: 1, maxCrashes: 0 },
  ));
  assertEquals([sent.code, sent.itemIndex], ["NOT_CLONEABLE", 1]);
});

test("a message that a worker cannot read fails the item that it has", async () => {
  const error = await failureOf(runOn(
    [1],
    `export default async () => {
      const threads = globalThis.process?.getBuiltinModule?.("node:worker_threads");
      const isThread = globalThis.Deno === undefined && globalThis.Bun === undefined;
      if (isThread && threads !== undefined) threads.parentPort.emit("messageerror", new Error("odd"));
      else dispatchEvent(new MessageEvent("messageerror"));
      await new Promise(() => {});
    }`,
  ));

  assertEquals(error.code, "WORKER_CRASHED");
  const { cause } = error.cause as Error;
  assertEquals((cause as Error).message, "What was sent to the worker cannot be read");
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

test("an export that is missing is named, with those that exist", async () => {
  const error = await failureOf(
    runOn([1], "export const one = () => 1, two = 2", { export: "won" } as InWorkersOptions),
  );

  assertEquals(error.code, "NO_SUCH_EXPORT");
  assertEquals(
    (error.cause as Error).message,
    'Cannot call "won" in a worker: its module exports no function of that name; it has one',
  );
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

test("a worker that cannot be made, for a reason that has no text, fails the call", async () => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  const refusals = [
    [Object.create(null), "an object"],
    [proxy, "a value that cannot be read"],
  ] as const;
  for (const [refused, said] of refusals) {
    await using pool = workerPool<Tools>(() => {
      throw refused;
    });
    const error = await assertRejects(() => pool.call("square", 1), WorkerError);

    assertEquals(error.code, "WORKER_NOT_STARTED");
    assertEquals(error.message, `Cannot start a worker: ${said}`);
  }
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
