// The deadline of a stop: what runs is aborted and abandoned, what is finished comes out.

import { assert, assertEquals } from "@std/assert";
import type { ObservedRun } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { CLOSE_MS, DEADLINE_MS, forever, readInto, readStep, start } from "./_deadlines.ts";
import { ENDS } from "./_ends.ts";
import { ABORTABLE_ROWS, ASYNC_ROWS, findRow, range, type Row } from "./_rows.ts";

/** A run whose calls do not end by themselves, as it is when its deadline comes. */
async function startHeldRun(row: Row, calls: CallProbe) {
  const probe = new SourceProbe("an async generator");
  const run = row.build(calls).run(probe.source, { closeTimeoutMs: CLOSE_MS });
  const seen: unknown[] = [];
  const reading = watch(readInto(seen, run));
  await until("a call is held", () => calls.held.length > 0);
  await settle();
  const stopping = watch(run.stop({ deadlineMs: DEADLINE_MS }));
  await settle();
  return { probe, run, seen, reading, stopping };
}

for (const row of ABORTABLE_ROWS) {
  test(`[L5] [L14] ${row.title} that is stopped aborts its calls at the deadline, and abandons them`, () =>
    new TestClock().use(async (clock) => {
      const calls = new CallProbe({ hold: (index) => index > 0 });
      const { probe, run, seen, reading, stopping } = await startHeldRun(row, calls);
      const inFlight = calls.running;

      await clock.advance(DEADLINE_MS - 1);
      const before = [calls.aborted, reading.state, stopping.state];
      await clock.advance(1);

      assertEquals(before, [0, "pending", "pending"]);
      assertEquals([reading.state, stopping.state], ["resolved", "resolved"]);
      assertEquals([calls.running, clock.timerCount], [0, 0]);
      assertEquals(calls.aborted, inFlight);
      const step = readStep(run);
      assert(step.abandonedCount >= 1 && step.errorCount === 0);
      assertEquals([step.inFlightCount, step.outputCount], [0, seen.length]);
      assertEquals([run.metadata().status, run.metadata().error], ["stopped", undefined]);
      assertEquals(probe.closed, 1);
    }));
}

for (const row of ASYNC_ROWS) {
  test(`[L5] [L14] ${row.title} that is stopped lets go of calls that ignore their signal`, () =>
    new TestClock().use(async (clock) => {
      const calls = new CallProbe({ hold: (index) => index > 0, obeys: false });
      const { run, seen, reading, stopping } = await startHeldRun(row, calls);
      const inFlight = calls.running;

      await clock.advance(DEADLINE_MS + CLOSE_MS - 1);
      const before = stopping.state;
      await clock.advance(1);

      assertEquals([before, stopping.state, reading.state], ["pending", "resolved", "resolved"]);
      assertEquals([calls.running, clock.timerCount], [inFlight, 0]);
      const step = readStep(run);
      assert(step.abandonedCount >= 1 && step.errorCount === 0);
      assertEquals([step.inFlightCount, step.outputCount], [0, seen.length]);
      assertEquals(run.metadata().status, "stopped");
      const count = seen.length;
      calls.releaseAll();
      await settle();
      assertEquals(seen.length, count);
    }));
}

for (const row of ["map() async", "map() parallel 16"].map(findRow)) {
  for (const end of ENDS) {
    test(`[L5] ${end.name} of ${row.title} does not reject at the deadline of its stop`, () =>
      new TestClock().use(async (clock) => {
        for (const obeys of [true, false]) {
          const calls = new CallProbe({ hold: (index) => index > 1, obeys });
          const probe = new SourceProbe("an async generator");
          const controller = new AbortController();
          const seen: unknown[] = [];
          const running = watch(
            end.run(row.build(calls), probe.source, (item) => seen.push(item), {
              stop: controller.signal,
              closeTimeoutMs: CLOSE_MS,
            }),
          );
          await until("a call is held", () => calls.held.length > 0);
          await settle();

          controller.abort();
          await clock.advance(CLOSE_MS - 1);
          const before = running.state;
          await clock.advance(1);
          const after = running.state;
          await clock.advance(CLOSE_MS);

          assertEquals([before, after], ["pending", obeys ? "resolved" : "pending"]);
          assertEquals([running.state, clock.timerCount, probe.closed], ["resolved", 0, 1]);
          assertEquals(seen, row.model([0, 1]));
          calls.releaseAll();
        }
      }));
  }
}

test("[L5] a reducer that never ends is let go with the value so far", () =>
  new TestClock().use(async (clock) => {
    const controller = new AbortController();
    const probe = new SourceProbe("an async generator");
    const folded = watch(
      start().executeReduce(
        probe.source,
        (count, item) => item < 2 ? Promise.resolve(count + 1) : forever(),
        0,
        { stop: controller.signal, closeTimeoutMs: CLOSE_MS },
      ),
    );
    await settle();

    controller.abort();
    await clock.advance(2 * CLOSE_MS - 1);
    const before = folded.state;
    await clock.advance(1);

    assertEquals([before, folded.state, folded.value], ["pending", "resolved", 2]);
    assertEquals([clock.timerCount, probe.closed], [0, 1]);
  }));

test("[L5] a slow reader gets all until its time is over, and then the end", () =>
  new TestClock().use(async (clock) => {
    const run = start().map("work", (item) => Promise.resolve(item), { concurrencyLimit: 8 })
      .run(new SourceProbe("an async generator").source, { closeTimeoutMs: 100 });
    const items = run[Symbol.asyncIterator]();
    await items.next();
    await settle();

    const stopping = watch(run.stop({ deadlineMs: 100 }));
    const seen: unknown[] = [];
    for (let round = 0; round < 25; round++) {
      await clock.advance(10);
      const result = await items.next();
      if (!result.done) seen.push(result.value);
    }

    assertEquals(seen, range(9).slice(1));
    assertEquals([stopping.state, run.metadata().status], ["resolved", "stopped"]);
  }));

test("[L4] a step gets the end of its input, and may give more", () =>
  new TestClock().use(async (clock) => {
    const probe = new SourceProbe("an async generator", { silentAfter: 3 });
    const run = start().add("sum", async function* ({ input }) {
      let sum = 0;
      for await (const item of input) yield sum += item;
      yield `in all ${sum}`;
    }).run(probe.source);
    const seen: unknown[] = [];
    const reading = watch(readInto(seen, run));
    await settle();

    await run.stop();
    await settle();

    assertEquals(seen, [0, 1, 3, "in all 3"]);
    assertEquals([reading.state, clock.timerCount, probe.closed], ["resolved", 0, 1]);
  }));

test("[L5] no deadline, and no time at all, are deadlines", () =>
  new TestClock().use(async (clock) => {
    for (const deadlineMs of [0, 0.5, 1e12]) {
      const calls = new CallProbe({ hold: true });
      const run = start().map("work", calls.wrap((item) => item, true)).run(range(3));
      const reading = watch(readInto([], run));
      await settle();

      const stopping = watch(run.stop({ deadlineMs }));
      await clock.advance(deadlineMs);

      assertEquals([reading.state, stopping.state, calls.aborted], ["resolved", "resolved", 1]);
      assertEquals(clock.timerCount, 0);
    }
  }));

// deno-lint-ignore no-explicit-any -- pipelines whose stages are chosen by name
type Loose = any;

const CONCURRENT: Readonly<Record<string, (group: Loose, work: Loose) => Loose>> = {
  map: (group, work) => group.map("work", work, { concurrencyLimit: 3 }),
  flatMap: (group, work) => group.flatMap("work", work, { concurrencyLimit: 3, ordered: false }),
  mapPartitioned: (group, work) => group.mapPartitioned("work", (item: number) => item, work),
};

const HOSTS: Readonly<Record<string, (build: (group: Loose) => Loose) => Loose>> = {
  groupBy: (build) => start().groupBy("host", (item) => item % 2, build),
  partition: (build) => start().partition("host", () => true, build, build),
  fanOut: (build) => start().fanOut("host", { all: { build, whenFull: "dropNewest" } }),
};

for (const [operator, add] of Object.entries(CONCURRENT)) {
  for (const [host, addHost] of Object.entries(HOSTS)) {
    test(`[L14] ${operator}() in ${host}() counts a call that ends after its run once`, () =>
      new TestClock().use(async (clock) => {
        const calls = new CallProbe({ hold: true, obeys: false });
        const inside: ObservedRun[] = [];
        const inner = (run: ObservedRun) => void inside.push(run);
        const run = addHost((group) => add(group, calls.wrap((item: number) => [item], true)))
          .run(range(3), { observer: () => ({ stage: () => ({ inner }) }) });
        const reading = watch(readInto([], run));
        await settle();
        run.stop({ deadlineMs: 0 });
        await clock.advance(0);
        const before = inside.map((run) => run.metadata().steps);
        calls.releaseAll();
        await settle();

        assertEquals(reading.state, "resolved");
        assert(before.length > 0);
        for (const { inputCount, passedCount, abandonedCount } of before.flat()) {
          assertEquals([passedCount, abandonedCount], [0, inputCount]);
        }
        assertEquals(inside.map((run) => run.metadata().steps), before);
      }));
  }
}
