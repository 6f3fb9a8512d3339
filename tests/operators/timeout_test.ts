import { assertEquals } from "@std/assert";
import { type StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { arriveAt, readTimed, TimedSource } from "../support/timed_source.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { NO_NUMBERS } from "../support/refused.ts";

const start = StreamingPipeline.start<number>();

testOptions("timeout", (options, methods) => methods.timeout!("key", options), [
  ...NO_NUMBERS.map(([betweenMs, shown]) =>
    [
      { betweenMs },
      RangeError,
      `betweenMs must be a finite number of at least 1, got ${shown}`,
    ] as const
  ),
  [
    { betweenMs: 1, firstMs: 0 },
    RangeError,
    "firstMs must be a finite number of at least 1, got 0",
  ],
], (value) => typeof value === "number");

test("[L6] timeout() fails when an item does not come in time, after those that did", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 90, 185), "is silent");

    const { items, endedAtMs, error } = await readTimed(
      clock,
      start.timeout("t", { betweenMs: 100 }).execute(source),
    );

    assertEquals([items, endedAtMs], [[[0, 0], [90, 1], [185, 2]], 285]);
    const { key, code, retryable, cause } = error as StreamingError;
    assertEquals([key, code, retryable], ["t", "TimeoutError", true]);
    assertEquals((cause as Error).message, "No item within 100 ms");
    assertEquals([source.closed, clock.timerCount], [1, 0]);
  });
});

test("timeout() gives the first item a time of its own", async () => {
  await new TestClock().use(async (clock) => {
    const options = { betweenMs: 10, firstMs: 500 };
    const slow = new TimedSource(clock, arriveAt(450, 455));
    const late = new TimedSource(clock, arriveAt(2_000));

    const { items } = await readTimed(clock, start.timeout("t", options).execute(slow));
    const outcome = await readTimed(clock, start.timeout("t", options).execute(late));

    assertEquals(items, [[450, 0], [455, 1]]);
    assertEquals([outcome.items, outcome.endedAtMs], [[], 955]);
  });
});

test("timeout() does not count the time that its reader takes", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource(clock, arriveAt(0, 50, 60));

    const { items, error } = await readTimed(
      clock,
      start.timeout("t", { betweenMs: 100 }).execute(source),
      () => 5_000,
    );

    assertEquals([items.map(([, item]) => item), error], [[0, 1, 2], undefined]);
  });
});

test("timeout() counts the end of the source as an answer", async () => {
  await new TestClock().use(async (clock) => {
    const empty = start.timeout("t", { betweenMs: 100 });

    assertEquals(await empty.executeToArray([]), []);
    assertEquals(clock.timerCount, 0);
  });
});

test("[L5] timeout() can be closed while it waits, and leaves no timer", async () => {
  await new TestClock().use(async (clock) => {
    const source = new TimedSource<number>(clock, [], "is silent");
    const items = start.timeout("t", { betweenMs: 100 }).execute(source);
    const waiting = watch(items.next());
    await settle();

    await items.return();

    assertEquals([waiting.value?.done, clock.timerCount, source.closed], [true, 0, 1]);
  });
});
