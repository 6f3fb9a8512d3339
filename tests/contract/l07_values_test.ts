// L7: undefined, null, NaN, false, 0, functions and nested arrays pass through untouched.

import { assert, assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { collect, ENDS, TRANSFORM } from "./_ends.ts";
import { type Mode, parallelMode, SEQUENTIAL, SEQUENTIAL_ASYNC } from "./_modes.ts";
import type { AnyPipeline } from "./_rows.ts";

const VALUES: readonly unknown[] = [
  ...[undefined, null, NaN, false, true, 0, -0, 1n, "", "text", Symbol("value")],
  ...[() => 1, function* () {}, [], [[1], [[2]]], {}, new Map([[1, 2]]), new Error("value")],
];

const MODES: readonly Mode[] = [
  SEQUENTIAL,
  SEQUENTIAL_ASYNC,
  parallelMode(2, true),
  parallelMode(2, false),
  parallelMode(2, true, false),
];

type Stage = (pipeline: AnyPipeline, mode: Mode) => AnyPipeline;

/** Answers with what `answer` makes of the item, at once or later. */
function answering<T>(mode: Mode, answer: (item: unknown) => T): (item: unknown) => T | Promise<T> {
  return mode.isAsync ? async (item) => await answer(item) : answer;
}

const same = (item: unknown) => item;

/** Stages that change nothing. */
const FUNCTION_STAGES: Readonly<Record<string, Stage>> = {
  "map()": (pipeline, mode) => pipeline.map("s", answering(mode, same), mode.options),
  "flatMap()": (pipeline, mode) =>
    pipeline.flatMap("s", answering(mode, (item) => [item]), mode.options),
  "filter()": (pipeline, mode) => pipeline.filter("s", answering(mode, () => true), mode.options),
  "tap()": (pipeline, mode) => pipeline.tap("s", answering(mode, () => 7), mode.options),
  "takeWhile()": (pipeline, mode) =>
    pipeline.takeWhile("s", answering(mode, () => true), mode.options),
  "skipWhile()": (pipeline, mode) =>
    pipeline.skipWhile("s", answering(mode, () => false), mode.options),
  "branch()": (pipeline, mode) =>
    pipeline.branch("s", Array.isArray, answering(mode, same), same, mode.options),
};

const PLAIN_STAGES: Readonly<Record<string, (pipeline: AnyPipeline) => AnyPipeline>> = {
  "add()": (pipeline) =>
    pipeline.add("s", async function* ({ input }) {
      yield* input;
    }),
  "take()": (pipeline) => pipeline.take("s", 100),
  "skip()": (pipeline) => pipeline.skip("s", 0),
  "batch() and flatten()": (pipeline) => pipeline.batch("batches", 4).flatten("s"),
  "through()": (pipeline) => pipeline.through("s", () => new TransformStream()),
  "buffer()": (pipeline) => pipeline.buffer("s", 2),
  "no stage": (pipeline) => pipeline,
};

const start = () => StreamingPipeline.start<number>() as AnyPipeline;

/** Compares by identity: 0 is not -0 here, and no object equals another. */
function expectValues(given: readonly unknown[], ordered = true): void {
  assertEquals(given.length, VALUES.length);
  for (const [index, value] of VALUES.entries()) {
    const found = ordered ? given.slice(index, index + 1) : given;
    assert(found.some((item) => Object.is(item, value)), `item ${index} is missing`);
  }
}

for (const [name, append] of Object.entries(FUNCTION_STAGES)) {
  for (const mode of MODES) {
    test(`[L7] ${name}${mode.label} passes every kind of value on`, async () => {
      const given = await append(start(), mode).executeToArray(VALUES as never);

      expectValues(given, mode.ordered);
    });
  }
}

for (const [name, append] of Object.entries(PLAIN_STAGES)) {
  for (const kind of SOURCE_KINDS) {
    test(`[L7] ${name} passes every kind of value of ${kind} on`, async () => {
      const { source } = new SourceProbe<unknown>(kind, { items: VALUES });

      expectValues(await append(start()).executeToArray(source as never));
    });
  }
}

for (const end of [...ENDS, TRANSFORM]) {
  test(`[L7] ${end.name} gives every kind of value`, async () => {
    expectValues(await collect(end, start(), VALUES as never));
  });
}

for (const mode of MODES) {
  test(`[L7] map()${mode.label} keeps results that are undefined`, async () => {
    const pipeline = start().map("s", answering(mode, () => undefined), mode.options);

    assertEquals(await pipeline.executeToArray([1, 2, 3]), [undefined, undefined, undefined]);
  });
}

for (const truthy of [1, "yes", {}, []]) {
  test(`[L7] filter() takes ${JSON.stringify(truthy)} for a yes`, async () => {
    assertEquals(await start().filter("s", () => truthy as never).executeToArray([1]), [1]);
  });
}

for (const falsy of [0, "", null, undefined, NaN]) {
  test(`[L7] filter() takes ${String(falsy) || "an empty string"} for a no`, async () => {
    assertEquals(await start().filter("s", () => falsy as never).executeToArray([1]), []);
  });
}

const SINGLE_VALUES = VALUES.filter((value) => !(value instanceof Map) && !Array.isArray(value));

test("[L7] a source that is one value is one item", async () => {
  for (const value of SINGLE_VALUES) {
    const given = await start().executeToArray(value as never);
    assertEquals(given.length, 1);
    assert(Object.is(given[0], value), String(value));
  }
});

test("[L7] a string is one item, as a source and as an answer of flatMap()", async () => {
  const pipeline = StreamingPipeline.start<string>();

  assertEquals(await pipeline.executeToArray("abc"), ["abc"]);
  for (const options of [undefined, { parallel: true }]) {
    const flat = pipeline.flatMap("s", (text) => text as never as string[], options);
    assertEquals(await flat.executeToArray(["ab", ""]), ["ab", ""]);
  }
});

test("[L7] a wrapped array is one item", async () => {
  const pipeline = StreamingPipeline.start<number[]>();

  assertEquals(await pipeline.executeToArray([[1, 2]]), [[1, 2]]);
});
