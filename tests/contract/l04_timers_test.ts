// A timer that cannot be set fails what needs it, like any other call: the run ends, its source is
// closed, and nothing waits for ever.

import { rateLimit } from "../../src/policies/mod.ts";
import { assertEquals, assertStrictEquals } from "@std/assert";
import { type StreamingError, StreamingPipeline } from "../../mod.ts";
import { useClock } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch, type Watched } from "../../src/testing/turns.ts";

type Build = (pipeline: StreamingPipeline<number, number>) => StreamingPipeline<number, unknown>;

const FAILURE = new Error("no timer can be set");

/** A clock that no timer can be set by. */
class FailingClock extends TestClock {
  override schedule(): never {
    throw FAILURE;
  }
}

const fails = (): never => {
  throw Object.assign(new Error("busy"), { code: "ECONNRESET" });
};

/** Everything that needs a timer before its first item is out. */
const STAGES: Readonly<Record<string, Build>> = {
  throttle: (items) =>
    items.throttle("stage", { limit: 1, intervalMs: 5, burst: 1, cost: () => 9 }),
  "throttle by interval": (items) => items.throttle("stage", { limit: 1, intervalMs: 5 }),
  "a policy that makes wait": (items) =>
    items.map("stage", (item) => item, { policy: rateLimit({ limit: 1, intervalMs: 5 }) }),
  "a policy that makes wait, side by side": (items) =>
    items.map("stage", (item) => item, {
      policy: rateLimit({ limit: 1, intervalMs: 5 }),
      concurrencyLimit: 2,
    }),
  debounce: (items) => items.debounce("stage", 5),
  sample: (items) => items.sample("stage", 5),
  delay: (items) => items.delay("stage", 5),
  timeout: (items) => items.timeout("stage", { betweenMs: 5 }),
  "batch by time": (items) => items.batch("stage", { maxWaitMs: 5 }),
  "windowTime by the clock": (items) => items.windowTime("stage", { sizeMs: 5 }),
  "groupBy with idleMs": (items) =>
    items.groupBy("stage", (item) => item, (group) => group, { idleMs: 5 }),
  "a time limit": (items) => items.map("stage", () => new Promise(() => {}), { timeoutMs: 5 }),
  "a wait before the next attempt": (items) =>
    items.map("stage", fails, { retry: { maxAttempts: 3, backoffMs: 5 } }),
};

for (const [name, build] of Object.entries(STAGES)) {
  test(`[L4] [L6] ${name} fails, and closes its source, where no timer can be set`, async () => {
    const clock = new FailingClock();
    const probe = new SourceProbe("an async iterable", {
      gate: (index) => index < 3 ? undefined : new Promise(() => {}),
    });
    const items = build(StreamingPipeline.start<number>()).execute(probe.source);

    const reading = await drive(clock, () => readAll(items));

    assertEquals(reading.state, "rejected");
    const { key, cause } = reading.error as StreamingError;
    assertEquals([key, cause], ["stage", FAILURE]);
    assertEquals([probe.closed, clock.timerCount], [1, 0]);
  });
}

test("[L4] [L5] without a timer for the deadline, closing waits for nothing, and the source is closed", async () => {
  const clock = new FailingClock();
  const probe = new SourceProbe("an async iterable");
  const controller = new AbortController();
  const running = StreamingPipeline.start<number>()
    .add("between", async function* ({ input }) {
      for await (const item of input) yield item;
    })
    .map("hangs", () => new Promise(() => {}))
    .executeToArray(probe.source, { signal: controller.signal });

  const reading = await drive(clock, () => running, () => controller.abort(FAILURE));

  assertStrictEquals(reading.error, FAILURE);
  assertEquals([probe.closed, clock.timerCount], [1, 0]);
});

async function drive<T>(
  clock: TestClock,
  run: () => Promise<T>,
  before: () => void = () => {},
): Promise<Watched<T>> {
  const restore = useClock(clock);
  try {
    const reading = watch(run());
    await settle();
    before();
    await clock.advance(10_000);
    return reading;
  } finally {
    restore();
  }
}

async function readAll(items: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of items);
}
