// The operators that look at the time.

import type { Model, Operator, Passage, Traits } from "../operator.ts";
import { differs, differsFromSelection, textOf } from "../sequences.ts";
import { FAR_AWAY_MS } from "../world.ts";

const SAME: Traits = { makes: "same" };

const same = (): Model => ({ feed: (item) => [item] });

/** Some items are left out, the last is not. */
function checkLast({ input, output, isComplete, isCutShort }: Passage): string | undefined {
  const wrong = differsFromSelection(output, input);
  if (wrong !== undefined || !isComplete || isCutShort) return wrong;
  if (input.length === 0 || textOf(output.at(-1)) === textOf(input.at(-1))) return undefined;
  return `the last item of ${textOf(input)} is missing from ${textOf(output)}`;
}

/** All items in arrays that are not empty. */
function checkParts(passage: Passage, most: number): string | undefined {
  const parts = passage.output as readonly unknown[][];
  if (parts.some(({ length }) => length === 0 || length > most)) {
    return `there are parts of no or more than ${most} items: ${textOf(parts)}`;
  }
  return differs(parts.flat(), passage.input, passage.isComplete);
}

interface ClockWindow {
  readonly start: number;
  readonly end: number;
  readonly items: readonly unknown[];
}

/** Each item is in the window of the moment at which it went by. */
function checkClockWindows(passage: Passage): string | undefined {
  const { stage, input, inputMs, output, isComplete } = passage;
  const sizeMs = clockSize(stage.spec.count);
  const expected: ClockWindow[] = [];
  for (const [at, item] of input.entries()) {
    const start = Math.floor(inputMs[at]! / sizeMs) * sizeMs;
    if (expected.at(-1)?.start !== start) expected.push({ start, end: start + sizeMs, items: [] });
    (expected.at(-1)!.items as unknown[]).push(item);
  }
  const windows = (output as readonly ClockWindow[])
    .map(({ start, end, items }) => ({ start, end, items }));
  return differs(windows, expected, isComplete);
}

function clockSize(count: number): number {
  return 1 + count * 3;
}

/** The operators. */
export const PACE: readonly Operator[] = [
  {
    name: "throttle",
    traits: { calls: true, isAsync: true, makes: "same" },
    isItemwise: true,
    build: (pipeline, stage) => {
      const { key, count } = stage.spec;
      const cost = stage.calling((number) => number % 3);
      return pipeline.throttle(key, { limit: 2 + count, intervalMs: 7, cost });
    },
    model: same,
  },
  {
    name: "throttle with a burst",
    traits: { calls: true, isAsync: true, makes: "same" },
    isItemwise: true,
    build: (pipeline, stage) => {
      const { key, count } = stage.spec;
      const cost = stage.calling((number) => number % 3);
      return pipeline.throttle(key, { limit: 1 + count, intervalMs: 7, burst: 1, cost });
    },
    model: same,
  },
  {
    name: "debounce",
    traits: SAME,
    build: (pipeline, { spec }) => pipeline.debounce(spec.key, 1 + spec.count),
    check: checkLast,
  },
  {
    name: "sample",
    traits: SAME,
    build: (pipeline, { spec }) => pipeline.sample(spec.key, 1 + spec.count),
    check: checkLast,
  },
  {
    name: "delay",
    traits: SAME,
    isItemwise: true,
    build: (pipeline, { spec }) =>
      pipeline.delay(spec.key, spec.count, { highWaterMark: 1 + spec.count % 4 }),
    model: same,
  },
  {
    name: "timeout",
    traits: SAME,
    isItemwise: true,
    build: (pipeline, { spec }) => pipeline.timeout(spec.key, { betweenMs: FAR_AWAY_MS }),
    model: same,
  },
  {
    name: "takeUntil a promise",
    traits: SAME,
    build: (pipeline, { spec, world }) => {
      const stop = (async () => {
        for (let waits = 0; waits <= spec.count; waits++) await world.wait();
      })();
      return pipeline.takeUntil(spec.key, stop);
    },
    check: ({ input, output }) => differs(output, input, false),
    endsEarly: () => true,
  },
  {
    name: "takeUntil a signal",
    traits: SAME,
    build: (pipeline, { spec }) => {
      const stop = new AbortController();
      let left = spec.count;
      const count = () => void (left-- === 0 && stop.abort());
      return pipeline.takeUntil(`${spec.key} itself`, stop.signal).tap(spec.key, count);
    },
    isTwoStages: true,
    check: ({ input, output }) => differs(output, input, false),
    endsEarly: () => true,
  },
  {
    name: "batch by time",
    traits: { makes: "arrays" },
    build: (pipeline, { spec }) =>
      pipeline.batch(spec.key, { size: 1 + spec.count, maxWaitMs: 1 + spec.count % 4 }),
    check: (passage) => checkParts(passage, 1 + passage.stage.spec.count),
  },
  {
    name: "windowTime by the clock",
    traits: {},
    build: (pipeline, { spec }) => pipeline.windowTime(spec.key, { sizeMs: clockSize(spec.count) }),
    check: checkClockWindows,
  },
];
