// The types of batches, windows, keys and pace, without annotations.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { StreamingPipeline, type TimeWindow } from "../../mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

interface Click {
  readonly user: string;
  readonly at: number;
}

const start = StreamingPipeline.start<Click, { unit: string }>(() => ({ unit: "ms" }));

test("stages of batches and windows infer their items", () => {
  const pipeline = start
    .distinct("new", { by: ({ at }, _, { context }) => `${at}${context.unit}`, window: 9 })
    .batch("limited", { size: 2, maxWaitMs: 5, maxWeight: 9, weigh: ({ at }) => at })
    .flatten("click")
    .batchUntil("until", ({ user }, _, { state }) => user === state.accumulated.click.user)
    .window("window", { size: 2, slide: 1 })
    .map("length", (window) => window.length)
    .scan("texts", (texts: string[], item) => [...texts, `${item}`], []);

  assertType<IsExact<OutputOf<typeof pipeline>, string[]>>();
  assertType<
    IsExact<StateOf<typeof pipeline>, {
      new: Click;
      limited: Click[];
      click: Click;
      until: Click[];
      window: Click[][];
      length: number;
      texts: string[];
    }>
  >();
});

test("stages of pace keep the type of the items", () => {
  const pipeline = start
    .throttle("t", { limit: 1, intervalMs: 1, cost: ({ at }) => at })
    .debounce("d", 1)
    .sample("s", 1)
    .delay("l", 1)
    .timeout("o", { betweenMs: 1 })
    .takeUntil("u", Promise.resolve());

  assertType<IsExact<OutputOf<typeof pipeline>, Click>>();
  assertType<
    IsExact<StateOf<typeof pipeline>, {
      t: Click;
      d: Click;
      s: Click;
      l: Click;
      o: Click;
      u: Click;
    }>
  >();
});

test("windows by time are typed by their key, where they have one", () => {
  const byClock = start.windowTime("w", { sizeMs: 10, slideMs: 5 });
  const timestamp = ({ at }: Click) => at;
  const byEvent = start.windowTime("w", {
    timestamp,
    sizeMs: 10,
    lateItems: ({ item, lateCount }) => [item.user, lateCount],
  });
  const perUser = start.windowTime("w", { timestamp, gapMs: 10, by: ({ user }) => user });
  const later = start.windowTime("w", {
    timestamp: async ({ at }) => await at,
    sizeMs: 1,
    by: async ({ at }) => await at,
  });

  assertType<IsExact<OutputOf<typeof byClock>, TimeWindow<Click>>>();
  assertType<IsExact<OutputOf<typeof byEvent>, TimeWindow<Click>>>();
  assertType<IsExact<OutputOf<typeof perUser>, TimeWindow<Click, string>>>();
  assertType<IsExact<OutputOf<typeof later>, TimeWindow<Click, number>>>();
  assertType<IsExact<OutputOf<typeof perUser>["key"], string>>();
});

test("groups know their item, key and context, and give what they make", () => {
  const grouped = start.map("text", ({ user }) => user).groupBy(
    "groups",
    (text, _, { state }) => state.accumulated.text.length + text.length,
    (group, key) =>
      group.map("pair", (text, _, { context }) => {
        assertType<IsExact<typeof text, string>>();
        assertType<IsExact<typeof key, number>>();
        assertType<IsExact<typeof context, { unit: string }>>();
        return [key, text] as const;
      }),
  );
  const parted = start.partition(
    "sides",
    ({ at }) => at > 1,
    (late) => late.map("user", ({ user }) => user),
    (early) => early.batch("pair", 2),
  );
  const mapped = start.mapPartitioned("m", ({ user }) => user, async ({ at }) => await at);

  assertType<IsExact<OutputOf<typeof grouped>, readonly [number, string]>>();
  assertType<
    IsExact<StateOf<typeof grouped>, { text: string; groups: readonly [number, string] }>
  >();
  assertType<IsExact<OutputOf<typeof parted>, string | Click[]>>();
  assertType<IsExact<OutputOf<typeof mapped>, number>>();
});

test("a key that is taken does not compile, nor do options that are not the stage's own", () => {
  const taken = start.take("taken", 1);
  const refused = [
    // @ts-expect-error the key is taken
    () => taken.scan("taken", (sum: number) => sum, 0),
    // @ts-expect-error the key is taken
    () => taken.distinct("taken"),
    // @ts-expect-error the key is taken
    () => taken.batch("taken", { size: 1 }),
    // @ts-expect-error the key is taken
    () => taken.batchUntil("taken", () => true),
    // @ts-expect-error the key is taken
    () => taken.window("taken", { size: 1 }),
    // @ts-expect-error the key is taken
    () => taken.windowTime("taken", { sizeMs: 1 }),
    // @ts-expect-error the key is taken
    () => taken.throttle("taken", { limit: 1, intervalMs: 1 }),
    // @ts-expect-error the key is taken
    () => taken.debounce("taken", 1),
    // @ts-expect-error the key is taken
    () => taken.sample("taken", 1),
    // @ts-expect-error the key is taken
    () => taken.delay("taken", 1),
    // @ts-expect-error the key is taken
    () => taken.timeout("taken", { betweenMs: 1 }),
    // @ts-expect-error the key is taken
    () => taken.takeUntil("taken", Promise.resolve()),
    // @ts-expect-error the key is taken
    () => taken.mapPartitioned("taken", () => 1, () => 1),
    // @ts-expect-error the key is taken
    () => taken.groupBy("taken", () => 1, (group) => group),
    // @ts-expect-error the key is taken
    () => taken.partition("taken", () => true, (group) => group, (group) => group),
    // @ts-expect-error a scan is never parallel
    () => start.scan("s", (sum: number) => sum, 0, { parallel: true }),
    // @ts-expect-error neither is a key
    () => start.distinct("d", { by: () => 1, ordered: false }),
    // @ts-expect-error sessions have no size
    () => start.windowTime("w", { timestamp: ({ at }) => at, gapMs: 1, sizeMs: "1" }),
    // @ts-expect-error it is always parallel
    () => start.mapPartitioned("m", () => 1, () => 1, { parallel: true }),
  ];

  for (const build of refused) assertThrows(build);
  assertEquals(refused.length, 19);
});

test("a chain of fifty of them compiles, and knows the type of each key", () => {
  const ten = StreamingPipeline.start<number>()
    .scan("a0", (sum: number, item) => sum + item, 0)
    .distinct("a1").window("a2", { size: 2 }).flatten("a3").batch("a4", { size: 1, maxWaitMs: 9 })
    .flatten("a5").throttle("a6", { limit: 9, intervalMs: 1 })
    .timeout("a7", { betweenMs: 9 })
    .mapPartitioned("a8", (item) => item, (item) => `${item}`)
    .groupBy("a9", (item) => item, (group) => group.map("n", (text) => text.length));
  const fifty = ten
    .scan("b0", (sum: number, item) => sum + item, 0)
    .distinct("b1").window("b2", { size: 2 }).flatten("b3").batch("b4", { size: 1, maxWaitMs: 9 })
    .flatten("b5").throttle("b6", { limit: 9, intervalMs: 1 })
    .timeout("b7", { betweenMs: 9 })
    .mapPartitioned("b8", (item) => item, (item) => `${item}`)
    .groupBy("b9", (item) => item, (group) => group.map("n", (text) => text.length))
    .scan("c0", (sum: number, item) => sum + item, 0)
    .distinct("c1").window("c2", { size: 2 }).flatten("c3").batch("c4", { size: 1, maxWaitMs: 9 })
    .flatten("c5").throttle("c6", { limit: 9, intervalMs: 1 })
    .timeout("c7", { betweenMs: 9 })
    .mapPartitioned("c8", (item) => item, (item) => `${item}`)
    .groupBy("c9", (item) => item, (group) => group.map("n", (text) => text.length))
    .scan("d0", (sum: number, item) => sum + item, 0)
    .distinct("d1").window("d2", { size: 2 }).flatten("d3").batch("d4", { size: 1, maxWaitMs: 9 })
    .flatten("d5").throttle("d6", { limit: 9, intervalMs: 1 })
    .timeout("d7", { betweenMs: 9 })
    .mapPartitioned("d8", (item) => item, (item) => `${item}`)
    .groupBy("d9", (item) => item, (group) => group.map("n", (text) => text.length))
    .scan("e0", (sum: number, item) => sum + item, 0)
    .distinct("e1").window("e2", { size: 2 }).flatten("e3").batch("e4", { size: 1, maxWaitMs: 9 })
    .flatten("e5").throttle("e6", { limit: 9, intervalMs: 1 })
    .timeout("e7", { betweenMs: 9 })
    .mapPartitioned("e8", (item) => item, (item) => `${item}`)
    .windowTime("e9", { timestamp: (item) => item.length, sizeMs: 5, by: (item) => item });
  type State = StateOf<typeof fifty>;

  assertType<IsExact<OutputOf<typeof fifty>, TimeWindow<string, string>>>();
  assertType<IsExact<State["a2"], number[]>>();
  assertType<IsExact<State["c8"], string>>();
  assertType<IsExact<State["e5"], number>>();
});
