// L14 and L5: a function that closes the run once more when its signal is aborted.

import { assertEquals } from "@std/assert";
import { clock as clockOf } from "../../src/internal/clock.ts";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { CLOSE_MS, start } from "./_deadlines.ts";
import type { AnyPipeline } from "./_rows.ts";

type Work = (item: unknown, index: number, context: { readonly signal: AbortSignal }) => unknown;

const PARALLEL = { concurrencyLimit: 3 };
const UNORDERED = { ...PARALLEL, ordered: false };

/** The stages that have several calls in flight. */
const STAGES: Readonly<Record<string, (work: Work) => AnyPipeline>> = {
  "parallel map()": (work) => start().map("work", work, PARALLEL),
  "unordered map()": (work) => start().map("work", work, UNORDERED),
  "parallel takeWhile()": (work) => start().takeWhile("work", work as never, PARALLEL),
  "parallel flatMap()": (work) =>
    start().flatMap("work", async function* (item, index, context) {
      yield await work(item, index, context);
    }, PARALLEL),
  "unordered flatMap()": (work) =>
    start().flatMap("work", async function* (item, index, context) {
      yield item;
      yield await work(item, index, context);
    }, UNORDERED),
  "map() with a batch": (work) =>
    start().map("work", (items, index, context) => work(items, index, context) as never, {
      batch: { size: 2 },
    }),
  "mapPartitioned()": (work) => start().mapPartitioned("work", (item) => item, work, PARALLEL),
};

for (const [name, build] of Object.entries(STAGES)) {
  for (const first of ["an abort", "a stop"]) {
    for (const second of ["an abort", "return()"]) {
      test(`[L14] [L5] the figures of ${name} add up when ${second} follows in the call of ${first}`, () =>
        new TestClock().use(async (clock) => {
          const controller = new AbortController();
          let running = 0;
          let isClosedTwice = false;
          const work: Work = (_item, _index, { signal }) => {
            running++;
            return new Promise((_, reject) => {
              const end = () => {
                running--;
                reject(signal.reason);
              };
              signal.addEventListener("abort", () => {
                if (!isClosedTwice) {
                  isClosedTwice = true;
                  if (second === "an abort") controller.abort();
                  else items.return().catch(() => {});
                }
                // It takes a moment to end.
                clockOf.schedule(end, 5);
              }, { once: true });
            });
          };
          const run = build(work).run([0, 1, 2, 3, 4, 5], {
            signal: controller.signal,
            closeTimeoutMs: CLOSE_MS,
          });
          const items = run[Symbol.asyncIterator]();
          const pulls = Array.from({ length: 4 }, () => watch(items.next()));
          await settle();

          const over = watch(first === "an abort" ? run.abort() : run.stop({ deadlineMs: 0 }));
          await clock.advance(CLOSE_MS);

          assertEquals([isClosedTwice, over.state, running], [true, "resolved", 0]);
          assertEquals(pulls.filter(({ state }) => state === "pending"), []);
          assertEquals(clock.timerCount, 0);
          for (const step of run.metadata().steps) {
            expectBalance(step);
            assertEquals(step.inFlightCount, 0);
          }
        }));
    }
  }
}
