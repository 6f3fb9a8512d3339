// A run that is stopped: its source is closed, and all that had come in comes out, once.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import type { PipelineRun } from "../../mod.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { drive, PICKS } from "../support/drive.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { CLOSED_UNREAD } from "../support/source_kinds.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { ENDS, pull } from "./_ends.ts";
import {
  ASYNC_ROWS,
  findRow,
  FLOWING_ROWS,
  inOrder,
  neededFor,
  range,
  type Row,
  TYPICAL_ROWS,
} from "./_rows.ts";

const REASON = new Error("aborted by the test");

/** One row whose calls can be held one at a time, and one where they run side by side. */
const HELD_ROWS: readonly Row[] = ["map() async", "map() parallel 16"].map(findRow);

/** A `takeWhile` ends by itself, with items beside the last one in flight. */
const endsEarly = ({ title, mode }: Row) => title.startsWith("takeWhile()") && mode.parallel;
/** What comes out depends on which of its calls has answered first. */
const isOutOfOrder = ({ title, mode }: Row) => title.startsWith("skipWhile()") && !mode.ordered;
/** Its other source is closed with the first. */
const isCutShort = ({ title }: Row) => title === "interleaveWith()";

/** What comes out until the run ends. */
async function readRest(run: PipelineRun<unknown>): Promise<unknown[]> {
  const items: unknown[] = [];
  for await (const item of run) items.push(item);
  return items;
}

/** Reads a run until a call is held, after the first; `rest` is all that comes out. */
async function readToHeldCall(row: Row) {
  const calls = new CallProbe({ hold: (index) => index > 0 });
  const probe = new SourceProbe("an async generator");
  const run = row.build(calls).run(probe.source);
  const rest = readRest(run);
  await until("a call is held", () => calls.held.length > 0);
  return { calls, probe, run, rest };
}

/** What must have come out where all that the source has given comes out. */
function expectAll(row: Row, seen: readonly unknown[], probe: SourceProbe): void {
  assertEquals(inOrder(row, seen), inOrder(row, row.model(range(probe.given))));
}

function expectStopped(run: PipelineRun<unknown>, probe: SourceProbe): void {
  const { status, steps, error, cleanupErrors } = run.metadata();
  assertEquals([status, error, cleanupErrors], ["stopped", undefined, []]);
  for (const step of steps) {
    expectBalance(step);
    assertEquals([step.abandonedCount, step.inFlightCount], [0, 0], step.key);
  }
  assertEquals(probe.closed, 1);
  // Nothing waits for a source that owes an answer.
  if (!probe.owedAtClose) assertEquals(probe.cleaned, probe.cleanUpsDue);
}

for (const row of FLOWING_ROWS) {
  if (endsEarly(row) || isCutShort(row)) continue;
  const given = neededFor(row, 3);

  test(`[L4] ${row.title} that is stopped between two pulls loses nothing`, async () => {
    const probe = new SourceProbe("an async generator");
    const run = row.build(new CallProbe()).run(probe.source);
    const seen = await pull(run, 3);
    await settle();
    const pulls = probe.pulls;

    const stopping = watch(run.stop());
    seen.push(...await readRest(run));
    await settle();

    assertEquals([stopping.state, probe.pulls], ["resolved", pulls]);
    expectAll(row, seen, probe);
    expectStopped(run, probe);
  });

  test(`[L5] ${row.title} that is stopped while its source is silent ends at once`, () =>
    new TestClock().use(async (clock) => {
      const probe = new SourceProbe("an async iterable", { silentAfter: given });
      const run = row.build(new CallProbe()).run(probe.source);
      const reading = watch(readRest(run));
      await until("the source is asked in vain", () => probe.pulls === given + 1);
      await settle();

      const stopping = watch(run.stop());
      await settle();

      assertEquals([reading.state, stopping.state, clock.timerCount], ["resolved", "resolved", 0]);
      expectAll(row, reading.value!, probe);
      expectStopped(run, probe);
    }));

  for (const kind of SOURCE_KINDS) {
    test(`[L4] ${row.title} that is stopped before its first pull is closed, with ${kind}`, async () => {
      const probe = new SourceProbe(kind);
      const calls = new CallProbe();
      const run = row.build(calls).run(probe.source);

      await run.stop();

      assertEquals(await readRest(run), []);
      assertEquals([probe.opened, calls.started], [0, 0]);
      assertEquals(probe.closed, CLOSED_UNREAD.has(kind) ? 1 : 0);
      assertEquals(run.metadata().status, "stopped");
    });
  }

  test(`[L5] ${row.title} that is stopped, and not read, ends in time`, () =>
    new TestClock().use(async (clock) => {
      const probe = new SourceProbe("an async generator");
      const run = row.build(new CallProbe()).run(probe.source, { closeTimeoutMs: 70 });
      await pull(run, 1);

      const stopping = watch(run.stop({ deadlineMs: 30 }));
      await clock.advance(99);
      const before = stopping.state;
      await clock.advance(1);

      assertEquals([before, stopping.state, clock.timerCount], ["pending", "resolved", 0]);
      assertEquals(await readRest(run), []);
      assertEquals([run.metadata().status, probe.closed], ["stopped", 1]);
      for (const step of run.metadata().steps) expectBalance(step);
    }));
}

for (const row of ASYNC_ROWS) {
  if (endsEarly(row) || isOutOfOrder(row)) continue;
  for (const [order, createPick] of Object.entries(PICKS)) {
    test(`[L4] ${row.title} that is stopped with calls in flight loses nothing, ${order}`, async () => {
      const { calls, probe, run, rest } = await readToHeldCall(row);
      await settle();
      const { pulls } = probe;

      const stopping = watch(run.stop());
      const { value } = await drive(rest, calls, createPick());
      await settle();

      assertEquals([stopping.state, probe.pulls, calls.aborted], ["resolved", pulls, 0]);
      expectAll(row, value, probe);
      expectStopped(run, probe);
    });
  }
}

for (const row of TYPICAL_ROWS) {
  for (const kind of SOURCE_KINDS) {
    test(`[L4] ${row.title} that is stopped closes ${kind} once, and leaves nothing open`, () =>
      new TestClock().use(async (clock) => {
        const probe = new SourceProbe(kind);
        const run = row.build(new CallProbe()).run(probe.source);
        const seen = await pull(run, 3);
        await settle();

        const stopping = watch(run.stop());
        seen.push(...await readRest(run));
        await settle();

        assertEquals([stopping.state, clock.timerCount], ["resolved", 0]);
        expectAll(row, seen, probe);
        expectStopped(run, probe);
      }));

    test(`[L4] ${row.title} may be stopped by its own function, with ${kind}`, async () => {
      const probe = new SourceProbe(kind);
      const run = row.build(new CallProbe())
        .tap("stops", (item) => item === 4 ? void run.stop() : undefined)
        .run(probe.source) as PipelineRun<unknown>;

      const seen = await readRest(run);

      assertEquals(seen, row.model(range(seen.length)));
      // It may owe an item, which is not waited for.
      assert(seen.length >= 3 && seen.length >= probe.given - 1);
      expectStopped(run, probe);
    });
  }
}

for (const row of HELD_ROWS) {
  for (const end of ENDS) {
    test(`[L4] ${end.name} of ${row.title} that is stopped by its signal loses nothing`, () =>
      new TestClock().use(async (clock) => {
        const calls = new CallProbe({ hold: (index) => index > 2 });
        const probe = new SourceProbe("an async generator");
        const { signal, count, abort } = createCountedSignal();
        const seen: unknown[] = [];
        const see = (item: unknown) => void seen.push(item);
        const ending = end.run(row.build(calls), probe.source, see, { stop: signal });
        await until("a call is held", () => calls.held.length > 0);
        await settle();

        abort();
        await drive(ending, calls, () => 0);

        assertEquals(seen, row.model(range(probe.given)));
        assertEquals([probe.closed, count(), clock.timerCount], [1, 0, 0]);
      }));

    test(`[L4] ${end.name} of ${row.title} opens nothing where it is stopped already`, async () => {
      const probe = new SourceProbe("a ReadableStream");
      const stream = probe.createStream();
      const seen: unknown[] = [];

      await end.run(row.build(new CallProbe()), stream as never, (item) => seen.push(item), {
        stop: AbortSignal.abort(),
      });

      assertEquals([seen, probe.opened, probe.closed, stream.locked], [[], 0, 1, false]);
    });
  }

  test(`[L4] toTransformStream() of ${row.title} that is stopped refuses what is written later`, async () => {
    const { signal, count, abort } = createCountedSignal();
    const transform = row.build(new CallProbe())
      .toTransformStream(undefined, undefined, { stop: signal });
    const writer = transform.writable.getWriter();
    const reader = transform.readable.getReader();
    for (const item of range(3)) {
      const reading = reader.read();
      await writer.write(item);
      assertEquals((await reading).value, row.model([item])[0]);
    }
    const last = reader.read();

    abort();

    assertEquals((await last).done, true);
    assertEquals(await writer.write(3).catch(({ name }) => name), "AbortError");
    assertEquals(count(), 0);
  });

  test(`[L13] ${row.title} that is stopped can be aborted still`, () =>
    new TestClock().use(async (clock) => {
      const { probe, run, rest } = await readToHeldCall(row);
      const reading = watch(rest);

      const stopping = watch(run.stop());
      await settle();
      const before = [reading.state, stopping.state];
      await run.abort(REASON);
      await settle();

      assertEquals(before, ["pending", "pending"]);
      assertEquals([reading.state, stopping.state, clock.timerCount], ["rejected", "resolved", 0]);
      assertStrictEquals(reading.error, REASON);
      assertEquals([probe.closed, run.metadata().status], [1, "aborted"]);
    }));

  test(`[L4] of several stops of ${row.title} the first one counts`, () =>
    new TestClock().use(async (clock) => {
      const { calls, probe, run, rest } = await readToHeldCall(row);
      const reading = watch(rest);

      const stops = [500, 1, 900].map((deadlineMs) => watch(run.stop({ deadlineMs })));
      await clock.advance(499);
      const before = calls.aborted;
      await clock.advance(1);

      assertEquals([before, calls.aborted > 0, reading.state], [0, true, "resolved"]);
      assertEquals(stops.map(({ state }) => state), range(3).map(() => "resolved"));
      assertEquals([probe.closed, clock.timerCount], [1, 0]);
    }));

  test(`[L4] stopping ${row.title} after its end changes nothing`, async () => {
    const run = row.build(new CallProbe()).run(range(3));
    await readRest(run);

    await run.stop();
    await run.stop({ deadlineMs: 0 });

    assertEquals(run.metadata().status, "completed");
  });

  test(`[L6] a failure of ${row.title} that is stopped comes out`, async () => {
    const calls = new CallProbe({ hold: (index) => index > 0, failures: new Map([[1, REASON]]) });
    const run = row.build(calls).run(new SourceProbe("an async generator").source);
    const reading = readRest(run);
    await until("a call is held", () => calls.held.length > 0);

    const stopping = watch(run.stop());
    calls.releaseAll();
    const error = await reading.then(() => undefined, (error) => error);
    await settle();

    assertStrictEquals(error.cause, REASON);
    assertEquals([stopping.state, run.metadata().status], ["resolved", "failed"]);
  });

  test(`[L6] a source of ${row.title} that cannot be closed is reported when the run is stopped`, async () => {
    const probe = new SourceProbe("an async generator", { closeFailure: REASON });
    const run = row.build(new CallProbe()).run(probe.source);
    const seen = await pull(run, 2);
    await settle();

    const stopping = watch(run.stop());
    const error = await run[Symbol.asyncIterator]().next()
      .then(async ({ value }) => {
        seen.push(value);
        seen.push(...await readRest(run));
      })
      .catch((error) => error);
    await settle();

    assertEquals(stopping.state, "resolved");
    const reported = error ?? run.metadata().cleanupErrors[0];
    assertStrictEquals(reported.cause, REASON);
  });
}

/** A signal that counts the listeners on it. */
function createCountedSignal() {
  const controller = new AbortController();
  const { signal } = controller;
  const listeners = new Set<unknown>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.defineProperty(signal, "addEventListener", {
    value: (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
      listeners.add(listener);
      add(type, listener, options);
    },
  });
  Object.defineProperty(signal, "removeEventListener", {
    value: (type: string, listener: EventListener) => {
      listeners.delete(listener);
      remove(type, listener);
    },
  });
  return { signal, count: () => listeners.size, abort: () => controller.abort() };
}
