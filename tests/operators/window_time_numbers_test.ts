// windowTime() by event time with numbers of any size, against models in whole numbers of any size:
// no item is lost, in two windows instead of one, or looked at for ever.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type LateItem, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { untyped } from "../support/refused.ts";
import { readFailure } from "./_outcome.ts";

interface Event {
  readonly at: number;
  readonly index: number;
}

const start = StreamingPipeline.start<Event>();
const timestamp = ({ at }: Event) => at;
const MAX_TIME = 2 ** 53;

/** The models count in quarters of a millisecond: times are multiples of that. */
const QUARTERS = 4;
const toQuarters = (ms: number) => BigInt(ms * QUARTERS);
const floorDivide = (value: bigint, by: bigint) =>
  value / by - (value < 0n && value % by !== 0n ? 1n : 0n);

const NEAR = fc.integer({ min: -50, max: 50 });
const clamp = (value: number) => Math.min(Math.max(value, -MAX_TIME), MAX_TIME);
/** Moments that are near each other, also at the ends of what can be told apart. */
const MOMENTS: fc.Arbitrary<number[]> = fc.oneof(
  fc.constantFrom(0, MAX_TIME, -MAX_TIME, 2 ** 52, -(2 ** 52), 1_700_000_000_000, 2 ** 31),
  fc.maxSafeInteger(),
).chain((base) =>
  fc.array(
    fc.oneof(
      NEAR.map((offset) => clamp(base + offset)),
      NEAR.map((offset) => clamp(base + offset / QUARTERS)),
      fc.constantFrom(-0, MAX_TIME, -MAX_TIME),
    ),
    { maxLength: 24 },
  )
);
const POSITIVE = fc.oneof(
  fc.integer({ min: 1, max: 60 }),
  fc.constantFrom(2 ** 31, 2 ** 52, 2 ** 52 + 1, Number.MAX_SAFE_INTEGER),
  fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
);
const GRIDS = fc.tuple(POSITIVE, POSITIVE).map(([sizeMs, slideMs]) => {
  return { sizeMs, slideMs: Math.max(slideMs, Math.ceil(sizeMs / 50)) };
});
const LATENESS = fc.oneof(fc.nat(60), fc.nat(240).map((count) => count / QUARTERS), POSITIVE);

const toEvents = (moments: readonly number[]) => moments.map((at, index) => ({ at, index }));
const indices = (items: readonly Event[]) => items.map(({ index }) => index);
const sorted = (groups: readonly (readonly number[])[]) =>
  groups.map((group) => group.join()).sort();

const maximum = (one: bigint | undefined, other: bigint) =>
  one === undefined || other > one ? other : one;

/** The items of each window, and the late ones. */
function modelWindows(moments: readonly number[], size: bigint, slide: bigint, lateness: bigint) {
  const windows = new Map<bigint, number[]>();
  const late: number[] = [];
  let watermark: bigint | undefined;
  for (const [index, moment] of moments.entries()) {
    const at = toQuarters(moment);
    const isPast = (from: bigint) => watermark !== undefined && from + size <= watermark;
    const latest = floorDivide(at, slide) * slide;
    if (at < latest + size && isPast(latest)) late.push(index);
    for (let from = latest; at < from + size; from -= slide) {
      if (isPast(from)) continue;
      if (!windows.has(from)) windows.set(from, []);
      windows.get(from)!.push(index);
    }
    watermark = maximum(watermark, at - lateness);
  }
  return { windows, late };
}

/** The items of each session, in the order in which they came, and the late ones. */
function modelSessions(moments: readonly number[], gap: bigint, lateness: bigint) {
  interface Session {
    first: bigint;
    last: bigint;
    items: number[];
  }
  let open: Session[] = [];
  const closed: number[][] = [];
  const late: number[] = [];
  let watermark: bigint | undefined;
  for (const [index, moment] of moments.entries()) {
    const at = toQuarters(moment);
    const isPast = (last: bigint) => watermark !== undefined && last + gap <= watermark;
    const near = open.filter(({ first, last }) => at < last + gap && first < at + gap);
    if (near.length === 0 && isPast(at)) late.push(index);
    else {
      const merged: Session = { first: at, last: at, items: [index] };
      for (const { first, last, items } of near) {
        if (first < merged.first) merged.first = first;
        if (last > merged.last) merged.last = last;
        merged.items.push(...items);
      }
      open = [...open.filter((session) => !near.includes(session)), merged];
    }
    watermark = maximum(watermark, at - lateness);
    closed.push(...open.filter(({ last }) => isPast(last)).map(({ items }) => items));
    open = open.filter(({ last }) => !isPast(last));
  }
  const all = [...closed, ...open.map(({ items }) => items)];
  return { sessions: all.map((items) => items.sort((a, b) => a - b)), late };
}

interface Grid {
  readonly sizeMs: number;
  readonly slideMs: number;
}

async function checkWindows(
  moments: readonly number[],
  grid: Grid,
  allowedLatenessMs: number,
): Promise<void> {
  const [size, slide] = [toQuarters(grid.sizeMs), toQuarters(grid.slideMs)];
  const model = modelWindows(moments, size, slide, toQuarters(allowedLatenessMs));
  const late: LateItem<Event>[] = [];

  const windows = await start.windowTime("w", {
    timestamp,
    ...grid,
    allowedLatenessMs,
    lateItems: (each) => late.push(each),
  }).executeToArray(toEvents(moments));

  assertEquals(
    sorted(windows.map(({ items }) => indices(items))),
    sorted([...model.windows.values()]),
  );
  assertEquals(indices(late.map(({ item }) => item)), model.late);
  // Windows are told apart by their items, except those that have the same ones.
  const bounds = new Set([...model.windows.keys()].map((from) => Number(from) / QUARTERS));
  for (const { start, end } of windows) {
    if (start <= -MAX_TIME || end >= MAX_TIME) continue;
    assertEquals([bounds.has(start), end - start], [true, grid.sizeMs]);
  }
}

test("windows by event time agree with whole numbers of any size, at every size, slide and time", async () => {
  await fc.assert(fc.asyncProperty(MOMENTS, GRIDS, LATENESS, checkWindows), { numRuns: 400 });
});

test("windows by event time agree with whole numbers at the first and the last moment", async () => {
  const steps = [0, 1, 2, 3, 5, 8, 13, 3, 1, 0];
  const first = steps.map((step) => -MAX_TIME + step);
  const last = steps.map((step) => MAX_TIME - step);
  for (let sizeMs = 1; sizeMs <= 7; sizeMs++) {
    for (let slideMs = 1; slideMs <= 7; slideMs++) {
      for (const lateness of [0, 1, 5]) {
        await checkWindows(first, { sizeMs, slideMs }, lateness);
        await checkWindows(last, { sizeMs, slideMs }, lateness);
      }
    }
  }
});

test("sessions agree with whole numbers of any size, and keep their items in the order they came", async () => {
  await fc.assert(
    fc.asyncProperty(MOMENTS, POSITIVE, LATENESS, async (moments, gapMs, allowedLatenessMs) => {
      const model = modelSessions(moments, toQuarters(gapMs), toQuarters(allowedLatenessMs));
      const late: LateItem<Event>[] = [];

      const windows = await start.windowTime("w", {
        timestamp,
        gapMs,
        allowedLatenessMs,
        lateItems: (each) => late.push(each),
      }).executeToArray(toEvents(moments));

      assertEquals(sorted(windows.map(({ items }) => indices(items))), sorted(model.sessions));
      assertEquals(indices(late.map(({ item }) => item)), model.late);
    }),
    { numRuns: 400, examples: [[[-1.25, -MAX_TIME], Number.MAX_SAFE_INTEGER, 0]] },
  );
});

test("a time has no sign at zero, and no fraction decides about windows", async () => {
  const windows = await start.windowTime("w", { timestamp, sizeMs: 1, allowedLatenessMs: 10 })
    .executeToArray(toEvents([-0, 0, 0.3, 0.999, -0.001]));
  const sessions = await start.windowTime("w", { timestamp, gapMs: 1 })
    .executeToArray(toEvents([-0]));

  assertEquals(
    windows.map(({ start, end, items }) => [start, end, indices(items)]),
    [[-1, 0, [4]], [0, 1, [0, 1, 2, 3]]],
  );
  assertEquals(sessions.map(({ start, end }) => [start, end]), [[0, 1]]);
});

test("[L9] windowTime() refuses more than 10,000 windows an item, with a code", async () => {
  for (const options of [{}, { timestamp }]) {
    const build = (sizeMs: number, slideMs: number) =>
      untyped(start).windowTime!("w", { ...options, sizeMs, slideMs });
    build(100_000, 10);
    build(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER - 1);

    const error = assertThrows(() => build(100_001, 10), RangeError);
    assertEquals((error as { code?: unknown }).code, "TOO_MANY_WINDOWS");
  }
  const most = await start.windowTime("w", { timestamp, sizeMs: 100_000, slideMs: 10 })
    .executeToArray(toEvents([5]));
  assertEquals(most.length, 10_000);
});

test("[L9] a time beyond 2^53 fails its item, and shows nothing of it", async () => {
  const pipeline = start.windowTime("w", { timestamp, sizeMs: 10 });
  for (const at of [2 ** 53 + 2, -(2 ** 53) - 2, 1e300]) {
    const { error } = await readFailure(pipeline.execute([{ at, index: 0 }]));
    const message = "An item's timestamp must be within ±2^53 ms, got one that is not";
    assertEquals([error.key, error.itemIndex], ["w", 0]);
    assertEquals((error.cause as Error).message, message);
  }
  assertEquals((await pipeline.executeToArray(toEvents([-(2 ** 53), 2 ** 53]))).length, 2);
});
