// The operators that call a function for each item, and a plain-array model of each.

import { createStep, createStreamingStep, StreamingPipeline } from "../../mod.ts";
import type { LoadFunction, StageFunction, StageOptions } from "../../mod.ts";
import type { Call } from "../../src/testing/call_probe.ts";
import {
  ALL_MODES,
  ASYNC_MODES,
  BATCH_MODES,
  type Mode,
  SOME_ASYNC_MODES,
  STEP_MODES,
} from "./_modes.ts";

/** A pipeline over numbers, whatever comes out. */
export type AnyPipeline = StreamingPipeline<number, unknown, unknown>;

/** What must come out for `items`; `ended` is false while more may follow. */
export type Model = (items: readonly number[], ended: boolean) => unknown[];

/** An operator that is given a function. */
export interface FunctionOperator {
  readonly name: string;
  readonly modes: readonly Mode[];
  /** What the probed function answers. */
  readonly answer: (item: number) => unknown;
  /** Puts the stage, with key `stage`, on an empty pipeline. */
  readonly build: (call: Call, options: StageOptions | undefined) => AnyPipeline;
  readonly model: Model;
  /** Whether its function is notified when its result is no longer wanted: steps are not. */
  readonly hasSignal?: false;
  /** Whether what it keeps back comes out before its own failure. */
  readonly handsOutKept?: true;
  /** Whether nothing comes out before the end: an endless source gives nothing. */
  readonly answersAtEnd?: true;
  /** Whether calls that began together end together, and fail with errors only. */
  readonly endsTogether?: true;
  /** Whether its own rule drops items. */
  readonly drops?: true;
}

/** An operator that takes no function. */
export interface PlainOperator {
  readonly name: string;
  readonly build: () => AnyPipeline;
  readonly model: Model;
  /** The most items it may have read beyond those that its output needs. @default {0} */
  readonly ahead?: number;
  /** Whether its own rule drops items. */
  readonly drops?: true;
}

/** The key of the stage under test. */
export const KEY = "stage";

const start = () => StreamingPipeline.start<number>();

/** The builder's types are not under test here. */
const as = <TOutput>(call: Call) => call as StageFunction<number, TOutput, unknown, unknown>;

const isKept = (item: number) => item % 3 !== 0;
const isFirst = (item: number) => item < 12;
const isSmall = (item: number) => item < 5;
const isEven = (item: number) => item % 2 === 0;
const double = (item: number) => item * 2;
const repeat = (item: number) => [item, item + 0.5];
const repeated: Model = (items) => items.flatMap(repeat);
const doubled: Model = (items) => items.map(double);
const branched: Model = (items) => items.map((item) => isEven(item) ? item * 2 : -item);

function countWhile(items: readonly number[], isMet: (item: number) => boolean): number {
  const end = items.findIndex((item) => !isMet(item));
  return end === -1 ? items.length : end;
}

async function* repeatLater(item: number): AsyncGenerator<number> {
  for (const each of repeat(item)) yield await Promise.resolve(each);
}

function repeatAsStream(item: number): ReadableStream<number> {
  const items = repeat(item);
  return new ReadableStream({
    pull(controller) {
      const next = items.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(next);
    },
  }, { highWaterMark: 0 });
}

/** A streaming step that calls the function for what it reads: the item is its own index. */
function streamingStep(call: Call) {
  return createStreamingStep<number, unknown>("probed step", async function* (context) {
    for await (const item of context.input) yield await call(item, item, context);
  });
}

/** A step that calls the function. Steps have neither index nor signal of their own. */
function step(call: Call) {
  const { signal } = new AbortController();
  return createStep(
    "probed step",
    ({ input }: { input: number }) => call(input, input, { signal }),
  );
}

/** A function over arrays that calls the function for each item: the item is its own index. */
function loader(call: Call): LoadFunction<number, unknown, unknown> {
  return async (items, _number, context) => {
    const calls = items.map(async (item) => await call(item, item, context));
    const answers = await Promise.allSettled(calls);
    return answers.map((each) => each.status === "fulfilled" ? each.value : each.reason);
  };
}

/** Every one of them. */
export const FUNCTION_OPERATORS: readonly FunctionOperator[] = [
  {
    name: "map()",
    modes: ALL_MODES,
    answer: double,
    build: (call, options) => start().map(KEY, as(call), options),
    model: doubled,
  },
  {
    name: "map() with batches of one",
    modes: BATCH_MODES,
    answer: double,
    build: (call, options) => {
      const load: LoadFunction<number, unknown, unknown> = async (
        [item],
        _number,
        context,
      ) => [await call(item!, item!, context)];
      return start().map(KEY, load, { ...options, batch: { size: 1 } });
    },
    model: doubled,
  },
  {
    name: "map() with a batch",
    modes: BATCH_MODES,
    endsTogether: true,
    answer: double,
    build: (call, options) =>
      start().map(KEY, loader(call), {
        ...options,
        batch: { size: options?.concurrencyLimit as number },
      }),
    model: doubled,
  },
  {
    name: "flatMap()",
    modes: ALL_MODES,
    answer: repeat,
    build: (call, options) => start().flatMap(KEY, as<number[]>(call), options),
    model: repeated,
  },
  {
    name: "flatMap() to async iterables",
    modes: ASYNC_MODES,
    answer: repeatLater,
    build: (call, options) => start().flatMap(KEY, as<AsyncIterable<number>>(call), options),
    model: repeated,
  },
  {
    name: "flatMap() to streams",
    modes: SOME_ASYNC_MODES,
    answer: repeatAsStream,
    build: (call, options) => start().flatMap(KEY, as<ReadableStream<number>>(call), options),
    model: repeated,
  },
  {
    name: "filter()",
    modes: ALL_MODES,
    answer: isKept,
    build: (call, options) => start().filter(KEY, as<boolean>(call), options),
    model: (items) => items.filter(isKept),
    drops: true,
  },
  {
    name: "tap()",
    modes: ALL_MODES,
    answer: () => undefined,
    build: (call, options) => start().tap(KEY, as(call), options),
    model: (items) => [...items],
  },
  {
    name: "takeWhile()",
    modes: ALL_MODES,
    answer: isFirst,
    build: (call, options) => start().takeWhile(KEY, as<boolean>(call), options),
    model: (items) => items.slice(0, countWhile(items, isFirst)),
    drops: true,
  },
  {
    name: "skipWhile()",
    modes: ALL_MODES,
    answer: isSmall,
    build: (call, options) => start().skipWhile(KEY, as<boolean>(call), options),
    model: (items) => items.slice(countWhile(items, isSmall)),
    drops: true,
  },
  {
    name: "branch()",
    modes: ALL_MODES,
    answer: double,
    build: (call, options) => start().branch(KEY, isEven, as(call), as(call), options),
    model: doubled,
  },
  {
    name: "branch() with a probed predicate",
    modes: SOME_ASYNC_MODES,
    answer: isEven,
    build: (call, options) =>
      start().branch(KEY, as<boolean>(call), double, (item) => -item, options),
    model: branched,
  },
  {
    name: "branch() with a streaming step",
    modes: SOME_ASYNC_MODES,
    answer: double,
    build: (call, options) => start().branch(KEY, isEven, streamingStep(call), as(call), options),
    model: doubled,
  },
  {
    name: "map() with a step",
    modes: SOME_ASYNC_MODES,
    answer: double,
    build: (call, options) => start().map(KEY, step(call), options),
    model: doubled,
    hasSignal: false,
  },
  {
    name: "map() with a streaming step",
    modes: ASYNC_MODES,
    answer: double,
    build: (call, options) => start().map(KEY, streamingStep(call), options),
    model: doubled,
  },
  {
    name: "flatMap() with a streaming step",
    modes: SOME_ASYNC_MODES,
    answer: double,
    build: (call, options) => start().flatMap(KEY, streamingStep(call), options),
    model: doubled,
  },
  {
    name: "add() with a generator",
    modes: STEP_MODES,
    answer: double,
    build: (call, options) => start().add(KEY, streamingStep(call).execute, options),
    model: doubled,
  },
  {
    name: "add() with a step",
    modes: STEP_MODES,
    answer: double,
    build: (call, options) => start().add(KEY, step(call), options),
    model: doubled,
    hasSignal: false,
  },
  {
    name: "compose()",
    modes: SOME_ASYNC_MODES,
    answer: double,
    build: (call, options) => start().compose(start().map(KEY, as(call), options)),
    model: doubled,
  },
];
