import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { arriveAt, readTimed, TimedSource } from "../support/timed_source.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { assertRefused, NO_NUMBERS, untyped } from "../support/refused.ts";

const start = StreamingPipeline.start<number>();

testOptions("delay", (options, methods) => methods.delay!("key", 1, options), [
  [{ highWaterMark: 0 }, RangeError, "highWaterMark must be a positive integer, got 0"],
]);

test("[L9] delay() refuses a time that is not valid", () => {
  for (const [value, shown] of NO_NUMBERS) {
    assertRefused(
      () => untyped(start).delay!("key", value),
      RangeError,
      `Cannot add the stage "key" (delay): delayMs must be a finite number of at least 0, got ${shown}`,
    );
  }
});

test("delay() shifts the stream in time", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 10, 10, 300));

    const { items } = await readTimed(clock, start.delay("d", 100).execute(source));

    assertEquals(items, [[100, 0], [110, 1], [110, 2], [400, 3]]);
    assertEquals(clock.timerCount, 0);
  });
});

test("delay() has one timer for all items", async () => {
  await new TestClock().use(async (clock) => {
    const items = start.delay("d", 100).execute(Array(50).keys());
    const waiting = watch(items.next());
    await settle();

    assertEquals([waiting.state, clock.timerCount], ["pending", 1]);
    await items.return();
    assertEquals(clock.timerCount, 0);
  });
});

test("[L2] delay() reads no further ahead than it may", async () => {
  await new TestClock().use(async (clock) => {
    const probe = new SourceProbe("an async iterable");
    const items = start.delay("d", 100, { highWaterMark: 3 }).execute(probe.source);
    const waiting = watch(items.next());
    await settle();

    assertEquals([waiting.state, probe.given], ["pending", 3]);
    await clock.advance(100);
    assertEquals(waiting.value?.value, 0);
    await items.return();
    assertEquals(clock.timerCount, 0);
  });
});

test("[L6] delay() hands out what came before a failure, each at its time", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 20), new Error("broken"));

    const { items, error } = await readTimed(clock, start.delay("d", 100).execute(source));

    assertEquals([items, (error as Error).cause instanceof Error], [[[100, 0], [120, 1]], true]);
  });
});

test("[L5] delay() can be closed and aborted while it waits", async () => {
  await new TestClock().use(async (clock) => {
    for (const how of ["return", "abort"]) {
      const controller = new AbortController();
      const source = new TimedSource(clock, arriveAt(0, 10, 20), "is silent");
      const items = start.delay("d", 100).execute(source, { signal: controller.signal });
      const waiting = watch(items.next());
      await clock.advance(50);

      if (how === "return") await items.return();
      else controller.abort(new Error("enough"));
      await settle();

      assertEquals(waiting.state, how === "return" ? "resolved" : "rejected");
      assertEquals([clock.timerCount, source.closed], [0, 1]);
    }
  });
});
