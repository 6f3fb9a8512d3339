// L13: an aborted run rejects with the signal's reason itself, promptly.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { collectUntilError, ENDS, EXECUTE, pull } from "./_ends.ts";
import { ABORTABLE_ROWS, FLOWING_ROWS, range, type Row, ROWS, TYPICAL_ROWS } from "./_rows.ts";

const REASON = new Error("aborted by the test");

/** Aborts from inside the call with this index. */
function abortInside(row: Row, atIndex: number) {
  const controller = new AbortController();
  const calls = new CallProbe();
  const wrap = calls.wrap.bind(calls);
  calls.wrap = (answer, isAsync) =>
    wrap((item) => {
      if (item === atIndex) controller.abort(REASON);
      return answer(item);
    }, isAsync);
  return { calls, pipeline: row.build(calls), signal: controller.signal };
}

for (const row of ROWS) {
  test(`[L13] ${row.title} rejects with the reason when it is aborted before the first pull`, async () => {
    const calls = new CallProbe();
    const probe = new SourceProbe("an async iterable");
    const controller = new AbortController();
    const items = row.build(calls).execute(probe.source, { signal: controller.signal });

    controller.abort(REASON);

    assertStrictEquals(await items.next().catch((error) => error), REASON);
    assertEquals(await items.next(), { done: true, value: undefined });
    assertEquals([probe.opened, probe.closed, calls.started], [0, 0, 0]);
  });

  if (!row.isProbed) continue;
  for (const end of [EXECUTE, ENDS[1]!]) {
    test(`[L13] ${end.name} of ${row.title} rejects when its own function aborts the run`, async () => {
      const { calls, pipeline, signal } = abortInside(row, 4);
      const probe = new SourceProbe("a sync iterable");

      const { error } = await collectUntilError(end, pipeline, probe.source, { signal });

      calls.finish();
      await settle();
      assertStrictEquals(error, REASON);
      assertEquals([probe.closed, calls.running, calls.late], [1, 0, 0]);
    });
  }
}

for (const row of FLOWING_ROWS) {
  test(`[L13] ${row.title} rejects with the reason when it is aborted between two pulls`, async () => {
    const probe = new SourceProbe("an async iterable");
    const controller = new AbortController();
    const items = row.build(new CallProbe()).execute(probe.source, { signal: controller.signal });
    await pull(items, 2);

    controller.abort(REASON);
    await settle();

    assertStrictEquals(await items.next().catch((error) => error), REASON);
    assertEquals(await items.next(), { done: true, value: undefined });
    assertEquals(probe.closed, 1);
  });
}

for (const row of ABORTABLE_ROWS) {
  test(`[L13] ${row.title} rejects with the reason while calls are in flight`, async () => {
    const calls = new CallProbe({ hold: true });
    const probe = new SourceProbe("an async iterable");
    const controller = new AbortController();
    const items = row.build(calls).execute(probe.source, { signal: controller.signal });
    const waiting = watch(items.next());
    await until("a call is running", () => calls.running > 0);
    await settle();
    const inFlight = calls.running;

    controller.abort(REASON);
    await until("the pull is answered", () => waiting.state !== "pending");

    assertStrictEquals(waiting.error, REASON);
    assertEquals([calls.aborted, calls.running, probe.closed], [inFlight, 0, 1]);
  });
}

/** Reasons that are no errors. */
const REASONS = ["text", 0, false, null, Symbol("reason"), { code: 7 }];

for (const row of TYPICAL_ROWS) {
  for (const end of ENDS) {
    test(`[L13] ${end.name} of ${row.title} rejects with the reason, whatever it is`, async () => {
      for (const reason of [REASON, ...REASONS]) {
        const before = AbortSignal.abort(reason);
        const first = await collectUntilError(end, row.build(new CallProbe()), range(9), {
          signal: before,
        });
        assertStrictEquals(first.error, reason);

        const { pipeline, probe, controller } = abortAtThird(row, reason);
        const { signal } = controller;
        const second = await collectUntilError(end, pipeline, probe.source, { signal });
        assertStrictEquals(second.error, reason);
        assertEquals(probe.closed, 1);
      }
    });
  }

  test(`[L13] ${row.title} rejects with an AbortError when no reason is given`, async () => {
    const signal = AbortSignal.abort();

    const { error } = await collectUntilError(EXECUTE, row.build(new CallProbe()), [1], { signal });

    assertStrictEquals(error, signal.reason);
    assertEquals((error as DOMException).name, "AbortError");
  });

  test(`[L13] abort() ends a run of ${row.title} with its reason, or an AbortError`, async () => {
    for (const reasons of [[REASON], []]) {
      const probe = new SourceProbe("an async generator");
      const run = row.build(new CallProbe()).run(probe.source);
      await pull(run, 1);

      await run.abort(...reasons);

      const error = await run[Symbol.asyncIterator]().next().catch((error) => error);
      if (reasons.length > 0) assertStrictEquals(error, REASON);
      else assertEquals(error.name, "AbortError");
      assertEquals(probe.closed, 1);
    }
  });

  test(`[L13] abort() of ${row.title} resolves when nothing runs any more`, async () => {
    const calls = new CallProbe({ hold: true, obeys: false });
    const asyncRow = row.mode.parallel;
    const probe = new SourceProbe("a sync iterable");
    const run = row.build(calls).run(probe.source);
    const waiting = watch(run[Symbol.asyncIterator]().next());
    await settle();

    const aborting = watch(run.abort(REASON));
    await settle();
    const before = aborting.state;
    calls.releaseAll();
    await settle();

    assertEquals([before, aborting.state], [asyncRow ? "pending" : "resolved", "resolved"]);
    assertEquals([waiting.state, calls.running], [asyncRow ? "rejected" : "resolved", 0]);
  });

  test(`[L13] aborting ${row.title} after its end, or twice, changes nothing`, async () => {
    const controller = new AbortController();
    const run = row.build(new CallProbe()).run(range(3), { signal: controller.signal });
    assertEquals(await pull(run, 9), row.model(range(3)));

    controller.abort(REASON);
    await run.abort("again");
    await run.abort("and again");

    assertEquals(await run[Symbol.asyncIterator]().next(), { done: true, value: undefined });
  });

  test(`[L13] only the first reason of ${row.title} counts`, async () => {
    const probe = new SourceProbe("a ReadableStream");
    const run = row.build(new CallProbe()).run(probe.source);
    await pull(run, 1);

    await Promise.all([run.abort(REASON), run.abort("second")]);

    const error = await run[Symbol.asyncIterator]().next().catch((error) => error);
    assertStrictEquals(error, REASON);
    assertEquals(probe.reasons, [REASON]);
  });
}

test("[L13] an abort reaches the signal of steps and of functions in every stage", async () => {
  const controller = new AbortController();
  const seen: Record<string, unknown> = {};
  const note = (stage: string, signal: AbortSignal) => {
    signal.addEventListener("abort", () => seen[stage] = signal.reason, { once: true });
  };
  const items = StreamingPipeline.start<number>()
    .map("map", (item, _, { signal }) => (note("map", signal), item))
    .add("step", async function* ({ input, signal }) {
      note("step", signal);
      yield* input;
    })
    .flatMap("many", async function* (_, __, { signal }) {
      note("many", signal);
      yield 1;
      yield 2;
    }, { parallel: true })
    .execute(range(9), { signal: controller.signal });
  await items.next();

  controller.abort(REASON);
  await items.next().catch(() => {});

  assertEquals(seen, { map: REASON, step: REASON, many: REASON });
});

test("[L13] a function that reports the abort as its own failure does not hide the reason", async () => {
  const controller = new AbortController();
  const pipeline = StreamingPipeline.start<number>().map(
    "waits",
    (_, __, { signal }) =>
      new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new TypeError("cancelled")), { once: true });
        controller.abort(REASON);
      }),
    { parallel: true },
  );

  const { error } = await collectUntilError(EXECUTE, pipeline as never, [1, 2], {
    signal: controller.signal,
  });

  assertInstanceOf(error, Error);
  assertStrictEquals(error, REASON);
});

test("[L13] AbortSignal.timeout() ends a run with a TimeoutError", async () => {
  const signal = AbortSignal.timeout(1);
  const { source } = new SourceProbe("an async iterable", { silentAfter: 0 });

  const { error } = await collectUntilError(
    EXECUTE,
    StreamingPipeline.start<number>() as never,
    source,
    { signal },
  );

  assert((error as DOMException).name === "TimeoutError");
});

/** A pipeline that aborts with `reason` while its third item is worked on. */
function abortAtThird(row: Row, reason: unknown) {
  const controller = new AbortController();
  const probe = new SourceProbe("an async generator");
  const calls = new CallProbe();
  const pipeline = row.build(calls).tap("aborts", (item) => {
    if (item === 4) controller.abort(reason);
  });
  return { pipeline, probe, controller };
}

for (const options of [undefined, { parallel: true }]) {
  for (const end of ENDS) {
    const mode = options === undefined ? "" : " parallel";
    test(`[L13] ${end.name} of map()${mode} rejects with the reason when a call aborts the run and then fails`, async () => {
      const controller = new AbortController();
      const { signal } = controller;
      const probe = new SourceProbe("a sync iterable");
      const pipeline = StreamingPipeline.start<number>().map("work", (item) => {
        if (item < 2) return Promise.resolve(item);
        controller.abort(REASON);
        return Promise.reject(new Error("the call fails too"));
      }, options);

      const { error } = await collectUntilError(end, pipeline, probe.source, { signal });
      await settle();

      assertStrictEquals(error, REASON);
      assertEquals(probe.closed, 1);
    });
  }
}
