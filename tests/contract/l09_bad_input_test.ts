// L9: bad input is refused when the stage is built, in a sentence that names the stage, the option
// and the value.

import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { createStep, createStreamingStep, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../support/source_probe.ts";
import type { AnyPipeline } from "./_rows.ts";

/** The builder as JavaScript sees it, without types to keep bad input out. */
type Untyped = Record<string, (...args: unknown[]) => AnyPipeline>;

const start = () => StreamingPipeline.start<number>() as unknown as Untyped;
const same = (item: unknown) => item;

function expectComplaint(
  build: () => unknown,
  errorClass: ErrorConstructor,
  ...parts: readonly string[]
): void {
  const error = assertThrows(build, errorClass);
  // A StreamingError would be of another class: misuse is not a failure of a run.
  assertEquals(error.constructor, errorClass);
  for (const part of parts) assertStringIncludes(error.message, part);
}

const COUNTS = [
  { operator: "batch", option: "size", bad: [0, -1, NaN, Infinity, 1.5, "3", undefined, null] },
  { operator: "take", option: "count", bad: [-1, NaN, Infinity, 1.5, "3", undefined, null] },
  { operator: "skip", option: "count", bad: [-1, NaN, Infinity, 1.5, "3", undefined, null] },
  { operator: "buffer", option: "highWaterMark", bad: [0, -1, NaN, Infinity, 1.5, undefined] },
];

for (const { operator, option, bad } of COUNTS) {
  for (const value of bad) {
    test(`[L9] ${operator}() refuses ${JSON.stringify(value) ?? value} (${value}) for its ${option}`, () => {
      const shown = typeof value === "string" ? JSON.stringify(value) : String(value);

      expectComplaint(
        () => start()[operator]!("items", value),
        RangeError as ErrorConstructor,
        `Cannot add the stage "items" (${operator}): ${option} must be `,
        `integer, got ${shown}`,
      );
    });
  }
}

test("[L9] the message of a bad batch size reads as documented", () => {
  const error = assertThrows(() => StreamingPipeline.start<number>().batch("batches", 0));

  assertEquals(
    (error as Error).message,
    'Cannot add the stage "batches" (batch): size must be a positive integer, got 0',
  );
});

/** The methods that take a function and options. */
const FUNCTION_METHODS = ["map", "flatMap", "filter", "tap", "takeWhile", "skipWhile"];

const BAD_OPTIONS: readonly (readonly [Record<string, unknown>, ErrorConstructor, string])[] = [
  ...[0, -1, NaN, Infinity, 1.5, "10", null].map((value) =>
    [{ parallel: true, concurrencyLimit: value }, RangeError, "concurrencyLimit"] as const
  ),
  ...[-1, NaN, Infinity, 1.5, null].map((value) =>
    [{ parallel: true, highWaterMark: value }, RangeError, "highWaterMark"] as const
  ),
  [{ parallel: "yes" }, TypeError, "parallel"],
  [{ parallel: true, ordered: 1 }, TypeError, "ordered"],
  [{ parallel: true, concurency: 3 }, TypeError, 'unknown option "concurency"'],
];

for (const method of FUNCTION_METHODS) {
  for (const [options, errorClass, part] of BAD_OPTIONS) {
    const shown = Object.entries(options).map(([name, value]) => `${name}: ${value}`).join(", ");
    test(`[L9] ${method}() refuses the options { ${shown} }`, () => {
      expectComplaint(
        () => start()[method]!("items", same, options),
        errorClass,
        `Cannot add the stage "items" (${method})`,
        part,
      );
    });
  }

  test(`[L9] ${method}() refuses options that are no object`, () => {
    for (const options of [null, 7, "parallel", []]) {
      expectComplaint(
        () => start()[method]!("items", same, options),
        TypeError,
        `Cannot add the stage "items" (${method})`,
        "options must be an object",
      );
    }
  });
}

const ARGUMENTS: Readonly<Record<string, readonly unknown[]>> = {
  add: [async function* () {}],
  map: [same],
  flatMap: [same],
  filter: [same],
  tap: [same],
  take: [1],
  skip: [1],
  takeWhile: [same],
  skipWhile: [same],
  batch: [1],
  flatten: [],
  branch: [same, same, same],
  through: [() => new TransformStream()],
  buffer: [1],
};

for (const [method, args] of Object.entries(ARGUMENTS)) {
  test(`[L9] ${method}() refuses keys that are empty, no strings or taken`, () => {
    for (const key of ["", undefined, null, 7, Symbol("key"), {}]) {
      expectComplaint(
        () => start()[method]!(key, ...args),
        TypeError,
        `Cannot add a stage (${method})`,
        "key must be a non-empty string",
      );
    }
    const taken = start().map!("items", same) as unknown as Untyped;
    expectComplaint(() => taken[method]!("items", ...args), TypeError, method, '"items"', "taken");
  });

  const functions = args.filter((argument) => typeof argument === "function").length;
  if (functions === 0) continue;
  test(`[L9] ${method}() refuses what is not a function or a step`, () => {
    for (const bad of [undefined, null, 7, "text", {}, [], { execute: same }, { name: "step" }]) {
      for (let place = 0; place < functions; place++) {
        const given = args.map((argument, index) => index === place ? bad : argument);
        expectComplaint(
          () => start()[method]!("items", ...given),
          TypeError,
          `Cannot add the stage "items" (${method})`,
        );
      }
    }
  });
}

test("[L9] compose() refuses what is no pipeline, and pipelines with a key in common", () => {
  const pipeline = start().map!("items", same) as unknown as Untyped;

  for (const bad of [undefined, null, 7, {}, []]) {
    expectComplaint(() => pipeline.compose!(bad), TypeError, "Cannot compose");
  }
  expectComplaint(() => pipeline.compose!(pipeline), TypeError, '"items"', "taken");
});

test("[L9] start() refuses a context builder that is no function", () => {
  const { start: untyped } = StreamingPipeline as unknown as { start(given: unknown): void };

  for (const bad of [null, 7, {}]) {
    expectComplaint(() => untyped.call(StreamingPipeline, bad), TypeError, "contextBuilder");
  }
});

test("[L9] createStep() and createStreamingStep() refuse bad names and non-functions", () => {
  for (const create of [createStep, createStreamingStep] as ((...args: unknown[]) => unknown)[]) {
    for (const name of ["", undefined, 7]) {
      expectComplaint(() => create(name, same), TypeError, "name must be a non-empty string");
    }
    expectComplaint(() => create("step", 7), TypeError, "must be a function", "got 7");
  }
});

const BAD_RUN_OPTIONS: readonly (readonly [unknown, ErrorConstructor, string])[] = [
  ...[-1, NaN, Infinity, "5", null].map((value) =>
    [{ closeTimeoutMs: value }, RangeError, "closeTimeoutMs"] as const
  ),
  [{ signal: {} }, TypeError, "signal"],
  [{ signal: null }, TypeError, "signal"],
  [{ sginal: undefined }, TypeError, 'unknown option "sginal"'],
  [null, TypeError, "options"],
  [7, TypeError, "options"],
];

test("[L9] the ways to run a pipeline refuse bad options, and open nothing", async () => {
  const probe = new SourceProbe("an async iterable");
  const run = start() as unknown as Record<string, (...args: unknown[]) => unknown>;

  for (const [options, errorClass, part] of BAD_RUN_OPTIONS) {
    for (const method of ["execute", "run"]) {
      expectComplaint(() => run[method]!(probe.source, options), errorClass, method, part);
    }
    for (const method of ["toReadableStream", "toTransformStream"]) {
      const args = method === "toReadableStream" ? [probe.source] : [undefined];
      expectComplaint(() => run[method]!(...args, undefined, options), errorClass, method, part);
    }
    for (
      const [method, ...args] of [["executeToArray"], ["executeForEach", same], [
        "executeReduce",
        same,
        0,
      ]] as const
    ) {
      const work = () => Promise.resolve(run[method]!(probe.source, ...args, options));
      const error = await assertRejects(async () => await work(), errorClass);
      assertStringIncludes(error.message, part);
    }
  }
  assertEquals(probe.opened, 0);
});

test("[L9] executeReduce() and executeForEach() refuse what is no function, and open nothing", async () => {
  const probe = new SourceProbe("an async iterable");
  const pipeline = StreamingPipeline.start<number>();

  for (const bad of [undefined, null, 7, {}]) {
    await assertRejects(() => pipeline.executeReduce(probe.source, bad as never, 0), TypeError);
    await assertRejects(() => pipeline.executeForEach(probe.source, bad as never), TypeError);
  }
  assertEquals(probe.opened, 0);
});
