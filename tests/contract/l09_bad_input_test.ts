// L9: bad input is refused when the stage is built, in a sentence that names the stage, the option
// and the value. What only one operator refuses stands in its own test.

import { assertEquals } from "@std/assert";
import { createStep, Pipeline, StreamingPipeline } from "../../mod.ts";
import { StreamingPipeline as CorePipeline } from "../../src/core/mod.ts";
import * as operators from "../../src/operators/mod.ts";
import { test } from "../harness.ts";
import {
  type Host,
  type IntegerRule,
  STREAMING,
  testFunction,
  testInteger,
  testKeys,
  testStageOptions,
  testWork,
} from "./_bad_input.ts";

interface Row {
  /** What follows the key, as it should be. */
  readonly args: readonly unknown[];
  /** The names of those that must be functions, by their place. */
  readonly functions?: Readonly<Record<number, string>>;
  /** The places of those that are functions or steps. */
  readonly works?: readonly number[];
  /** The first must be an integer. */
  readonly integer?: IntegerRule;
  /** Options of a stage follow. */
  readonly hasStageOptions?: true;
}

const CORE: Host = {
  title: "the small pipeline's ",
  start: () => CorePipeline.start<unknown>().take("taken", 1),
};
const BATCH: Host = {
  title: "the batch pipeline's ",
  start: () => Pipeline.start<unknown[]>().filter("taken", () => true),
};

const same = (item: unknown) => item;
const isObject = (value: unknown) =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const step = createStep("step", ({ input }) => input);
const WORK: Row = { args: [same], works: [0], hasStageOptions: true };
const FUNCTION: Row = { args: [same], functions: { 0: "its function" }, hasStageOptions: true };
const OTHER: Row = { args: [[1]] };

const STREAMING_ROWS: Readonly<Record<keyof Omit<typeof operators, "pipe">, Row>> = {
  add: { args: [async function* () {}], works: [0] },
  batch: {
    args: [1],
    // An object is taken for options.
    integer: { name: "size", minimum: 1, isOther: isObject },
  },
  batchUntil: { args: [same], functions: { 0: "its predicate" } },
  branch: {
    args: [same, same, same],
    functions: { 0: "its predicate" },
    works: [1, 2],
    hasStageOptions: true,
  },
  buffer: { args: [1], integer: { name: "highWaterMark", minimum: 1 } },
  checkpoint: { args: [] },
  combineLatestWith: OTHER,
  concatWith: OTHER,
  debounce: { args: [1] },
  delay: { args: [1] },
  distinct: { args: [] },
  fanOut: { args: [{ a: same }] },
  filter: FUNCTION,
  flatMap: WORK,
  flatten: { args: [] },
  fold: { args: [same, 0], functions: { 0: "its reducer" } },
  groupBy: { args: [same, same], functions: { 0: "its keyOf", 1: "its build" } },
  interleaveWith: OTHER,
  joinWith: {
    args: [[1], { leftKey: same, rightKey: same, kind: "inner", strategy: "hash" }],
  },
  map: WORK,
  mapPartitioned: { args: [same, same], functions: { 0: "its keyOf", 1: "its function" } },
  mergeWith: OTHER,
  partition: {
    args: [same, same, same],
    functions: { 0: "its predicate", 1: "its whenTrue", 2: "its whenFalse" },
  },
  route: { args: [same, { a: same }], functions: { 0: "choose" } },
  sample: { args: [1] },
  scan: { args: [same, 0], functions: { 0: "its reducer" } },
  skip: { args: [1], integer: { name: "count", minimum: 0 } },
  skipWhile: FUNCTION,
  take: { args: [1], integer: { name: "count", minimum: 0 } },
  takeUntil: { args: [same] },
  takeWhile: FUNCTION,
  tap: FUNCTION,
  throttle: { args: [{ limit: 1, intervalMs: 1 }] },
  through: { args: [() => new TransformStream()], functions: { 0: "its transform" } },
  timeout: { args: [1] },
  transform: { args: [() => ({ transform: same })], functions: { 0: "its function" } },
  window: { args: [1] },
  windowTime: { args: [{ sizeMs: 1 }] },
  zipWith: OTHER,
};

const CORE_ROWS: Readonly<Record<string, Row>> = {
  map: { args: [same], functions: { 0: "its function" } },
  flatMap: { args: [same], functions: { 0: "its function" } },
  filter: { args: [same], functions: { 0: "its function" } },
  tap: { args: [same], functions: { 0: "its function" } },
  take: { args: [1], integer: { name: "count", minimum: 0 } },
};

const BATCH_ROWS: Readonly<Record<string, Row>> = {
  add: { args: [step], works: [0] },
  branch: { args: [same, step, step], functions: { 0: "its condition" }, works: [1, 2] },
  map: { args: [same], works: [0] },
  flatMap: { args: [same], works: [0] },
  filter: { args: [same], functions: { 0: "its function" } },
  batch: {
    args: [1],
    integer: {
      name: "size",
      minimum: 1,
      isOther: (value) => value === Infinity || isObject(value),
    },
  },
  flatten: { args: [] },
};

/** The small pipeline says of an object, which may be a step, where steps are taken. */
const isStepOfCore = (host: Host) => (value: unknown) => host === CORE && isObject(value);

for (
  const [host, rows] of [
    [STREAMING, STREAMING_ROWS],
    [CORE, CORE_ROWS],
    [BATCH, BATCH_ROWS],
  ] as const
) {
  for (const [method, row] of Object.entries(rows)) {
    const { args, functions = {}, works = [], integer, hasStageOptions } = row;
    const place = { host, method, args };
    testKeys(place);
    for (const [at, name] of Object.entries(functions)) {
      testFunction(place, Number(at), name, isStepOfCore(host));
    }
    for (const at of works) testWork(place, at);
    if (integer !== undefined) testInteger(place, 0, integer);
    if (hasStageOptions) testStageOptions(place);
  }
}

test("[L9] each operator has a row, and each method that adds a stage", () => {
  const names = Object.keys(operators).filter((name) => name !== "pipe").sort();

  assertEquals(Object.keys(STREAMING_ROWS).sort(), names);
  for (const name of names) {
    assertEquals(typeof (StreamingPipeline.prototype as never)[name], "function", name);
  }
});
