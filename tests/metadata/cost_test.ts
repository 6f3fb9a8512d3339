// What the default metadata costs, counted: reads of the clock, and calls that are not needed.

import { assert, assertEquals } from "@std/assert";
import { type MetadataOptions, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";

const COUNT = 100_000;
const STAGES = 4;

/** How often a run over three maps and a filter looks at the clock. */
function countLooks(metadata: MetadataOptions, count: number = COUNT): Promise<number> {
  return new TestClock().use(async (clock) => {
    let looks = 0;
    const { now } = clock;
    clock.now = () => (looks++, now.call(clock));
    const pipeline = StreamingPipeline.start<number>(undefined, { metadata })
      .map("one", (item) => item + 1)
      .map("two", (item) => item * 2)
      .filter("all", () => true)
      .map("three", (item) => item - 1);
    const source = Array.from({ length: count }, (_, index) => index);
    assertEquals(await pipeline.executeReduce(source, (seen) => seen + 1, 0), count);
    return looks;
  });
}

test("the default metadata looks at the clock for one item in 1,024, once per stage and once more", async () => {
  const own = await countLooks({ verbosity: "off" });
  const looks = await countLooks({}) - own;

  // The first ones are timed more often: 1, 2, 4 … 1,024.
  const timed = COUNT / 1_024 + 11;
  assert(looks > 0 && looks <= (STAGES + 1) * timed, `${looks}`);
});

test("off and counts look at the clock a few times per run, however long it is", async () => {
  for (const verbosity of ["off", "counts"] as const) {
    const [short, long] = [await countLooks({ verbosity }, 10), await countLooks({ verbosity })];

    assertEquals(long, short);
    assert(long <= 5, `${long}`);
  }
});

test("full looks at the clock once per call, and once more per item", async () => {
  const own = await countLooks({ verbosity: "off" });

  assertEquals(await countLooks({ verbosity: "full" }) - own, (STAGES + 1) * COUNT);
});
