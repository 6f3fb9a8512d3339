// Every stage that can fail, in every way it can be written, and a plain-array model of each.

import { createStep, createStreamingStep, StreamingPipeline } from "../../mod.ts";
import type { AddOptions, StageOptions } from "../../mod.ts";

/** A pipeline over numbers, whatever comes out. */
export type AnyPipeline = StreamingPipeline<number, unknown, unknown>;

/** Throws for the items that should fail. */
export type Check = (item: number) => void;

/** A stage that calls `check` for each item, once. */
export interface StageRow {
  readonly name: string;
  /** Puts the stage, with key `stage`, on an empty pipeline. */
  readonly build: (check: Check, options: StageOptions, isAsync: boolean) => AnyPipeline;
  /** What comes out for one item. */
  readonly model: (item: number) => unknown[];
  /** What comes out for an item that fails. */
  readonly remains?: (item: number) => unknown[];
  /** Where the stage ends the stream; absent where it does not. */
  readonly until?: number;
  /** From which item on its function is not called; absent where it is for each. */
  readonly checksUntil?: number;
  /** Whether it can work side by side. */
  readonly isPerItem: boolean;
}

const start = () => StreamingPipeline.start<number>();

/** Answers at once, or in a promise. */
function answer<T>(isAsync: boolean, make: () => T): T | Promise<T> {
  return isAsync ? Promise.resolve().then(make) : make();
}

function stepOf(check: Check) {
  return createStep("the step", ({ input }: { input: number }) => {
    check(input);
    return input * 2;
  });
}

function streamingStepOf(check: Check, isAsync: boolean) {
  return createStreamingStep<number, number>("the step", async function* ({ input }) {
    for await (const item of input) yield await answer(isAsync, () => (check(item), item * 2));
  });
}

function* halfWay(check: Check, item: number): Generator<number> {
  yield item;
  check(item);
  yield item + 0.5;
}

async function* halfWayLater(check: Check, item: number): AsyncGenerator<number> {
  for (const each of halfWay(check, item)) yield await Promise.resolve(each);
}

function halfWayStream(check: Check, item: number): ReadableStream<number> {
  const items = halfWay(check, item);
  return new ReadableStream({
    pull(controller) {
      const next = items.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
  }, { highWaterMark: 0 });
}

const doubled = (item: number) => [item * 2];
const two = (item: number) => [item, item + 0.5];
const one = (item: number) => [item];
const branched = (item: number) => [item % 2 === 0 ? item * 10 : -item];

/** Stages whose function sees one item at a time. */
const PER_ITEM: readonly Omit<StageRow, "isPerItem">[] = [
  {
    name: "map()",
    build: (check, options, isAsync) =>
      start().map("stage", (item) => answer(isAsync, () => (check(item), item * 2)), options),
    model: doubled,
  },
  {
    name: "map() with a step",
    build: (check, options) => start().map("stage", stepOf(check), options),
    model: doubled,
  },
  {
    name: "flatMap() whose function fails",
    build: (check, options, isAsync) =>
      start().flatMap(
        "stage",
        (item) => answer(isAsync, () => (check(item), [item, item + 0.5])),
        options,
      ),
    model: two,
  },
  {
    name: "flatMap() whose iterable fails half-way",
    build: (check, options, isAsync) =>
      start().flatMap("stage", (item) => answer(isAsync, () => halfWay(check, item)), options),
    model: two,
    remains: one,
  },
  {
    name: "flatMap() whose async iterable fails half-way",
    build: (check, options, isAsync) =>
      start().flatMap("stage", (item) => answer(isAsync, () => halfWayLater(check, item)), options),
    model: two,
    remains: one,
  },
  {
    name: "flatMap() whose stream fails half-way",
    build: (check, options, isAsync) =>
      start().flatMap(
        "stage",
        (item) => answer(isAsync, () => halfWayStream(check, item)),
        options,
      ),
    model: two,
    remains: one,
  },
  {
    name: "filter()",
    build: (check, options, isAsync) =>
      start().filter(
        "stage",
        (item) => answer(isAsync, () => (check(item), item % 2 === 0)),
        options,
      ),
    model: (item) => item % 2 === 0 ? [item] : [],
  },
  {
    name: "tap()",
    build: (check, options, isAsync) =>
      start().tap("stage", (item) => answer(isAsync, () => check(item)), options),
    model: one,
  },
  {
    name: "takeWhile()",
    build: (check, options, isAsync) =>
      start().takeWhile("stage", (item) => answer(isAsync, () => (check(item), item < 8)), options),
    model: one,
    until: 8,
  },
  {
    name: "skipWhile()",
    build: (check, options, isAsync) =>
      start().skipWhile("stage", (item) => answer(isAsync, () => (check(item), item < 5)), options),
    model: (item) => item < 5 ? [] : [item],
    checksUntil: 6,
  },
  {
    name: "branch() whose functions fail",
    build: (check, options, isAsync) =>
      start().branch(
        "stage",
        (item) => item % 2 === 0,
        (item) => answer(isAsync, () => (check(item), item * 10)),
        (item) => answer(isAsync, () => (check(item), -item)),
        options,
      ),
    model: branched,
  },
  {
    name: "branch() whose predicate fails",
    build: (check, options, isAsync) =>
      start().branch(
        "stage",
        (item) => answer(isAsync, () => (check(item), item % 2 === 0)),
        (item) => item * 10,
        (item) => -item,
        options,
      ),
    model: branched,
  },
  {
    name: "branch() with a streaming step",
    build: (check, options, isAsync) =>
      start().branch(
        "stage",
        (item) => item % 2 === 0,
        streamingStepOf(check, isAsync),
        stepOf(check),
        options,
      ),
    model: doubled,
  },
];

const WHOLE_STREAM: readonly Omit<StageRow, "isPerItem">[] = [
  {
    name: "add() with a generator function",
    build: (check, options, isAsync) =>
      start().add("stage", async function* ({ input }) {
        for await (const item of input) yield await answer(isAsync, () => (check(item), item * 2));
      }, options as AddOptions),
    model: doubled,
  },
  {
    name: "add() with a step",
    build: (check, options) => start().add("stage", stepOf(check), options as AddOptions),
    model: doubled,
  },
  {
    name: "map() with a streaming step",
    build: (check, options, isAsync) =>
      start().map("stage", streamingStepOf(check, isAsync), options),
    model: doubled,
  },
];

/** Every stage that can fail. */
export const STAGES: readonly StageRow[] = [
  ...PER_ITEM.map((row) => ({ ...row, isPerItem: true })),
  ...WHOLE_STREAM.map((row) => ({ ...row, isPerItem: false })),
  {
    name: "map() with a streaming step per item",
    build: (check, options, isAsync) =>
      start().map("stage", streamingStepOf(check, isAsync), {
        parallel: true,
        concurrencyLimit: 1,
        ...options,
      }),
    model: doubled,
    isPerItem: true,
  },
];

/** One way for a stage to run. */
export interface Way {
  readonly label: string;
  readonly options: StageOptions;
  readonly isAsync: boolean;
}

const SEQUENTIAL: readonly Way[] = [
  { label: "", options: {}, isAsync: false },
  { label: " async", options: {}, isAsync: true },
];

const PARALLEL: readonly Way[] = [true, false].flatMap((ordered) =>
  [false, true].map((isAsync) => ({
    label: ` parallel ${ordered ? "ordered" : "unordered"}${isAsync ? " async" : ""}`,
    options: { parallel: true, concurrencyLimit: 3, ordered },
    isAsync,
  }))
);

/** The ways in which `row` can run. */
export function waysOf(row: StageRow): readonly Way[] {
  return row.isPerItem ? [...SEQUENTIAL, ...PARALLEL] : SEQUENTIAL;
}
