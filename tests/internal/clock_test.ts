import { assertEquals, assertGreaterOrEqual, assertStrictEquals } from "@std/assert";
import { type Clock, clock, systemClock, useClock } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { turn } from "../support/turns.ts";

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

test("the system's clock calls back once, unless it is told not to", async () => {
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
