import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { arriveAt, readTimed, TimedSource } from "../support/timed_source.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { readFailure } from "./_outcome.ts";

interface Click {
  readonly user: string;
  readonly at: number;
}

const start = StreamingPipeline.start<Click>();
const at = ({ at }: Click) => at;
const by = ({ user }: Click) => user;
/** Remembers what it was made of, so that it can be held beside the items themselves. */
const times = {
  initial: (): readonly number[] => [],
  add: (value: readonly number[], { at }: Click) => [...value, at],
  merge: (earlier: readonly number[], later: readonly number[]) => [...earlier, ...later],
};

testOptions("windowTime", (options, methods) => methods.windowTime!("key", options), [
  [{ sizeMs: 1, aggregate: 3 }, TypeError, "aggregate must be an object, got 3"],
  [
    { sizeMs: 1, aggregate: { initial: 0, add: () => 0 } },
    TypeError,
    "aggregate.initial must be a function, got 0",
  ],
  [
    { gapMs: 1, timestamp: at, aggregate: { initial: () => 0, add: () => 0 } },
    TypeError,
    "aggregate.merge must be a function, got undefined",
  ],
]);

const clicks = fc.array(
  fc.record({ user: fc.constantFrom("a", "b"), at: fc.integer({ min: 0, max: 60 }) }),
  { maxLength: 40 },
);
const SHAPES = {
  tumbling: { sizeMs: 10 },
  sliding: { sizeMs: 10, slideMs: 4 },
  sessions: { gapMs: 6 },
};

for (const [name, shape] of Object.entries(SHAPES)) {
  test(`windowTime() makes one value per window of what its items are: ${name}`, async () => {
    const options = { timestamp: at, by, allowedLatenessMs: 100, ...shape };
    const items = start.windowTime("w", options as { sizeMs: number; timestamp: typeof at });
    const values = start.windowTime("w", { ...options as { sizeMs: number }, aggregate: times });

    await fc.assert(fc.asyncProperty(clicks, async (source) => {
      const expected = (await items.executeToArray(source)).map(({ start, end, items, key }) => (
        { start, end, key, times: items.map(at).sort((a, b) => a - b) }
      ));
      const made = (await values.executeToArray(source)).map(({ start, end, value, key }) => (
        { start, end, key, times: value.toSorted((a, b) => a - b) }
      ));
      assertEquals(made, expected as unknown as typeof made);
    }));
  });
}

test("windowTime() by the clock keeps one value per window", async () => {
  await new TestClock().use(async (clock) => {
    const sums = StreamingPipeline.start<number>().windowTime("w", {
      sizeMs: 100,
      aggregate: { initial: () => 0, add: (sum: number, item) => sum + item },
    });
    const source = new TimedSource(clock, arriveAt(10, 40, 150));

    const { items } = await readTimed(clock, sums.execute(source));

    assertEquals(items.map(([, window]) => window.value), [1, 2]);
  });
});

test("an item whose aggregate throws is in no window, and the others are as they were", async () => {
  const windows = start.windowTime("w", {
    sizeMs: 10,
    slideMs: 5,
    timestamp: at,
    errorStrategy: "SKIP_FAILED",
    aggregate: {
      initial: () => 0,
      add: (count: number, { user }) => {
        if (user === "bad") throw new Error("no");
        return count + 1;
      },
    },
  });
  const source = [{ user: "a", at: 1 }, { user: "bad", at: 7 }, { user: "a", at: 8 }];

  assertEquals((await windows.executeToArray(source)).map(({ value }) => value), [1, 2, 1]);
  const failing = start.windowTime("w", {
    sizeMs: 10,
    timestamp: at,
    aggregate: { initial: () => 0, add: (): number => JSON.parse("no") },
  });
  assertEquals((await readFailure(failing.execute(source))).items, []);
});
