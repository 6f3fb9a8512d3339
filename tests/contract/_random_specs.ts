// What a random run is made of, as data, and how fast-check makes it.

import fc from "fast-check";
import { StreamingErrorStrategy } from "../../mod.ts";
import { SOURCE_KINDS, type SourceKind } from "../support/source_probe.ts";

/** The operators that call a function. */
export const FUNCTION_OPS = [
  "map",
  "flatMap",
  "flatMap later",
  "filter",
  "tap",
  "takeWhile",
  "skipWhile",
  "branch",
  "step",
  "step per item",
] as const;

/** The operators that do not. */
const PLAIN_OPS = ["take", "skip", "batch", "through", "buffer"] as const;

/** Those whose result depends on the order in which items come. */
const ORDER_SENSITIVE: ReadonlySet<Op> = new Set([
  "takeWhile",
  "skipWhile",
  "take",
  "skip",
  "batch",
]);

export type Op = typeof FUNCTION_OPS[number] | typeof PLAIN_OPS[number];

/** How a stage's function fails. */
export interface FailureSpec {
  /** The function fails on every item whose number is `remainder` modulo `modulus`. */
  readonly modulus: number;
  readonly remainder: number;
  /** How many attempts fail on each of them. */
  readonly times: number;
}

/** One stage. */
export interface StageSpec {
  readonly key: string;
  readonly op: Op;
  /** The number that operators such as `take` and `batch` are given. */
  readonly count: number;
  readonly isAsync: boolean;
  readonly isParallel: boolean;
  readonly ordered: boolean;
  readonly limit: number;
  readonly highWaterMark: number | undefined;
  /** Whether its held calls end when their signal is aborted. */
  readonly obeys: boolean;
  readonly failure: FailureSpec | undefined;
  readonly strategy: StreamingErrorStrategy;
  readonly maxAttempts: number;
}

/** Who reads the run, and what it does after so many items. */
export interface ConsumerSpec {
  readonly end: "execute" | "readable" | "forEach" | "array";
  readonly action: "reads all" | "breaks" | "throws" | "aborts";
  readonly after: number;
}

/** A whole run. */
export interface Scenario {
  readonly stages: readonly StageSpec[];
  readonly source: {
    readonly kind: SourceKind;
    readonly count: number;
    readonly failAfter: number | undefined;
    readonly failsOnClose: boolean;
    readonly isSlow: boolean;
  };
  readonly consumer: ConsumerSpec;
  /** Whether whoever takes the failed items of `SPLIT_ERRORS` lets the run wait. */
  readonly isSinkSlow: boolean;
  /** Decides which of what waits goes on, one number after the other. */
  readonly picks: readonly number[];
}

const failure: fc.Arbitrary<FailureSpec> = fc.record({
  modulus: fc.integer({ min: 4, max: 16 }),
  remainder: fc.nat(3),
  times: fc.constantFrom(1, 2, Infinity),
});

/** A third of the stages fail. */
const stage = (ops: readonly Op[]): fc.Arbitrary<Omit<StageSpec, "key">> =>
  fc.record<Omit<StageSpec, "key">>({
    op: fc.constantFrom(...ops),
    count: fc.nat(12),
    isAsync: fc.boolean(),
    isParallel: fc.boolean(),
    ordered: fc.boolean(),
    limit: fc.constantFrom(1, 2, 3, 16),
    highWaterMark: fc.constantFrom(undefined, 0, 1, 5),
    obeys: fc.boolean(),
    failure: fc.option(failure, { freq: 2, nil: undefined }),
    strategy: fc.constantFrom(...Object.values(StreamingErrorStrategy)),
    maxAttempts: fc.constantFrom(1, 1, 2, 3),
  }).map(simplify);

/** Leaves out what a model without time cannot predict, or what an operator does not have. */
function simplify(spec: Omit<StageSpec, "key">): Omit<StageSpec, "key"> {
  const { op, failure } = spec;
  if (op !== "step" && op !== "step per item") return spec;
  return { ...spec, maxAttempts: 1, failure: failure && { ...failure, times: Infinity } };
}

const source = fc.record({
  kind: fc.constantFrom(...SOURCE_KINDS),
  count: fc.nat(25),
  failAfter: fc.option(fc.nat(20), { freq: 4, nil: undefined }),
  failsOnClose: fc.boolean(),
  isSlow: fc.boolean(),
});

/** Not every end can stop in every way. */
const CONSUMERS: readonly Omit<ConsumerSpec, "after">[] = [
  ...(["execute", "readable"] as const).flatMap((end) =>
    (["reads all", "breaks", "throws", "aborts"] as const).map((action) => ({ end, action }))
  ),
  ...(["reads all", "throws", "aborts"] as const).map((action) => ({
    end: "forEach" as const,
    action,
  })),
  { end: "array", action: "reads all" },
];

const consumer: fc.Arbitrary<ConsumerSpec> = fc.record({
  kind: fc.constantFrom(...CONSUMERS),
  after: fc.integer({ min: 1, max: 8 }),
}).map(({ kind, after }) => ({ ...kind, after }));

const scenario = (ops: readonly Op[]): fc.Arbitrary<Scenario> =>
  fc.record({
    stages: fc.array(stage(ops), { minLength: 3, maxLength: 8 })
      .map((stages) => stages.map((each, index) => ({ ...each, key: `${each.op} ${index}` }))),
    source,
    consumer,
    isSinkSlow: fc.boolean(),
    picks: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 30 }),
  });

const ALL_OPS: readonly Op[] = [...FUNCTION_OPS, ...PLAIN_OPS];

/** Runs in which every stage keeps the order: their result is exactly known. */
export const ORDERED_SCENARIOS: fc.Arbitrary<Scenario> = scenario(ALL_OPS).map((made) => ({
  ...made,
  stages: made.stages.map((each) => ({ ...each, ordered: true })),
}));

/** Runs in which some stage does not: which items come out is known, but not when. */
export const UNORDERED_SCENARIOS: fc.Arbitrary<Scenario> = scenario(
  ALL_OPS.filter((op) => !ORDER_SENSITIVE.has(op)),
);
