// The places beside the functions of operators where code of the user's is called.

import { type RetryOptions, type StageOptions, type Step, StreamingPipeline } from "../../mod.ts";
import { type AnyPipeline, KEY } from "./_function_operators.ts";

/** A callback: it is called with an item, in most places, and answers with what the place needs. */
// deno-lint-ignore no-explicit-any -- each place has a type of its own for what it answers
export type Callback = (item?: any) => any;

/** A pipeline that calls a function of the user's. */
export interface CallbackRow {
  readonly name: string;
  /** What it should answer for an item. */
  readonly answer: (item: number) => unknown;
  /** A pipeline that calls `call` for its items. */
  readonly build: (call: Callback, options?: StageOptions) => AnyPipeline;
}

type Row = readonly [name: string, answer: CallbackRow["answer"], build: CallbackRow["build"]];

const start = () => StreamingPipeline.start<number>();
const same = (item: number) => item;
const nothing = () => undefined;
const one = () => 1;

const RETRY: RetryOptions = { maxAttempts: 2, backoffMs: 0 };
const NEVER_MS = 3_600_000;

/** Stages that can work side by side. */
export const WITH_MODES: readonly CallbackRow[] = rows([
  [
    "map() with retry",
    same,
    (call, options) => start().map(KEY, (item) => call(item), { retry: RETRY, ...options }),
  ],
  [
    "map() with timeoutMs",
    same,
    (call, options) => start().map(KEY, (item) => call(item), { timeoutMs: NEVER_MS, ...options }),
  ],
  [
    "flatMap() with retry",
    (item) => [item],
    (call, options) => start().flatMap(KEY, (item) => call(item), { retry: RETRY, ...options }),
  ],
  [
    "a step that was written by hand",
    same,
    (call, options) => start().map(KEY, stepByHand(call), options),
  ],
  [
    "the async iterator of flatMap()",
    same,
    (call, options) => start().flatMap(KEY, (item) => iteratorByHand(() => call(item)), options),
  ],
]);

/** Stages that have an error strategy and work on one item at a time. */
export const ONE_BY_ONE: readonly CallbackRow[] = rows([
  [
    "add() with a generator and retry",
    same,
    (call, options) => start().add(KEY, generatorOf(call), { ...options, retry: RETRY }),
  ],
  [
    "fold()",
    same,
    (call, options) => start().fold(KEY, (_: unknown, item) => call(item), 0, options),
  ],
  [
    "the sessions of windowTime()",
    same,
    (call, options) =>
      start().windowTime(KEY, { gapMs: 2, timestamp: (item) => call(item), ...options }),
  ],
  [
    "the key of windowTime()",
    () => "key",
    (call, options) =>
      start().windowTime(KEY, {
        sizeMs: 2,
        timestamp: same,
        by: (item) => call(item),
        ...options,
      }),
  ],
  [
    "the late items of windowTime()",
    nothing,
    (call, options) =>
      start().windowTime(KEY, {
        sizeMs: 1,
        timestamp: (item) => -item,
        lateItems: ({ item }) => call(item),
        ...options,
      }),
  ],
  [
    "the key of mapPartitioned()",
    same,
    (call, options) => start().mapPartitioned(KEY, (item) => call(item), same, options),
  ],
  [
    "mapPartitioned() with one key",
    same,
    (call, options) => start().mapPartitioned(KEY, one, (item) => call(item), options),
  ],
]);

/** What fails the run where it fails. */
export const WITHOUT_STRATEGY: readonly CallbackRow[] = rows([
  [
    "the weight of batch()",
    one,
    (call) => start().batch(KEY, { maxWeight: 2, weigh: (item) => call(item) }),
  ],
  [
    "the weight of batch() by time",
    one,
    (call) => {
      const weigh = (item: number) => call(item);
      return start().batch(KEY, { maxWeight: 2, maxWaitMs: NEVER_MS, weigh });
    },
  ],
  [
    "the cost of throttle()",
    one,
    (call) => start().throttle(KEY, { limit: 99, intervalMs: 1, cost: (item) => call(item) }),
  ],
  [
    "the key of groupBy()",
    (item) => item % 2,
    (call) => start().groupBy(KEY, (item) => call(item), (group) => group.tap("t", same)),
  ],
  [
    "a stage of groupBy()",
    same,
    (call) => start().groupBy(KEY, same, (group) => group.map("m", (item) => call(item))),
  ],
  [
    "a step of groupBy()",
    same,
    (call) => start().groupBy(KEY, same, (group) => group.add("m", generatorOf(call))),
  ],
  [
    "the predicate of partition()",
    (item) => item > 1,
    (call) => start().partition(KEY, (item) => call(item), (yes) => yes, (no) => no),
  ],
  [
    "a stage of partition()",
    same,
    (call) =>
      start().partition(
        KEY,
        (item) => item > 0,
        (yes) => yes.tap("t", (item) => call(item)),
        (no) => no,
      ),
  ],
  [
    "a stage of fanOut()",
    same,
    (call) => {
      const other = (items: AnyPipeline) => items.filter("none", () => false);
      return start().fanOut(KEY, { one: (items) => items.map("m", (item) => call(item)), other });
    },
  ],
  [
    "the sink of fanOut()",
    nothing,
    (call) => start().fanOut(KEY, { one: { build: (items) => items, to: (item) => call(item) } }),
  ],
  [
    "the choice of route()",
    (item) => item > 1 ? "one" : "other",
    (call) => {
      const branches = { one: (items: AnyPipeline) => items, other: (items: AnyPipeline) => items };
      return start().route(KEY, (item) => call(item), branches);
    },
  ],
  [
    "a stage of route()",
    same,
    (call) =>
      start().route(KEY, () => "one", { one: (items) => items.tap("t", (item) => call(item)) }),
  ],
  ["a transform of through()", same, (call) => start().through(KEY, () => transformOf(call))],
  ...(["mergeWith", "concatWith", "interleaveWith", "zipWith", "combineLatestWith"] as const).map(
    (name): Row => [
      `the other source of ${name}()`,
      same,
      (call) =>
        start()[name](KEY, async function* () {
          for (let item = 0; item < 3; item++) yield await call(item);
        }),
    ],
  ),
]);

/** What is not awaited, and fails the run where it fails. */
export const SYNC: readonly CallbackRow[] = rows([
  [
    "the builder of groupBy()",
    nothing,
    (call) => start().groupBy(KEY, same, (group, key) => (call(key), group)),
  ],
  [
    "the items that fanOut() drops",
    nothing,
    (call) => {
      const policy = { whenFull: "dropNewest", bufferSize: 0 } as const;
      const slow = (items: AnyPipeline) => items.map("slow", slowly);
      return start().fanOut(KEY, { one: { build: slow, onDrop: (item) => call(item), ...policy } });
    },
  ],
  [
    "the left key of joinWith()",
    same,
    (call) => start().joinWith(KEY, [0, 1, 2, 3], joinBy({ leftKey: call })),
  ],
  [
    "the right key of joinWith()",
    same,
    (call) => start().joinWith(KEY, [0, 1, 2, 3], joinBy({ rightKey: call })),
  ],
  [
    "the order of joinWith()",
    () => 0,
    (call) => {
      const compare = (left: number, right: number) => call(Math.max(left, right)) + left - right;
      return start().joinWith(KEY, [0, 1, 2, 3], joinBy({ strategy: "sorted", compare }));
    },
  ],
  [
    "the generator of flatMap()",
    same,
    (call) =>
      start().flatMap(KEY, function* (item) {
        yield call(item);
      }),
  ],
]);

function rows(tuples: readonly Row[]): CallbackRow[] {
  return tuples.map(([name, answer, build]) => ({ name, answer, build }));
}

function stepByHand(call: Callback): Step<number, unknown> {
  return {
    name: "by hand",
    isStep: true,
    execute: async ({ input }: { input: number }) => ({
      success: true,
      data: await call(input),
      metadata: { stepName: "by hand", startTime: 0, endTime: 0, durationMs: 0 },
    }),
  } as Step<number, unknown>;
}

function iteratorByHand(call: () => unknown): AsyncIterable<unknown> {
  return {
    [Symbol.asyncIterator]() {
      let isDone = true;
      return { next: async () => ({ done: isDone = !isDone, value: await call() }) };
    },
  };
}

function generatorOf(call: Callback) {
  return async function* ({ input }: { input: AsyncIterable<unknown> }) {
    for await (const item of input) yield await call(item);
  };
}

/** Nothing is thrown in it: workerd 1.20261023 reports that as unhandled, always. */
function transformOf(call: Callback): TransformStream<number, unknown> {
  return new TransformStream({
    async transform(item, controller) {
      try {
        controller.enqueue(await call(item));
      } catch (error) {
        controller.error(error);
      }
    },
  });
}

async function slowly(item: unknown): Promise<unknown> {
  for (let hops = 0; hops < 20; hops++) await undefined;
  return item;
}

function joinBy(given: object) {
  const options = { leftKey: same, rightKey: same, kind: "left", strategy: "hash", ...given };
  return options as Parameters<ReturnType<typeof start>["joinWith"]>[2];
}
