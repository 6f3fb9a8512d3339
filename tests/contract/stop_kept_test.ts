// Stages that keep items emit them when a call hangs at the deadline of a stop.

import { assertEquals } from "@std/assert";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { CLOSE_MS, DEADLINE_MS, keepAfter, readInto, readStep, start } from "./_deadlines.ts";
import type { AnyPipeline } from "./_rows.ts";

/** Stages that keep items when item 6 hangs, and what comes out of them then. */
const KEEPING: Readonly<
  Record<string, readonly [(work: (item: number) => Promise<unknown>) => AnyPipeline, unknown]>
> = {
  "batch() by weight": [
    (work) =>
      start().batch("kept", { size: 4, maxWeight: 99, weigh: (item) => work(item).then(() => 1) }),
    [[0, 1, 2, 3], [4, 5]],
  ],
  "batch() by weight and time": [
    (work) =>
      start().batch("kept", {
        size: 4,
        maxWaitMs: 1_000_000,
        maxWeight: 99,
        weigh: (item) => work(item).then(() => 1),
      }),
    [[0, 1, 2, 3], [4, 5]],
  ],
  "batchUntil()": [
    (work) => start().batchUntil("kept", (item) => work(item).then(() => item === 3)),
    [[0, 1, 2, 3], [4, 5]],
  ],
  "windowTime() by event time": [
    (work) =>
      start().windowTime("kept", { sizeMs: 4, timestamp: (item) => work(item).then(() => item) })
        .map("items", ({ items }) => items),
    [[0, 1, 2, 3], [4, 5]],
  ],
  "fold()": [
    (work) => start().fold("kept", (sum: number, item) => work(item).then(() => sum + item), 0),
    [15],
  ],
  "scan()": [
    (work) => start().scan("kept", (sum: number, item) => work(item).then(() => sum + item), 0),
    [0, 1, 3, 6, 10, 15],
  ],
};

for (const [name, [build, expected]] of Object.entries(KEEPING)) {
  for (const how of ["answers late", "fails", "ignores its signal"]) {
    test(`[L4] [L14] ${name} emits what it keeps when its call at the deadline ${how}`, () =>
      new TestClock().use(async (clock) => {
        const stored: unknown[][] = [];
        const held = createDeferred<void>();
        let isHanging = false;
        const work = (item: number) => {
          isHanging ||= item === 6;
          return item === 6 ? held.promise : Promise.resolve();
        };
        const run = keepAfter(build(work), stored)
          .run(new SourceProbe("an async generator").source, { closeTimeoutMs: CLOSE_MS });
        const reading = watch(readInto([], run));
        await until("it hangs", () => isHanging);
        await settle();

        const stopping = watch(run.stop({ deadlineMs: DEADLINE_MS }));
        clock.schedule(() => {
          if (how === "answers late") held.resolve();
          if (how === "fails") held.reject(new Error("aborted, it says"));
        }, DEADLINE_MS);
        await clock.advance(DEADLINE_MS);

        assertEquals(stored, [expected]);
        const step = readStep(run, "kept");
        assertEquals([step.abandonedCount, step.inFlightCount, step.errorCount], [1, 0, 0]);
        await clock.advance(CLOSE_MS);
        assertEquals([reading.state, stopping.state, clock.timerCount], [
          "resolved",
          "resolved",
          0,
        ]);
      }));
  }
}
