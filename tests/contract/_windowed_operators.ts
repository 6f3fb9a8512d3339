// The operators that look at several items together, or at the time, and a plain-array model of
// each.

import { StreamingPipeline } from "../../mod.ts";
import type { StageFunction } from "../../mod.ts";
import type { Call } from "../../src/testing/call_probe.ts";
import {
  type FunctionOperator,
  KEY,
  type Model,
  type PlainOperator,
} from "./_function_operators.ts";
import { type Mode, PARALLEL, parallelMode, SEQUENTIAL, SEQUENTIAL_ASYNC } from "./_modes.ts";

/** They work on one item at a time. */
const ONE_BY_ONE: readonly Mode[] = [SEQUENTIAL, SEQUENTIAL_ASYNC];

/** Longer than any test: what it limits is not reached. */
const NEVER_MS = 3_600_000;

const start = () => StreamingPipeline.start<number>();

/** The builder's types are not under test here. */
const as = <TOutput>(call: Call) => call as StageFunction<number, TOutput, unknown, unknown>;

const oneAtATime = { concurrencyLimit: 1 };
const one = { highWaterMark: 1 };
const same: Model = (items) => [...items];
const double = (item: number) => item * 2;
const toPair = (item: number) => Math.floor(item / 2);
const isThird = (item: number) => item % 3 === 2;

/** Arrays of `size`, one at every `slide`-th item; the last may be shorter where something is new. */
function windows(size: number, slide = size): Model {
  return (items, ended) => {
    const all: number[][] = [];
    for (let at = 0; at < items.length; at += slide) {
      const window = items.slice(at, at + size);
      const isNew = at === 0 || at + window.length > at - slide + size;
      if (window.length === size || (ended && isNew)) all.push(window);
      if (window.length < size) break;
    }
    return all;
  };
}

const untilThird: Model = (items, ended) => {
  const all: number[][] = [[]];
  for (const item of items) {
    all.at(-1)!.push(item);
    if (isThird(item)) all.push([]);
  }
  const last = all.pop()!;
  return ended && last.length > 0 ? [...all, last] : all;
};

/** Windows of four moments; one is closed by an item that is two past its end. */
const fours: Model = (items, ended) => {
  const starts = [...new Set(items.map((item) => Math.floor(item / 4) * 4))];
  const latest = Math.max(...items);
  return starts.filter((start) => ended || latest - 2 >= start + 4).map((start) => ({
    start,
    end: start + 4,
    items: items.filter((item) => item >= start && item < start + 4),
    key: undefined,
  }));
};

/** Those that call a function for each item. */
export const WINDOWED_FUNCTION_OPERATORS: readonly FunctionOperator[] = [
  {
    name: "scan()",
    modes: ONE_BY_ONE,
    answer: double,
    build: (call, options) =>
      start().scan(
        KEY,
        (_value: unknown, item, index, context) => call(item, index, context),
        0,
        options,
      ),
    model: (items) => items.map(double),
  },
  {
    name: "fold()",
    modes: ONE_BY_ONE,
    answer: double,
    build: (call, options) =>
      start().fold(
        KEY,
        (_value: unknown, item, index, context) => call(item, index, context),
        0,
        options,
      ),
    model: (items, ended) => ended ? [double(items.at(-1) ?? 0)] : [],
    answersAtEnd: true,
  },
  {
    name: "distinct() by a key",
    modes: ONE_BY_ONE,
    answer: toPair,
    build: (call, options) => start().distinct(KEY, { ...options, by: as(call) }),
    model: (items) =>
      items.filter((item, at) => items.findIndex((each) => toPair(each) === toPair(item)) === at),
    drops: true,
  },
  {
    name: "batchUntil()",
    modes: ONE_BY_ONE,
    answer: isThird,
    build: (call, options) => start().batchUntil(KEY, as<boolean>(call), options),
    model: untilThird,
    handsOutKept: true,
  },
  {
    name: "transform()",
    modes: ONE_BY_ONE,
    answer: (item) => [item, item + 0.5],
    build: (call, options) =>
      start().transform(KEY, () => ({ transform: as<number[]>(call), flush: () => [-1] }), options),
    model: (items, ended) => [
      ...items.flatMap((item) => [item, item + 0.5]),
      ...(ended ? [-1] : []),
    ],
  },
  {
    name: "windowTime() by event time",
    modes: ONE_BY_ONE,
    answer: (item) => item,
    build: (call, options) =>
      start().windowTime(KEY, {
        ...options,
        timestamp: as<number>(call),
        sizeMs: 4,
        allowedLatenessMs: 2,
      }),
    model: fours,
    handsOutKept: true,
  },
  {
    // Each item has a key of its own: the order of each key has tests of its own, too.
    name: "mapPartitioned()",
    modes: [...PARALLEL, parallelMode(2, false, false)],
    answer: double,
    build: (call, { parallel: _, ...options } = {}) =>
      start().mapPartitioned(KEY, (item) => item, as(call), { waitingLimit: 0, ...options }),
    model: (items) => items.map(double),
  },
];

/** Those that take none, or none that can fail for them. */
export const WINDOWED_OPERATORS: readonly PlainOperator[] = [
  { name: "distinct()", build: () => start().distinct(KEY), model: same, drops: true },
  {
    name: "distinct() in a window",
    build: () => start().distinct(KEY, { window: 2 }),
    model: same,
    drops: true,
  },
  { name: "window()", build: () => start().window(KEY, { size: 3 }), model: windows(3) },
  {
    name: "window() that overlaps",
    build: () => start().window(KEY, { size: 3, slide: 2 }),
    model: windows(3, 2),
  },
  {
    name: "window() that leaves items out",
    build: () => start().window(KEY, { size: 2, slide: 3 }),
    model: windows(2, 3),
    drops: true,
  },
  {
    name: "batch() by weight",
    build: () => start().batch(KEY, { maxWeight: 3, weigh: () => 1 }),
    model: windows(3),
  },
  {
    name: "batch() by time",
    build: () => start().batch(KEY, { size: 3, maxWaitMs: NEVER_MS }),
    model: windows(3),
  },
  {
    name: "groupBy()",
    build: () =>
      start().groupBy(
        KEY,
        (item) => item % 3,
        (group) => group.map("s", (item) => item),
        oneAtATime,
      ),
    model: same,
  },
  {
    name: "groupBy() with a batch in each group",
    build: () =>
      start().groupBy(KEY, toPair, (group) => group.batch("pair", 2), {
        ...oneAtATime,
        maxKeys: 1,
        whenFull: "evict",
      }),
    model: windows(2),
  },
  {
    name: "partition()",
    build: () => start().partition(KEY, () => true, (all) => all.batch("b", 3), (none) => none),
    model: windows(3),
    ahead: 1,
  },
  {
    name: "throttle()",
    build: () => start().throttle(KEY, { limit: 1_000_000, intervalMs: 1 }),
    model: same,
  },
  { name: "delay() of no time", build: () => start().delay(KEY, 0, one), model: same, ahead: 2 },
  { name: "timeout()", build: () => start().timeout(KEY, { betweenMs: NEVER_MS }), model: same },
  {
    name: "takeUntil() a signal",
    build: () => start().takeUntil(KEY, new AbortController().signal),
    model: same,
  },
  {
    name: "takeUntil() a promise",
    build: () => start().takeUntil(KEY, new Promise(() => {})),
    model: same,
  },
  {
    name: "takeUntil() a function",
    build: () => start().takeUntil(KEY, () => new AbortController().signal),
    model: same,
  },
];
