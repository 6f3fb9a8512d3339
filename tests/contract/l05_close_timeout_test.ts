// L5: work in flight in the user's functions is waited for, but no longer than `closeTimeoutMs`.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { type RunOptions, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { ENDS } from "./_ends.ts";
import { type AnyPipeline, ASYNC_ROWS, findRow, type Row } from "./_rows.ts";

const DEFAULT_MS = 5_000;
const REASON = new Error("aborted by the test");

const start = () => StreamingPipeline.start<number>();
const forever = () => new Promise<never>(() => {});

/** A run whose first calls ignore their signal, and a reader that waits for them. */
async function startStubbornRun(row: Row, options?: RunOptions, failures = new Map()) {
  const calls = new CallProbe({ hold: true, obeys: false, failures });
  const probe = new SourceProbe("a sync iterable");
  const items = row.build(calls).execute(probe.source, options);
  const waiting = watch(items.next());
  await until("a call is running", () => calls.running > 0);
  await settle();
  return { calls, probe, items, waiting };
}

for (const row of ASYNC_ROWS) {
  test(`[L5] ${row.title} waits for calls in flight when it is closed`, () =>
    new TestClock().use(async (clock) => {
      const { calls, probe, items } = await startStubbornRun(row);

      const closing = watch(items.return());
      await settle();
      const before = closing.state;
      calls.releaseAll();
      await settle();

      assertEquals([before, closing.state], ["pending", "resolved"]);
      assertEquals([calls.running, probe.closed, clock.timerCount], [0, 1, 0]);
    }));

  test(`[L5] ${row.title} lets go of calls that ignore their signal after closeTimeoutMs`, () =>
    new TestClock().use(async (clock) => {
      const failures = new Map([[0, new Error("much too late")]]);
      const { calls, probe, items } = await startStubbornRun(row, { closeTimeoutMs: 70 }, failures);

      const closing = watch(items.return());
      await clock.advance(69);
      const before = closing.state;
      await clock.advance(1);

      assertEquals([before, closing.state], ["pending", "resolved"]);
      assertEquals([probe.closed, clock.timerCount], [1, 0]);
      // The late outcomes, a failure among them, must not surface anywhere.
      calls.releaseAll();
      calls.finish();
      await settle();
      assertEquals([calls.running, calls.late], [0, 0]);
    }));
}

for (const row of ["map() async", "map() parallel 16"].map(findRow)) {
  test(`[L5] ${row.title} waits five seconds by default`, () =>
    new TestClock().use(async (clock) => {
      const { calls, items } = await startStubbornRun(row);

      const closing = watch(items.return());
      await clock.advance(DEFAULT_MS - 1);
      const before = closing.state;
      await clock.advance(1);

      assertEquals([before, closing.state], ["pending", "resolved"]);
      calls.releaseAll();
    }));

  test(`[L5] ${row.title} waits for nothing with a closeTimeoutMs of 0`, () =>
    new TestClock().use(async (clock) => {
      const { calls, items } = await startStubbornRun(row, { closeTimeoutMs: 0 });

      const closing = watch(items.return());
      await clock.advance(0);

      assertEquals([closing.state, clock.timerCount], ["resolved", 0]);
      calls.releaseAll();
    }));

  for (const end of ENDS) {
    test(`[L5] ${end.name} of ${row.title} rejects with the reason when closeTimeoutMs is over`, () =>
      new TestClock().use(async (clock) => {
        const controller = new AbortController();
        const calls = new CallProbe({ hold: true, obeys: false });
        const options = { signal: controller.signal, closeTimeoutMs: 70 };
        const source = new SourceProbe("a sync iterable").source;
        const running = watch(end.run(row.build(calls), source, () => {}, options));
        await until("a call is running", () => calls.running > 0);

        controller.abort(REASON);
        await clock.advance(69);
        const before = running.state;
        await clock.advance(1);

        assertEquals([before, running.state, clock.timerCount], ["pending", "rejected", 0]);
        assertStrictEquals(running.error, REASON);
        calls.releaseAll();
      }));
  }
}

/** Stages that never end by themselves. */
const STUBBORN: Readonly<Record<string, (pipeline: AnyPipeline, key: string) => AnyPipeline>> = {
  "a function": (pipeline, key) => pipeline.map(key, forever),
  "parallel functions": (pipeline, key) => pipeline.map(key, forever, { parallel: true }),
  "a step": (pipeline, key) =>
    pipeline.add(key, async function* () {
      yield await forever();
    }),
  "parallel iterables": (pipeline, key) =>
    pipeline.flatMap(key, forever, { parallel: true, concurrencyLimit: 2 }),
};

for (const [name, append] of Object.entries(STUBBORN)) {
  test(`[L5] a run is closed after closeTimeoutMs when ${name} never answers`, () =>
    new TestClock().use(async (clock) => {
      const probe = new SourceProbe("a sync iterable");
      const items = append(start(), "stuck").execute(probe.source, { closeTimeoutMs: 70 });
      const waiting = watch(items.next());
      await settle();

      const closing = watch(items.return());
      await clock.advance(70);

      assertEquals([waiting.state, closing.state, clock.timerCount], ["resolved", "resolved", 0]);
      assertEquals(probe.closed, probe.opened);
    }));
}

test("[L5] several stages that ignore their signal take one closeTimeoutMs together", () =>
  new TestClock().use(async (clock) => {
    const probe = new SourceProbe("a sync iterable");
    const stubborn = (first: number) => (item: number) => item < first ? item : forever();
    const parallel = { parallel: true, concurrencyLimit: 2 };
    const items = start()
      .map("first", stubborn(3), parallel)
      .add("second", async function* ({ input }) {
        try {
          for await (const item of input) yield item;
        } finally {
          await forever();
        }
      })
      .map("third", stubborn(1), parallel)
      .execute(probe.source, { closeTimeoutMs: 70 });
    await items.next();
    await settle();

    const closing = watch(items.return());
    await clock.advance(70);

    assertEquals([closing.state, clock.timerCount, probe.closed], ["resolved", 0, 1]);
  }));

test("[L5] a failure surfaces after closeTimeoutMs when other calls ignore their signal", () =>
  new TestClock().use(async (clock) => {
    const failure = new Error("the first call fails");
    const work = (item: number) => item === 0 ? Promise.reject(failure) : forever();
    const pipeline = start().map("work", work, { parallel: true, concurrencyLimit: 3 });

    const running = watch(pipeline.executeToArray([0, 1, 2], { closeTimeoutMs: 70 }));
    await clock.advance(70);

    assertEquals([running.state, clock.timerCount], ["rejected", 0]);
    assertStrictEquals((running.error as Error).cause, failure);
  }));

test("[L5] a full take waits for calls in flight before it, and then no longer", () =>
  new TestClock().use(async (clock) => {
    const work = (item: number) => item === 0 ? Promise.resolve(item) : forever();
    const pipeline = start()
      .map("work", work, { parallel: true, concurrencyLimit: 3 })
      .take("one", 1);

    const running = watch(pipeline.executeToArray([0, 1, 2], { closeTimeoutMs: 70 }));
    await clock.advance(69);
    const before = running.state;
    await clock.advance(1);

    assertEquals([before, running.state], ["pending", "resolved"]);
    assertEquals([running.value, clock.timerCount], [[0], 0]);
  }));

test("[L5] a late result is not passed to later stages", () =>
  new TestClock().use(async (clock) => {
    const calls = new CallProbe({ hold: true, obeys: false });
    const seen: number[] = [];
    const items = start()
      .map("work", calls.wrap((item) => item, true), { parallel: true })
      .tap("later", (item) => void seen.push(item))
      .execute([0, 1, 2], { closeTimeoutMs: 70 });
    const waiting = watch(items.next());
    await settle();

    const closing = watch(items.return());
    await clock.advance(70);
    calls.releaseAll();
    await settle();

    assertEquals([waiting.state, closing.state, seen], ["resolved", "resolved", []]);
  }));

test("[L5] what is closed with a run has its deadline, also when other parts were closed before", () =>
  new TestClock().use(async (clock) => {
    const left = [0, 2];
    const source = new ReadableStream<number>({
      pull(controller) {
        const item = left.shift();
        if (item === undefined) controller.error(new Error("broken"));
        else controller.enqueue(item);
      },
    }, { highWaterMark: 0 });
    const never = new Promise<void>(() => {});
    const transform = start()
      .interleaveWith("numbers", [0])
      .map("beside", (item) => item, { parallel: true, concurrencyLimit: 1, ordered: false })
      .route("sink", () => "only", { only: { build: (items) => items, to: () => never } })
      .toTransformStream(undefined, undefined, { closeTimeoutMs: 70 });

    const reader = source.pipeThrough(transform).getReader();
    const reading = watch(reader.read());
    await settle();
    assertEquals(reading.state, "pending");
    await clock.advance(70);

    assertEquals(reading.state, "rejected");
    assertEquals(clock.timerCount, 0);
  }));
