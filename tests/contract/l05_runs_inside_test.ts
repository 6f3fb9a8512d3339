// L5: what runs inside a stage has the time of the run around it, and no timer when that is over.

import { assertEquals } from "@std/assert";
import { clock as clockOf } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { CLOSE_MS, DEADLINE_MS, forever, readInto, start } from "./_deadlines.ts";
import type { AnyPipeline } from "./_rows.ts";

type Build = (items: AnyPipeline) => AnyPipeline;

/** Stages that run a pipeline inside. */
const PLACES: Readonly<Record<string, (build: Build) => AnyPipeline>> = {
  "groupBy()": (build) => start().groupBy("in", () => 0, build as never),
  "partition()": (build) => start().partition("in", () => true, build as never, (items) => items),
  "fanOut()": (build) => start().fanOut("in", { one: build as never }),
  "route()": (build) => start().route("in", () => "one", { one: build as never }),
  "groups in a branch": (build) =>
    start().fanOut("in", { one: (items) => items.groupBy("deep", () => 0, build as never) }),
};

/** A stage behind it whose answers take `ms` to close. */
const closingIn = (ms: number, pipeline: AnyPipeline): AnyPipeline =>
  pipeline.flatMap("many", async function* (item) {
    try {
      yield item;
      await forever();
    } finally {
      await new Promise<void>((resolve) => void clockOf.schedule(resolve, ms));
    }
  });

for (const [name, build] of Object.entries(PLACES)) {
  test(`[L5] [L12] calls in ${name} that begin after the deadline of a stop leave no timer`, () =>
    new TestClock().use(async (clock) => {
      const pipeline = build((items) => items.buffer("kept", 3).tap("hangs", forever));
      const run = pipeline.run([0, 1, 2, 3], { closeTimeoutMs: CLOSE_MS });
      const reading = watch(readInto([], run));
      await settle();

      const stopping = watch(run.stop({ deadlineMs: DEADLINE_MS }));
      await clock.advance(DEADLINE_MS + CLOSE_MS);

      assertEquals([reading.state, stopping.state, clock.timerCount], ["resolved", "resolved", 0]);
    }));

  test(`[L5] [L12] calls in ${name} have no more time than what is closed before them leaves`, () =>
    new TestClock().use(async (clock) => {
      const options = { concurrencyLimit: 3, ordered: false };
      const hanging = build((items) =>
        items.map("hangs", (item) => item === 0 ? item : forever(), options)
      );
      const items = closingIn(20, hanging).execute([0, 1, 2], { closeTimeoutMs: CLOSE_MS });
      await items.next();
      await settle();

      const closing = watch(items.return());
      await clock.advance(CLOSE_MS - 1);
      const before = closing.state;
      await clock.advance(1);

      assertEquals([before, closing.state, clock.timerCount], ["pending", "resolved", 0]);
    }));
}
