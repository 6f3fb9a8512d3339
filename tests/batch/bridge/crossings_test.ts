// What every way over the bridge keeps: data, order, values, context, and that nothing runs early or
// runs on.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { test } from "../../harness.ts";
import { TestClock } from "../../../src/testing/test_clock.ts";
import { settle, until, watch } from "../../../src/testing/turns.ts";
import { CROSSINGS } from "./_helpers.ts";

for (const { name, run } of CROSSINGS) {
  test(`[L3] one answer per item comes over, in order: ${name}`, async () => {
    const plain = await run((item) => item * 10)([3, 1, 2]);
    const later = await run(async (item) => await item * 10)([3, 1, 2]);

    assertEquals([plain, later], [{ data: [30, 10, 20] }, { data: [30, 10, 20] }]);
  });

  test(`nothing comes over of no items: ${name}`, async () => {
    let calls = 0;

    assertEquals([await run(() => calls++)([]), calls], [{ data: [] }, 0]);
  });

  test(`[L7] values come over untouched: ${name}`, async () => {
    const answer = () => 1;
    const values = [undefined, null, NaN, false, 0, "", -0, [[1], []], {}, answer, Symbol.iterator];
    const { data } = await run((item) => values[item])(values.map((_, index) => index));

    assertEquals(data?.length, values.length);
    for (const [index, value] of data!.entries()) {
      assert(Object.is(value, values[index]), `${String(value)} at ${index}`);
    }
  });

  test(`[L8] runs over the bridge are separate, also at the same time: ${name}`, async () => {
    const start = run(async (item) => await item + 1);
    const outcomes = await Promise.all([start([1, 2]), start([3]), start([])]);

    assertEquals(outcomes, [{ data: [2, 3] }, { data: [4] }, { data: [] }]);
  });

  test(`[L8] the context is built once per run and handed to every call: ${name}`, async () => {
    const built: object[] = [];
    const seen: unknown[] = [];
    const start = run((item) => item, {
      createContext: () => {
        built.push({});
        return built.at(-1);
      },
      see: (context) => seen.push(context),
    });
    assertEquals(built.length, 0);
    await start([1, 2]);
    await start([3, 4]);

    assertEquals([built.length, seen.length], [2, 4]);
    for (const [index, context] of seen.entries()) {
      assertStrictEquals(context, built[Math.floor(index / 2)]);
    }
  });

  test(`[L13] an abort reaches the work across the bridge and ends it: ${name}`, async () => {
    await new TestClock().use(async (clock) => {
      const controller = new AbortController();
      const reason = new Error("enough");
      let started = 0;
      let running = 0;
      const done = watch(
        run((_item, signal) => {
          started++;
          running++;
          return new Promise((_resolve, reject) => {
            signal.addEventListener("abort", () => {
              running--;
              reject(signal.reason);
            });
          });
        })([1, 2, 3], { signal: controller.signal }),
      );
      await until("the work has begun", () => running > 0);
      const begun = started;
      controller.abort(reason);
      await until("the run is over", () => done.state !== "pending");
      await settle();

      if (done.state === "rejected") assertStrictEquals(done.error, reason);
      else assertStrictEquals(done.value?.failure?.cause, reason);
      assertEquals([running, started, clock.timerCount], [0, begun, 0]);
    });
  });

  test(`[L13] a run that is aborted before it begins does nothing: ${name}`, async () => {
    const signal = AbortSignal.abort(new Error("never"));
    let calls = 0;
    const done = watch(run(() => calls++)([1], { signal }));
    await until("the run is over", () => done.state !== "pending");

    if (done.state === "rejected") assertStrictEquals(done.error, signal.reason);
    else assertStrictEquals(done.value?.failure?.cause, signal.reason);
    assertEquals(calls, 0);
  });

  test(`[L6] work that fails by a rejected promise is reported once: ${name}`, async () => {
    const cause = new Error("no");
    const { failure } = await run((item) => item === 2 ? Promise.reject(cause) : item)([1, 2, 3]);
    await settle();

    assertStrictEquals(failure?.cause, cause);
  });
}
