// windowTime() by event time, against array models.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";

interface Event {
  readonly at: number;
  readonly user?: string;
}

const start = StreamingPipeline.start<Event>();
const timestamp = ({ at }: Event) => at;
const by = ({ user }: Event) => user;
const moments = (items: readonly Event[]) => items.map(({ at }) => at);

const EVENTS = fc.array(
  fc.record({ at: fc.integer({ min: 0, max: 200 }), user: fc.constantFrom("a", "b", "c") }),
  { maxLength: 40 },
);
const SPAN = fc.integer({ min: 1, max: 60 });

/** What is in time: items that have a window whose end the watermark has not reached. */
function splitLate(all: readonly Event[], lateness: number, lastEnd: (at: number) => number) {
  let watermark = -Infinity;
  return all.map(({ at }) => {
    const before = watermark;
    watermark = Math.max(watermark, at - lateness);
    return lastEnd(at) > before ? before : undefined;
  });
}

test("windows by event time agree with an array model, late items and all", async () => {
  await fc.assert(
    fc.asyncProperty(EVENTS, SPAN, SPAN, SPAN, async (all, sizeMs, slideMs, lateness) => {
      const late: Event[] = [];
      const lastEnd = (at: number) => Math.floor(at / slideMs) * slideMs + sizeMs;
      const before = splitLate(all, lateness, lastEnd);
      const expected = new Map<string, { start: number; user: string; items: Event[] }>();
      const expectedLate: Event[] = [];
      for (const [index, event] of all.entries()) {
        const last = Math.floor(event.at / slideMs) * slideMs;
        const isBetween = last + sizeMs <= event.at;
        if (before[index] === undefined && !isBetween) expectedLate.push(event);
        for (let from = last; from > event.at - sizeMs; from -= slideMs) {
          if (before[index] === undefined || from + sizeMs <= before[index]) continue;
          const id = `${from}${event.user}`;
          if (!expected.has(id)) expected.set(id, { start: from, user: event.user!, items: [] });
          expected.get(id)!.items.push(event);
        }
      }

      const options = { timestamp, sizeMs, slideMs, allowedLatenessMs: lateness, by };
      const run = start.windowTime("w", { ...options, lateItems: ({ item }) => late.push(item) })
        .run(all);
      const windows: {
        start: number;
        end: number;
        key: string | undefined;
        items: readonly Event[];
      }[] = [];
      for await (const window of run) {
        windows.push(window);
        const [step] = run.metadata().steps;
        assertEquals(step!.passedCount >= 0, true);
      }

      const toId = ({ start, key }: { start: number; key?: string | undefined }) =>
        `${start}${key}`;
      assertEquals(
        new Map(windows.map((window) => [toId(window), window.items])),
        new Map([...expected].map(([id, { items }]) => [id, items])),
      );
      assertEquals(windows.length, expected.size);
      assertEquals(late, expectedLate);
      assertEquals(
        windows.every(({ end }, index) => index === 0 || windows[index - 1]!.end <= end),
        true,
      );
      assertEquals(run.metadata().steps[0]!.inFlightCount, 0);
    }),
  );
});

test("sessions by event time agree with an array model where nothing is late", async () => {
  await fc.assert(fc.asyncProperty(EVENTS, SPAN, async (all, gapMs) => {
    const expected: [string, number, number, number[]][] = [];
    for (const user of ["a", "b", "c"]) {
      const sorted = moments(all.filter((event) => event.user === user)).sort((a, b) => a - b);
      let open: [string, number, number, number[]] | undefined;
      for (const at of sorted) {
        if (open === undefined || at >= open[2]) expected.push(open = [user, at, at + gapMs, []]);
        open[2] = at + gapMs;
        open[3].push(at);
      }
    }

    const windows = await start.windowTime("w", { timestamp, gapMs, allowedLatenessMs: 200, by })
      .executeToArray(all);

    const seen = windows.map(({ key, start, end, items }) =>
      [key!, start, end, moments(items).sort((a, b) => a - b)] as const
    );
    const order = (a: readonly unknown[], b: readonly unknown[]) =>
      String(a[0]).localeCompare(String(b[0])) || Number(a[1]) - Number(b[1]);
    assertEquals([...seen].sort(order), expected.sort(order));
    assertEquals(
      windows.every(({ end }, index) => index === 0 || windows[index - 1]!.end <= end),
      true,
    );
  }));
});

test("sessions lose nothing: each item is in one session, or late", async () => {
  await fc.assert(fc.asyncProperty(EVENTS, SPAN, SPAN, async (all, gapMs, lateness) => {
    const late: Event[] = [];
    const windows = await start.windowTime("w", {
      timestamp,
      gapMs,
      allowedLatenessMs: lateness,
      by,
      lateItems: ({ item }) => late.push(item),
    }).executeToArray(all);

    const kept = windows.flatMap(({ items }) => items);
    assertEquals(new Set([...kept, ...late]).size, all.length);
    assertEquals(kept.length + late.length, all.length);
    for (const { start, end, items } of windows) {
      assertEquals([Math.min(...moments(items)), Math.max(...moments(items)) + gapMs], [
        start,
        end,
      ]);
    }
  }));
});
