import { assertEquals, assertGreaterOrEqual, assertStrictEquals } from "@std/assert";
import {
  type Clock,
  clock,
  MAX_TIMER_MS,
  scheduleInParts,
  systemClock,
  useClock,
} from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { turn } from "../../src/testing/turns.ts";

const STOPPED: Clock = { now: () => 1, wallTime: () => 2, schedule: () => () => {} };

test("a clock that is put in force is used until it is taken out again", () => {
  const restore = useClock(STOPPED);
  const inForce = clock;
  restore();

  assertStrictEquals(inForce, STOPPED);
  assertStrictEquals(clock, systemClock);
});

test("clocks are put in force inside one another", () => {
  const other: Clock = { ...STOPPED };
  const restoreFirst = useClock(STOPPED);
  const restoreSecond = useClock(other);

  assertStrictEquals(clock, other);
  restoreSecond();
  assertStrictEquals(clock, STOPPED);
  restoreFirst();
  assertStrictEquals(clock, systemClock);
});

test("the system's clock does not go backwards, and knows the time of day", () => {
  const first = systemClock.now();

  assertGreaterOrEqual(systemClock.now(), first);
  assertEquals(Number.isInteger(systemClock.wallTime()), true);
});

test("what no timer can hold is waited for in parts, and can be stopped in each", () => {
  const timers: { readonly callback: () => void; readonly delayMs: number }[] = [];
  const stopped: number[] = [];
  const calls: string[] = [];
  const startTimer = (callback: () => void, delayMs: number) => {
    const index = timers.push({ callback, delayMs }) - 1;
    return () => void stopped.push(index);
  };
  const delayMs = 2 * MAX_TIMER_MS + 0.5;
  const stop = scheduleInParts(startTimer, () => calls.push("due"), delayMs);
  timers[0]!.callback();
  stop();
  timers[1]!.callback();
  timers[2]!.callback();
  stop();

  assertEquals(timers.map(({ delayMs }) => delayMs), [MAX_TIMER_MS, MAX_TIMER_MS, 0.5]);
  assertEquals([calls, stopped], [["due"], [1, 2]]);
});

test("the system's clock sets no timer that it cannot hold", () => {
  const { setTimeout: startTimer } = globalThis;
  const set: (number | undefined)[] = [];
  globalThis.setTimeout = ((_callback: () => void, delayMs?: number) => {
    set.push(delayMs);
  }) as unknown as typeof setTimeout;
  try {
    systemClock.schedule(() => {}, 2 ** 31);
  } finally {
    globalThis.setTimeout = startTimer;
  }

  assertEquals(set, [MAX_TIMER_MS]);
});

test("the system's clock calls back once, unless it is cancelled", async () => {
  const calls: string[] = [];
  await new Promise<void>((resolve) => {
    const cancel = systemClock.schedule(() => calls.push("cancelled"), 0);
    systemClock.schedule(() => {
      calls.push("due");
      resolve();
    }, 0);
    cancel();
  });
  await turn();

  assertEquals(calls, ["due"]);
});

test("what was due before is due at once, for Deno warns of a negative delay", () => {
  const delays: number[] = [];
  const startTimer = (_callback: () => void, delayMs: number) => {
    delays.push(delayMs);
    return () => {};
  };
  for (const delayMs of [-0.1, -MAX_TIMER_MS, 0]) scheduleInParts(startTimer, () => {}, delayMs);

  assertEquals(delays, [0, 0, 0]);
});
