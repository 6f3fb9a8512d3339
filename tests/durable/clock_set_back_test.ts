// Jobs whose machine has another time of day in the next run.

import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { durable, memoryStore, type PositionedSource } from "../../src/durable/mod.ts";
import { TestClock } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { ID } from "./_jobs.ts";

/** A clock whose time of day was set at its beginning. */
class ShiftedClock extends TestClock {
  readonly #aheadMs: number;

  constructor(aheadMs: number) {
    super();
    this.#aheadMs = aheadMs;
  }

  override wallTime(): number {
    return super.wallTime() + this.#aheadMs;
  }
}

for (const backMs of [0, 5, 50, 3_600_000]) {
  test(`windows by the clock are not held up by one of before it was set back ${backMs} ms`, async () => {
    const store = memoryStore();
    const taken: (readonly number[])[] = [];
    /** Runs for some time, in which the source has an item each 10 ms. */
    const runFor = async (runMs: number, aheadMs: number) => {
      const clock = new ShiftedClock(aheadMs);
      const source: PositionedSource<number, number> = {
        async *open(from = 0) {
          for (let item = from + 1;; item++) {
            yield { item, position: item };
            await new Promise<void>((resolve) => clock.schedule(resolve, 10));
          }
        },
      };
      const pipeline = StreamingPipeline.start<number>().windowTime("w", { sizeMs: 20 });
      const job = durable(pipeline, { id: ID, mode: "snapshots", store, commit: { items: 1 } });
      await clock.use(async () => {
        const running = job.run(source, ({ items }) => taken.push(items));
        for (let passedMs = 0; passedMs < runMs; passedMs += 5) await clock.advance(5);
        const stopping = job.stop();
        await clock.finish(stopping);
        await running;
      });
    };
    await runFor(25, 7_200_000);
    assertEquals(taken, [[1, 2]]);
    await runFor(75, 7_200_040 - backMs);

    // What was open waits for its own time, and nothing else waits for it.
    const items = taken.flat();
    assertEquals(items.filter((item) => item !== 3 && item < 10), [1, 2, 4, 5, 6, 7, 8, 9]);
    assertEquals(items.includes(3), backMs < 3_600_000);
  });
}
