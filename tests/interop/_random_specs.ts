// What a random pipeline of either kind is made of, as data, and how fast-check makes it.

import fc from "fast-check";
import type { ListErrorStrategy } from "../../mod.ts";

/** The operators that both kinds of pipelines have. */
export type Op =
  | "map"
  | "map step"
  | "filter"
  | "flatMap"
  | "branch"
  | "streaming step"
  | "batch"
  | "flatten";

/** How the work of a stage fails. */
export interface FailureSpec {
  /** It fails on every item whose number is `remainder` modulo `modulus`. */
  readonly modulus: number;
  readonly remainder: number;
  /** How many attempts fail on each of them. */
  readonly times: number;
}

/** One stage. */
export interface StageSpec {
  readonly key: string;
  readonly op: Op;
  /** The size of batches, less one. */
  readonly count: number;
  /** The most microtasks that the work on an item takes; 0 for plain values and throws. */
  readonly hops: number;
  /** One at a time where it is 0. */
  readonly limit: number;
  /** Which side of `branch` is taken. */
  readonly isTrue: boolean;
  /** What all strategies that both sides have are called. */
  readonly strategy: ListErrorStrategy;
  readonly failure: FailureSpec | undefined;
  readonly maxAttempts: number;
}

/** A pipeline and the numbers of its input. */
export interface Scenario {
  readonly input: readonly number[];
  readonly stages: readonly StageSpec[];
}

type Keyless = Omit<StageSpec, "key">;

const FAILURE: fc.Arbitrary<FailureSpec> = fc.record({
  modulus: fc.integer({ min: 3, max: 9 }),
  remainder: fc.nat(2),
  times: fc.constantFrom(1, 2, Infinity, Infinity),
});

const STAGE: fc.Arbitrary<Keyless> = fc.record({
  op: fc.constantFrom<Op>(
    "map",
    "map step",
    "filter",
    "flatMap",
    "branch",
    "streaming step",
    "batch",
    "flatten",
  ),
  count: fc.nat(4),
  hops: fc.nat(5),
  limit: fc.constantFrom(0, 0, 1, 2, 3, 16),
  isTrue: fc.boolean(),
  strategy: fc.constantFrom<ListErrorStrategy>("FAIL_FAST", "COLLECT_ERRORS", "SKIP_FAILED"),
  failure: fc.option(FAILURE, { freq: 3, nil: undefined }),
  maxAttempts: fc.constantFrom(1, 1, 2, 3),
});

const PIPELINE: fc.Arbitrary<readonly StageSpec[]> = fc
  .array(STAGE, { minLength: 1, maxLength: 6, size: "max" })
  .map((stages) => makePossible(stages).map((each, index) => ({ ...each, key: `s${index}` })));

/** Any of them may fail. */
export const SCENARIOS: fc.Arbitrary<Scenario> = fc.record({
  input: fc.array(fc.nat(60), { maxLength: 14, size: "max" }),
  stages: PIPELINE,
});

/**
 * As {@linkcode SCENARIOS}, but the work of one stage at most fails for good: that of the others is
 * tried often enough.
 */
export const ONE_FAILING: fc.Arbitrary<Scenario> = fc.tuple(SCENARIOS, fc.nat(5)).map(
  ([{ input, stages }, at]) => {
    const failing = stages.filter(({ failure }) => failure !== undefined);
    const one = failing[at % failing.length];
    const timesOf = (spec: StageSpec) => spec === one ? Infinity : spec.maxAttempts - 1;
    return {
      input,
      stages: stages.map((spec) => {
        const failure = spec.failure && { ...spec.failure, times: timesOf(spec) };
        return { ...spec, failure };
      }),
    };
  },
);

/** Takes apart only what is a batch, and gives a streaming step the one strategy that it has. */
function makePossible(stages: readonly Keyless[]): Keyless[] {
  let depth = 0;
  return stages.map((spec) => {
    const op = spec.op === "flatten" && depth === 0 ? "batch" : spec.op;
    if (op === "batch") depth++;
    else if (op === "flatten") depth--;
    else if (op !== "filter") depth = 0;
    const hasWork = op !== "batch" && op !== "flatten";
    return {
      ...spec,
      op,
      // `add` of a batch pipeline takes no options.
      strategy: op === "streaming step" || !hasWork ? "FAIL_FAST" : spec.strategy,
      limit: op === "streaming step" || !hasWork ? 0 : spec.limit,
      failure: hasWork ? spec.failure : undefined,
    };
  });
}
