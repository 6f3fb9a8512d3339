// What a random batch pipeline is made of, as data, and how fast-check makes it.

import fc from "fast-check";
import type { ListErrorStrategy } from "../../mod.ts";

/** The most often that an item is tried. */
export const MAX_ATTEMPTS = 3;

/** What the work does with one item. */
export interface Behaviour {
  /** Turns of the microtask queue before it answers; none for a plain value or throw. */
  readonly hops: number;
  /** How many attempts fail. */
  readonly failures: number;
  /** Whether the failures are such that another attempt may help. */
  readonly passes: boolean;
  /** How many items it makes in `flatMap`; whether a `filter` keeps the item. */
  readonly count: number;
  /** Whether it answers with `undefined`, in `map`. */
  readonly isNothing: boolean;
}

/** One stage. */
export interface StageSpec {
  readonly method: "map" | "map step" | "list step" | "flatMap" | "filter" | "batch and flatten";
  /** One at a time where it is 0. */
  readonly limit: number;
  readonly strategy: ListErrorStrategy;
  readonly retry: boolean;
  /** Of the items by their index, over and over. */
  readonly behaviours: readonly Behaviour[];
}

/** A pipeline and its input. */
export interface Scenario {
  readonly input: readonly unknown[];
  readonly stages: readonly StageSpec[];
}

const BEHAVIOUR: fc.Arbitrary<Behaviour> = fc.record({
  hops: fc.nat(8),
  failures: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: MAX_ATTEMPTS }) },
  ),
  passes: fc.boolean(),
  count: fc.nat(3),
  isNothing: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
});

const STAGE: fc.Arbitrary<StageSpec> = fc.record({
  method: fc.constantFrom<StageSpec["method"]>(
    "map",
    "map step",
    "list step",
    "flatMap",
    "filter",
    "batch and flatten",
  ),
  limit: fc.nat(5),
  strategy: fc.constantFrom<ListErrorStrategy>("FAIL_FAST", "COLLECT_ERRORS", "SKIP_FAILED"),
  retry: fc.boolean(),
  behaviours: fc.array(BEHAVIOUR, { minLength: 1, maxLength: 8 }),
});

/** Pipelines of up to four stages, over short lists of any values. */
export const SCENARIOS: fc.Arbitrary<Scenario> = fc.record({
  input: fc.array(
    fc.oneof(fc.integer(), fc.constantFrom(undefined, null, NaN, "", 0, false)),
    { maxLength: 12 },
  ),
  stages: fc.array(STAGE, { minLength: 1, maxLength: 4 }),
});
