// What the suites on hostile values share.

import { assert, assertInstanceOf } from "@std/assert";
import { StreamingError } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import type { Make } from "../support/hostile_values.ts";
import { settleMicrotasks, watch, type Watched } from "../../src/testing/turns.ts";

const TURNS_TO_SETTLE = 200;

/** Runs the body with each of the values, and a clock that only `settled` moves. */
export function testAll(
  title: string,
  values: Readonly<Record<string, Make>>,
  body: (value: unknown, what: string, clock: TestClock) => Promise<void>,
): void {
  test(title, () =>
    new TestClock().use(async (clock) => {
      for (const [name, make] of Object.entries(values)) {
        await body(make(), `${title}, ${name}`, clock);
      }
    }));
}

/** How a promise is settled; fails the test where it never is. */
export async function settled<T>(
  promise: Promise<T>,
  what: string,
  clock: TestClock,
): Promise<Watched<T>> {
  const watched = watch(promise);
  await settleMicrotasks();
  for (let turns = 0; watched.state === "pending"; turns++) {
    if (turns === TURNS_TO_SETTLE) throw new Error(`It hangs: ${what}`);
    // Before the next attempt.
    await clock.advance(1);
  }
  return watched;
}

/** A stage of a group fails its group, whose failure is the cause of the outer one. */
export function expectCause(error: unknown, thrown: unknown, what: string): void {
  assertInstanceOf(error, StreamingError, what);
  const { cause } = error;
  if (Object.is(cause, thrown)) return;
  assert(cause instanceof StreamingError && Object.is(cause.cause, thrown), what);
}
