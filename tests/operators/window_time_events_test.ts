// windowTime() by event time.

import { assertEquals, assertRejects } from "@std/assert";
import { type LateItem, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { count, readFailure } from "./_outcome.ts";

interface Event {
  readonly at: number;
  readonly user?: string;
}

const start = StreamingPipeline.start<Event>();
const timestamp = ({ at }: Event) => at;
const by = ({ user }: Event) => user;
const events = (...moments: number[]): Event[] => moments.map((at) => ({ at }));
const moments = (items: readonly Event[]) => items.map(({ at }) => at);

test("windowTime() puts items into the windows of their own time", async () => {
  const pipeline = start.windowTime("w", { timestamp, sizeMs: 10, allowedLatenessMs: 100 });

  assertEquals(await pipeline.executeToArray(events(3, 21, 9, 10, -1)), [
    { start: -10, end: 0, items: events(-1), key: undefined },
    { start: 0, end: 10, items: events(3, 9), key: undefined },
    { start: 10, end: 20, items: events(10), key: undefined },
    { start: 20, end: 30, items: events(21), key: undefined },
  ]);
});

test("[L10] a window comes out when the watermark has reached its end, not before", async () => {
  const probe = new SourceProbe("an async iterable", { items: events(1, 14, 15), silentAfter: 3 });
  const seen: Event[] = [];
  const items = start.tap("seen", (event) => seen.push(event))
    .windowTime("w", { timestamp, sizeMs: 10, allowedLatenessMs: 5 })
    .execute(probe.source);

  assertEquals((await items.next()).value, { start: 0, end: 10, items: events(1), key: undefined });
  assertEquals(moments(seen), [1, 14, 15]);
  await items.return();
});

test("late items go to lateItems, counted, and into no window", async () => {
  const late: LateItem<Event>[] = [];
  const pipeline = start.windowTime("w", {
    timestamp,
    sizeMs: 10,
    allowedLatenessMs: 5,
    lateItems: (each) => late.push(each),
  });

  const windows = await pipeline.executeToArray(events(1, 14, 2, 15, 3, 9, 12));

  assertEquals(windows.map(({ items }) => moments(items)), [[1, 2], [14, 15, 12]]);
  assertEquals(late, [
    { item: { at: 3 }, timestamp: 3, watermark: 10, lateCount: 1 },
    { item: { at: 9 }, timestamp: 9, watermark: 10, lateCount: 2 },
  ]);
});

test("late items go to a stream, which is left open for other runs", async () => {
  const written: unknown[] = [];
  let closed = 0;
  const sink = new WritableStream<LateItem<Event>>({
    write: ({ item }) => void written.push(item.at),
    close: () => void closed++,
  });
  const pipeline = start.windowTime("w", { timestamp, sizeMs: 10, lateItems: sink });

  await pipeline.executeToArray(events(20, 1, 2));
  await pipeline.executeToArray(events(20, 3));

  assertEquals([written, closed, sink.locked], [[1, 2, 3], 0, false]);
});

test("a slow sink of late items is waited for", async () => {
  let resolve: () => void = () => {};
  const probe = new SourceProbe("an async iterable", {
    items: events(20, 1, 21, 40),
  });
  const items = start.windowTime("w", {
    timestamp,
    sizeMs: 10,
    lateItems: () => new Promise<void>((done) => resolve = done),
  }).execute(probe.source);
  const first = watch(items.next());
  await settle();

  assertEquals([first.state, probe.given], ["pending", 2]);
  resolve();
  await settle();
  assertEquals(first.value?.value?.start, 20);
  await items.return();
});

test("[L6] a sink of late items that fails, fails the stage, after what is open", async () => {
  const failure = new Error("no room");
  const pipeline = start.windowTime("w", {
    timestamp,
    sizeMs: 10,
    lateItems: () => Promise.reject(failure),
  });

  const { items, error } = await readFailure(pipeline.execute(events(20, 1)));

  assertEquals([items.length, error.key, error.itemIndex, error.cause], [1, "w", 1, failure]);
});

test("a sink of late items that makes a stream fails the stage", async () => {
  const lateItems = () => new WritableStream<LateItem<Event>>();
  const pipeline = start.windowTime("windows", { timestamp, sizeMs: 10, lateItems });
  const error = await assertRejects(() => pipeline.executeToArray(events(25, 1)), StreamingError);
  assertEquals((error.cause as Error).name, "TypeError");
});

test("an item between windows is in none, and not late", async () => {
  const late: unknown[] = [];
  const pipeline = start.windowTime("w", {
    timestamp,
    sizeMs: 10,
    slideMs: 20,
    lateItems: (each) => late.push(each),
  });

  const windows = await pipeline.executeToArray(events(5, 15, 25, 14));

  assertEquals([windows.map(({ items }) => moments(items)), late], [[[5], [25]], []]);
});

test("an item is late where all its sliding windows are closed, and else in those left", async () => {
  const late: unknown[] = [];
  const pipeline = start.windowTime("w", {
    timestamp,
    sizeMs: 20,
    slideMs: 10,
    lateItems: ({ timestamp }) => late.push(timestamp),
  });

  const windows = await pipeline.executeToArray(events(5, 22, 15, 9));

  assertEquals(windows.map(({ start, items }) => [start, moments(items)]), [
    [-10, [5]],
    [0, [5]],
    [10, [22, 15]],
    [20, [22]],
  ]);
  assertEquals(late, [9]);
});

test("sessions end when no item has come for the gap, and merge through an item between", async () => {
  const pipeline = start.windowTime("w", { timestamp, gapMs: 10, allowedLatenessMs: 1_000 });
  const read = async (...given: number[]) =>
    (await pipeline.executeToArray(events(...given)))
      .map(({ start, end, items }) => [start, end, moments(items)]);

  assertEquals(await read(0, 9, 19), [[0, 19, [0, 9]], [19, 29, [19]]]);
  assertEquals(await read(0, 15, 8), [[0, 25, [0, 15, 8]]]);
  assertEquals(await read(20, 5, 13), [[5, 30, [20, 5, 13]]]);
});

test("a session takes a late item that belongs to it, for it is still open", async () => {
  const late: unknown[] = [];
  const pipeline = start.windowTime("w", {
    timestamp,
    gapMs: 10,
    allowedLatenessMs: 2,
    lateItems: ({ timestamp }) => late.push(timestamp),
  });

  const windows = await pipeline.executeToArray(events(0, 5, 14, -8, 2, 40, 3));

  // -8 alone would have ended at 2, which the watermark of 12 had passed; it is near 0, though.
  assertEquals(windows.map(({ items }) => moments(items)), [[0, 5, 14, -8, 2], [40]]);
  assertEquals(late, [3]);
});

test("an item in time begins a session of its own where the one before has come out", async () => {
  const windows = await start.windowTime("w", { timestamp, gapMs: 10 })
    .executeToArray(events(0, 10, 5));

  assertEquals(windows.map(({ start, items }) => [start, moments(items)]), [[0, [0]], [5, [
    10,
    5,
  ]]]);
});

test("windows and sessions are kept per key, under one watermark", async () => {
  const given: Event[] = [
    { at: 1, user: "a" },
    { at: 2, user: "b" },
    { at: 4, user: "a" },
    { at: 30, user: "b" },
    { at: 3, user: "a" },
  ];
  const late: unknown[] = [];
  const lateItems = ({ item }: LateItem<Event>) => late.push(item);

  const sessions = await start.windowTime("w", { timestamp, gapMs: 5, by, lateItems })
    .executeToArray(given);
  const windows = await start.windowTime("w", { timestamp, sizeMs: 10, by }).executeToArray(given);

  assertEquals(sessions.map(({ key, start, end }) => [key, start, end]), [
    ["b", 2, 7],
    ["a", 1, 9],
    ["b", 30, 35],
  ]);
  assertEquals(windows.map(({ key, items }) => [key, moments(items)]), [
    ["a", [1, 4]],
    ["b", [2]],
    ["b", [30]],
  ]);
  assertEquals(late, [{ at: 3, user: "a" }]);
});

for (const isAsync of [false, true]) {
  const kind = isAsync ? "an async" : "a sync";
  test(`[L6] ${kind} timestamp that fails or is no number fails the stage, after what is open`, async () => {
    const failure = new Error("no time");
    const read = (item: number) => {
      if (item === 7) throw failure;
      return item === 5 ? NaN : item;
    };
    const pipeline = StreamingPipeline.start<number>().windowTime("w", {
      timestamp: isAsync ? async (item) => await read(item) : read,
      sizeMs: 100,
    });

    const noNumber = await readFailure(pipeline.execute(count()));
    const thrown = await readFailure(pipeline.execute([1, 7]));

    assertEquals(noNumber.items.map(({ items }) => items), [[0, 1, 2, 3, 4]]);
    assertEquals([noNumber.error.itemIndex, noNumber.error.cause instanceof TypeError], [5, true]);
    assertEquals([thrown.items.length, thrown.error.cause], [1, failure]);
  });
}

test("an item without a time can be left out", async () => {
  const pipeline = start.windowTime("w", { timestamp, sizeMs: 10, errorStrategy: "SKIP_FAILED" });

  const windows = await pipeline.executeToArray(events(1, NaN, 2));

  assertEquals(windows.map(({ items }) => moments(items)), [[1, 2]]);
});
