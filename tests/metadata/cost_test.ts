// What the default metadata costs, counted: reads of the clock, and calls that are not needed.

import { assert, assertEquals } from "@std/assert";
import { type MetadataOptions, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";

type From = StreamingPipeline<number, number, unknown>;

const COUNT = 100_000;
const STAGES = 4;

const start = (metadata: MetadataOptions) =>
  StreamingPipeline.start<number>(undefined, { metadata });

/** Three maps and a filter. */
const chain = (metadata: MetadataOptions) =>
  start(metadata)
    .map("one", (item) => item + 1)
    .map("two", (item) => item * 2)
    .filter("all", () => true)
    .map("three", (item) => item - 1);

/** How often a run looks at the clock that makes `made` items of `count`. */
function countLooks(
  pipeline: StreamingPipeline<number, number>,
  count: number = COUNT,
  made: number = count,
): Promise<number> {
  return new TestClock().use(async (clock) => {
    let looks = 0;
    const { now } = clock;
    clock.now = () => (looks++, now.call(clock));
    const source = Array.from({ length: count }, (_, index) => index);
    assertEquals(await pipeline.executeReduce(source, (seen) => seen + 1, 0), made);
    return looks;
  });
}

test("the default metadata looks at the clock for one item in 1,024, once per stage and once more", async () => {
  const own = await countLooks(chain({ verbosity: "off" }));
  const looks = await countLooks(chain({})) - own;

  // The first ones are timed more often: 1, 2, 4 … 1,024.
  const timed = COUNT / 1_024 + 11;
  assert(looks > 0 && looks <= (STAGES + 1) * timed, `${looks}`);
});

test("off and counts look at the clock a few times per run, however long it is", async () => {
  for (const verbosity of ["off", "counts"] as const) {
    const pipeline = chain({ verbosity });
    const [short, long] = [await countLooks(pipeline, 10), await countLooks(pipeline)];

    assertEquals(long, short);
    assert(long <= 5, `${long}`);
  }
});

test("full looks at the clock once per call, and once more per item", async () => {
  const own = await countLooks(chain({ verbosity: "off" }));

  assertEquals(await countLooks(chain({ verbosity: "full" })) - own, (STAGES + 1) * COUNT);
});

test("an asynchronous call that is timed takes two looks at the clock, the last of a chain no more", async () => {
  const call = (metadata: MetadataOptions) =>
    start(metadata).map("call", (item) => Promise.resolve(item));
  const own = await countLooks(call({ verbosity: "off" }), 100);

  assertEquals(await countLooks(call({ verbosity: "full" }), 100) - own, 2 * 100);
});

test("a step that makes one item of many looks at the clock for one read in 16 of these", async () => {
  const folded = (metadata: MetadataOptions) =>
    start(metadata).groupBy("sum", () => 0, (group) => group.fold("sum", (a, b) => a + b, 0));
  const own = await countLooks(folded({ verbosity: "off" }), COUNT, 1);

  // Two looks for each of the first 64, and for each sixteenth after them; those of the fold beside.
  const looks = await countLooks(folded({}), COUNT, 1) - own;
  assert(looks <= 2 * (64 + COUNT / 16) + 2 * (COUNT / 1_024 + 20), `${looks}`);
});

/** Stages that read beside the loop, and how often they look at the clock for an item. */
const LOOKS: Readonly<Record<string, readonly [number, (start: From) => From]>> = {
  "takeUntil()": [0, (start) => start.takeUntil("s", () => new Promise(() => {}))],
  "groupBy()": [0, (start) => start.groupBy("s", (item) => item % 3, (group) => group)],
  "combineLatestWith()": [
    0,
    (start) => start.combineLatestWith("s", () => [1]).map("first", ([item]) => item),
  ],
  "timeout()": [1, (start) => start.timeout("s", 1_000)],
  "throttle()": [1, (start) => start.throttle("s", { limit: 1_000_000, intervalMs: 1 })],
  "batch() by time": [
    1,
    (start) => start.batch("s", { size: 100, maxWaitMs: 1_000 }).flatten("each"),
  ],
};

for (const [name, [most, build]] of Object.entries(LOOKS)) {
  test(`${name} looks at the clock ${most === 0 ? "for no item" : "once for an item"}`, async () => {
    const looksOf = (count: number) => countLooks(build(start({ verbosity: "off" })), count);
    const more = 10_000;
    const perItem = (await looksOf(more + 1_000) - await looksOf(1_000)) / more;

    assert(perItem <= most + 0.05, `${perItem}`);
  });
}
