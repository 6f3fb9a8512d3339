// Every place where user code hands over many items: to a run, a stage, or a function on sources.

import {
  combineLatest,
  concat,
  createStreamingStep,
  interleave,
  join,
  merge,
  retrySource,
  share,
  type StageOptions,
  type StreamingPipeline,
  zip,
  zipLongest,
} from "../../mod.ts";
import type { AnyPipeline } from "./_rows.ts";
import type { AnySource } from "./_ends.ts";

/** Hands over something new at each call. */
export type Hand = () => AsyncIterable<number>;

/** A pipeline and its source, one of which has to do with what is handed over. */
export interface Built {
  readonly pipeline: AnyPipeline;
  readonly source: AnySource;
}

/** One such place. */
export interface Owner {
  readonly name: string;
  /** `start` begins the pipeline. */
  readonly build: (hand: Hand, start: () => StreamingPipeline<number, number>) => Built;
}

const ITEMS = [1, 2, 3];
const BY_ITEM = { leftKey: (item: number) => item, rightKey: (item: number) => item } as const;
const RETRY = { maxAttempts: 2, backoffMs: 1 };
const NEVER_MS = 3_600_000;

/** What guards a call: nothing, a time limit, more attempts. */
const GUARDS: Readonly<Record<string, StageOptions>> = {
  "": {},
  " with timeoutMs": { timeoutMs: NEVER_MS },
  " with retry": { retry: RETRY },
};

const MODES: Readonly<Record<string, StageOptions>> = {
  "": {},
  " parallel": { parallel: true, concurrencyLimit: 3 },
  " parallel unordered": { parallel: true, concurrencyLimit: 3, ordered: false },
  " parallel without read-ahead": { parallel: true, concurrencyLimit: 3, highWaterMark: 0 },
};

/** Ways in which a function answers. */
const ANSWERS: Readonly<Record<string, (hand: Hand) => () => unknown>> = {
  "": (hand) => hand,
  " by a promise": (hand) => () => Promise.resolve().then(hand),
};

const each = <T>(table: Readonly<Record<string, T>>) => Object.entries(table);

/** A step that gives what was handed over in place of each item, or of all. */
const stepOver = (hand: Hand) => createStreamingStep("step", () => hand());

const FUNCTIONS: readonly Owner[] = each(MODES).flatMap(([mode, options]) =>
  each(GUARDS).flatMap(([guard, more]) => [
    ...each(ANSWERS).map(([how, answer]): Owner => ({
      name: `the function of flatMap()${mode}${guard}${how}`,
      build: (hand, start) => ({
        pipeline: start().flatMap("stage", answer(hand) as Hand, { ...options, ...more }),
        source: ITEMS,
      }),
    })),
    {
      name: `a streaming step of branch()${mode}${guard}`,
      build: (hand, start) => ({
        pipeline: start().branch("stage", () => true, stepOver(hand), stepOver(hand), {
          ...options,
          ...more,
        }),
        source: ITEMS,
      }),
    },
    ...(options.parallel
      ? [{
        name: `a streaming step per item${mode}${guard}`,
        build: (hand: Hand, start: () => StreamingPipeline<number, number>) => ({
          pipeline: start().map("stage", stepOver(hand), { ...options, ...more }),
          source: ITEMS,
        }),
      }]
      : []),
  ])
);

const STEPS: readonly Owner[] = [
  {
    name: "a step of add()",
    build: (hand, start) => ({
      pipeline: start().add("stage", () => hand()),
      source: ITEMS,
    }),
  },
  {
    name: "a step of add() with retry",
    build: (hand, start) => ({
      pipeline: start().add("stage", () => hand(), { retry: RETRY }),
      source: ITEMS,
    }),
  },
  {
    name: "a step that leaves its failures out",
    build: (hand, start) => ({
      pipeline: start().add("stage", () => hand(), { errorStrategy: "SKIP_FAILED" }),
      source: ITEMS,
    }),
  },
  {
    name: "a branch of fanOut()",
    build: (hand, start) => ({
      pipeline: start().fanOut("stage", {
        one: { build: (branch) => branch.flatMap("many", hand) },
        two: { build: (branch) => branch.concatWith("more", hand) },
      }),
      source: ITEMS,
    }),
  },
  {
    name: "a group of groupBy()",
    build: (hand, start) => ({
      pipeline: start().groupBy(
        "stage",
        (item) => item,
        (group) => group.flatMap("many", hand, { parallel: true }).mergeWith("more", hand),
      ),
      source: ITEMS,
    }),
  },
];

type Other = AsyncIterable<number> | (() => AsyncIterable<number>);
type Combine = (pipeline: StreamingPipeline<number, number>, other: Other) => AnyPipeline;

const COMBINES: Readonly<Record<string, Combine>> = {
  mergeWith: (pipeline, other) => pipeline.mergeWith("stage", other),
  concatWith: (pipeline, other) => pipeline.concatWith("stage", other),
  interleaveWith: (pipeline, other) => pipeline.interleaveWith("stage", other),
  zipWith: (pipeline, other) => pipeline.zipWith("stage", other),
  combineLatestWith: (pipeline, other) => pipeline.combineLatestWith("stage", other),
  "joinWith by hash": (pipeline, other) =>
    pipeline.joinWith("stage", other, { ...BY_ITEM, kind: "left", strategy: "hash" }),
  "joinWith by hash of the left": (pipeline, other) =>
    pipeline.joinWith("stage", other, {
      ...BY_ITEM,
      kind: "left",
      strategy: "hash",
      build: "left",
    }),
  "joinWith sorted": (pipeline, other) =>
    pipeline.joinWith("stage", other, { ...BY_ITEM, kind: "left", strategy: "sorted" }),
};

const OTHERS: readonly Owner[] = each(COMBINES).flatMap(([name, combine]) => [
  {
    name: `${name}()`,
    build: (hand, start) => ({ pipeline: combine(start(), hand()), source: ITEMS }),
  },
  {
    name: `the function of ${name}()`,
    build: (hand, start) => ({ pipeline: combine(start(), hand), source: ITEMS }),
  },
  {
    name: `the function of ${name}() by a promise`,
    build: (hand, start) => ({
      pipeline: combine(start(), ANSWERS[" by a promise"]!(hand) as Hand),
      source: ITEMS,
    }),
  },
]);

const FROM_SOURCES: Readonly<Record<string, (hand: Hand) => AsyncIterable<unknown>>> = {
  "merge()": (hand) => merge(hand(), hand(), hand()),
  "concat()": (hand) => concat(hand(), hand(), hand()),
  "interleave()": (hand) => interleave(hand(), hand(), hand()),
  "zip()": (hand) => zip(hand(), hand(), hand()),
  "zipLongest()": (hand) => zipLongest(0, hand(), [], hand()),
  "combineLatest()": (hand) => combineLatest(hand(), hand(), hand()),
  "join() by hash": (hand) => join(hand(), hand(), { ...BY_ITEM, kind: "left", strategy: "hash" }),
  "join() of sorted sides": (hand) =>
    join(hand(), hand(), { ...BY_ITEM, kind: "left", strategy: "sorted" }),
  "a consumer of share()": (hand) => share(hand(), { bufferSize: 2 })[Symbol.asyncIterator](),
  "retrySource()": (hand) => retrySource(hand, RETRY),
  "retrySource() by a promise": (hand) =>
    retrySource(ANSWERS[" by a promise"]!(hand) as Hand, RETRY),
};

const SOURCES: readonly Owner[] = each(FROM_SOURCES).map(([name, open]) => ({
  name,
  build: (hand, start) => ({ pipeline: start(), source: open(hand) as AnySource }),
}));

/** The run itself, in front of what stands at its beginning. */
const RUNS: readonly Owner[] = each<(pipeline: StreamingPipeline<number, number>) => AnyPipeline>({
  "a run": (pipeline) => pipeline,
  "a run that begins with a function": (pipeline) => pipeline.map("stage", (item) => item),
  "a run that begins with parallel work": (pipeline) =>
    pipeline.map("stage", (item) => Promise.resolve(item), { parallel: true }),
  "a run that begins with a step": (pipeline) => pipeline.add("stage", ({ input }) => input),
  "a run that begins with a transform": (pipeline) =>
    pipeline.through("stage", () => new TransformStream<number, number>()),
  "a run that begins with a checkpoint": (pipeline) => pipeline.checkpoint("stage"),
  "a run that begins with a buffer": (pipeline) => pipeline.buffer("stage", 2),
  "a run that begins with groups": (pipeline) =>
    pipeline.groupBy("stage", (item) => item, (group) => group.batch("all", 2)),
  "a run that begins with another source": (pipeline) => pipeline.concatWith("stage", [1]),
}).map(([name, append]) => ({
  name,
  build: (hand, start) => ({ pipeline: append(start()), source: hand() }),
}));

/** Every place. */
export const OWNERS: readonly Owner[] = [...RUNS, ...FUNCTIONS, ...STEPS, ...OTHERS, ...SOURCES];
