// What has come in time counts, also where a process stood still, or a thread was busy, until its timers
// were overdue.

import { assertEquals } from "@std/assert";
import { test } from "../../../tests/harness.ts";
import { workerPool } from "../mod.ts";
import { holdTimers } from "./support/hold_timers.ts";
import { moduleOf, TOOLS, type Tools } from "./support/modules.ts";
import { type Any, keepBusy, untilLater } from "./support/run_on.ts";

test("a function that ends at an abort keeps its worker, also where its pool has no time to see it", async () => {
  const code =
    `export default (item, index, { signal }) => item > 0 ? item : new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason));
  })`;
  await using pool = workerPool<Any>(moduleOf(code), { workers: 1 });
  // Short items, which go together from then on.
  for (let turn = 0; turn < 20; turn++) {
    await Promise.all([1, 2, 3].map((n) => pool.call("default", n)));
  }
  const controller = new AbortController();
  const { signal } = controller;
  const calls = [pool.call("default", 0, { signal }), pool.call("default", 1)];
  const settled = Promise.allSettled(calls);
  await new Promise((resolve) => setTimeout(resolve, 20));
  controller.abort("enough");
  keepBusy(250);

  assertEquals(await settled, [
    { status: "rejected", reason: "enough" },
    { status: "fulfilled", value: 1 },
  ]);
});

test("an item that is answered in its time is in time, also where its pool reads that late", async () => {
  await using pool = workerPool<Tools>(TOOLS, { workers: 1 });
  await pool.call("square", 1);
  const call = pool.call("squareLater", 3, { timeoutMs: 100 });
  await Promise.resolve();
  keepBusy(250);

  assertEquals(await call, 9);
});

test("a worker is not given up that starts while its process stands still", async () => {
  await holdTimers(3_000, async (timers) => {
    await using pool = workerPool<Tools>(TOOLS, { workers: 1 });
    const call = pool.call("square", 3);
    await untilLater("a worker is started", () => timers.size === 1);
    // A timer that is overdue is called before what the worker has sent meanwhile.
    for (const fire of [...timers]) fire();

    assertEquals(await call, 9);
    assertEquals(timers.size, 0);
  });
});
