// What is refused when an operator or a pool is made.

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertMatch,
  assertRejects,
  assertThrows,
} from "@std/assert";
import { StreamingPipeline } from "@headrace/pipeline";
import { test } from "../../../tests/harness.ts";
import { inWorkers, workerPool } from "../mod.ts";
import { TOOLS, type Tools } from "./support/modules.ts";
import { type Any, failureOf, runOn } from "./support/run_on.ts";

/** What is refused when it is made: the message begins so. */
const REFUSED: readonly (readonly [what: unknown, options: unknown, message: string])[] = [
  ["./embed.ts", {}, "Cannot make inWorkers(): its module must be an absolute address"],
  [undefined, {}, "Cannot make inWorkers(): its module must be an absolute address"],
  [{}, {}, "Cannot make inWorkers(): its module must be an absolute address"],
  [TOOLS, null, "Cannot make inWorkers(): its options must be an object, got null"],
  [TOOLS, "primes", 'Cannot make inWorkers(): its options must be an object, got "primes"'],
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
  [
    TOOLS,
    { transfer: () => [], retry: 2 },
    "Cannot make inWorkers(): retry has no effect together with",
  ],
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

/** What a pool refuses to be called with, once it is made: it rejects so. */
const BAD_CALLS: readonly (readonly [name: unknown, options: unknown, message: string])[] = [
  [Symbol("square"), {}, "Cannot call a worker: its first argument must be the name of a function"],
  [undefined, {}, "Cannot call a worker: its first argument must be the name of a function"],
  ["square", null, "Cannot call a worker: its options must be an object, got null"],
  ["square", { signal: "soon" }, 'Cannot call a worker: signal must be an AbortSignal, got "soon"'],
  ["square", { transfer: "all" }, 'transfer must give an array of objects, got "all"'],
  ["square", { transfer: [1] }, "transfer must give an array of objects, got an array with others"],
  [
    "square",
    { timeoutMs: "5" },
    "Cannot call a worker: timeoutMs must be a number of milliseconds",
  ],
  ["toString", {}, 'Cannot call "toString" in a worker: its module exports no function'],
];

test("a call with bad input rejects with the rule and the value, and the pool goes on", async () => {
  await using pool = workerPool<Tools>(TOOLS, { workers: 1 });
  const call = pool.call.bind(pool) as (name: unknown, item: unknown, options: unknown) => unknown;
  for (const [name, options, message] of BAD_CALLS) {
    await assertRejects(async () => await call(name, 2, options), Error, message);
  }
  assertEquals(await pool.call("square", 3), 9);
});

test("a transfer that gives no list fails its item", async () => {
  for (const moved of ["all", null, 7, [1]]) {
    const transfer = (() => moved) as unknown as () => object[];
    const error = await failureOf(runOn([1], "export default (item) => item", { transfer }));
    assertInstanceOf(error.cause, TypeError);
    assertMatch(
      error.cause.message,
      /^Cannot send the item to a worker: transfer must give an array/,
    );
  }
});

test("options of the stage are refused with its key", () => {
  const options = { highWaterMark: -1 };
  assertThrows(
    () => StreamingPipeline.start<unknown>().use("made", inWorkers<Any>(TOOLS, options)),
    RangeError,
    'stage "made"',
  );
});
