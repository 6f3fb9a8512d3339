// L5 and L12: a function that closes the run, while a later stage works on several items.

import { assertEquals } from "@std/assert";
import { test } from "../harness.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { CLOSE_MS, start } from "./_deadlines.ts";
import type { AnyPipeline } from "./_rows.ts";

type Work = (item: unknown, index: number, context: { readonly signal: AbortSignal }) => unknown;

const PARALLEL = { concurrencyLimit: 4 };

/** The stages that work side by side, behind the function. */
const STAGES: Readonly<Record<string, (items: AnyPipeline, work: Work) => AnyPipeline>> = {
  "parallel map()": (items, work) => items.map("later", work, PARALLEL),
  "unordered map()": (items, work) => items.map("later", work, { ...PARALLEL, ordered: false }),
  "map() with retry": (items, work) => items.map("later", work, { ...PARALLEL, retry: 3 }),
  "map() with a batch": (items, work) =>
    items.map("later", (all, number, context) => work(all, number, context) as never, {
      batch: { size: 4, maxWaitMs: 10 },
    }),
  "parallel flatMap()": (items, work) =>
    items.flatMap("later", async function* (item, index, context) {
      yield await work(item, index, context);
    }, PARALLEL),
  "mapPartitioned()": (items, work) => items.mapPartitioned("later", (item) => item, work),
  "delay()": (items) => items.delay("later", 1_000),
  "a branch": (items, work) => items.fanOut("later", { one: (one) => one.map("in", work) }),
};

for (const [name, build] of Object.entries(STAGES)) {
  for (const how of ["an abort", "return()"]) {
    test(`[L5] [L12] ${name} begins nothing once a function before it has closed the run: ${how}`, () =>
      new TestClock().use(async (clock) => {
        const controller = new AbortController();
        let isClosed = false;
        let late = 0;
        const work: Work = (_item, _index, { signal }) => {
          if (isClosed) late++;
          return new Promise((_, reject) => {
            signal.addEventListener("abort", () => reject(signal.reason), { once: true });
          });
        };
        const closing = start().tap("closes", (item) => {
          if (item !== 2) return;
          isClosed = true;
          if (how === "an abort") controller.abort();
          else items.return().catch(() => {});
        });
        const run = build(closing as never, work).run(
          new SourceProbe("an async generator").source,
          { signal: controller.signal, closeTimeoutMs: CLOSE_MS },
        );
        const items = run[Symbol.asyncIterator]();

        const reading = watch(items.next());
        await settle();

        assertEquals(reading.state, how === "an abort" ? "rejected" : "resolved");
        assertEquals([late, clock.timerCount], [0, 0]);
        await clock.advance(60_000);
        assertEquals(late, 0);
        for (const step of run.metadata().steps) expectBalance(step);
      }));
  }
}
