// [L7] An item is never looked at: what cannot be read, what cannot be awaited, and promises that
// never settle pass through untouched, wherever a stage does not hand them to a function whose
// answer they are.

import { assert, assertEquals } from "@std/assert";
import * as headrace from "../../mod.ts";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { HOSTILE_ANSWERS, HOSTILE_VALUES } from "../support/hostile_values.ts";
import { collect, ENDS } from "./_ends.ts";
import type { AnyPipeline } from "./_function_operators.ts";
import { settled } from "./_hostile.ts";
import { parallelMode, SEQUENTIAL } from "./_modes.ts";

type Stage = (pipeline: AnyPipeline) => AnyPipeline;

const start = () => StreamingPipeline.start<number>() as AnyPipeline;
const yes = () => true;
const NEVER_MS = 3_600_000;

const items = (): unknown[] =>
  [...Object.values(HOSTILE_VALUES), ...Object.values(HOSTILE_ANSWERS)].map((make) => make());

const MODES = [SEQUENTIAL, parallelMode(2, true), parallelMode(2, true, false)];

const STAGES: Readonly<Record<string, Stage>> = {
  ...Object.fromEntries(MODES.flatMap(({ label, options }): [string, Stage][] => [
    [`filter()${label}`, (pipeline) => pipeline.filter("s", yes, options)],
    [`tap()${label}`, (pipeline) => pipeline.tap("s", yes, options)],
    [`takeWhile()${label}`, (pipeline) => pipeline.takeWhile("s", yes, options)],
    [`skipWhile()${label}`, (pipeline) => pipeline.skipWhile("s", () => false, options)],
    [`flatMap()${label}`, (pipeline) => pipeline.flatMap("s", (item) => [item], options)],
  ])),
  "take()": (pipeline) => pipeline.take("s", 1_000),
  "skip()": (pipeline) => pipeline.skip("s", 0),
  "batch()": (pipeline) => pipeline.batch("s", 4).flatten("f"),
  "batch() by weight": (pipeline) =>
    pipeline.batch("s", { maxWeight: 4, weigh: () => 1 }).flatten("f"),
  "batch() by time": (pipeline) =>
    pipeline.batch("s", { size: 4, maxWaitMs: NEVER_MS }).flatten("f"),
  "batchUntil()": (pipeline) => pipeline.batchUntil("s", yes).flatten("f"),
  "transform()": (pipeline) => pipeline.transform("s", () => ({ transform: (item) => [item] })),
  "window()": (pipeline) => pipeline.window("s", { size: 4 }).flatten("f"),
  "windowTime()": (pipeline) =>
    pipeline.windowTime("s", { sizeMs: 4, timestamp: () => 0 })
      .flatMap("f", ({ items }) => items),
  "distinct()": (pipeline) => pipeline.distinct("s", { by: () => ({}) }),
  "buffer()": (pipeline) => pipeline.buffer("s", 2),
  "checkpoint()": (pipeline) => pipeline.checkpoint("s"),
  "delay()": (pipeline) => pipeline.delay("s", 0),
  "timeout()": (pipeline) => pipeline.timeout("s", { betweenMs: NEVER_MS }),
  "throttle()": (pipeline) => pipeline.throttle("s", { limit: 1_000, intervalMs: 1 }),
  "takeUntil()": (pipeline) => pipeline.takeUntil("s", new AbortController().signal),
  "groupBy()": (pipeline) => pipeline.groupBy("s", () => "key", (group) => group),
  "groupBy() by item": (pipeline) => pipeline.groupBy("s", (item) => [item], (group) => group),
  "partition()": (pipeline) => pipeline.partition("s", yes, (all) => all, (none) => none),
  "fanOut()": (pipeline) => pipeline.fanOut("s", { one: (all) => all }),
  "route()": (pipeline) => pipeline.route("s", () => "one", { one: (all) => all }),
  "mergeWith()": (pipeline) => pipeline.mergeWith("s", []),
  "concatWith()": (pipeline) => pipeline.concatWith("s", []),
  "interleaveWith()": (pipeline) => pipeline.interleaveWith("s", []),
  "through()": (pipeline) => pipeline.through("s", () => new TransformStream()),
};

for (const [name, append] of Object.entries(STAGES)) {
  testItems(`[L7] ${name} passes items on that cannot be looked at`, (given) => {
    return append(start()).executeToArray(given as never);
  });
}

for (const end of ENDS) {
  testItems(`[L7] ${end.name} gives items that cannot be looked at`, (given) => {
    return collect(end, start(), given as never);
  });
}

const COMBINATIONS = ["merge", "concat", "interleave", "share", "retrySource"] as const;
for (const name of COMBINATIONS) {
  testItems(`[L7] ${name}() gives items that cannot be looked at`, async (given) => {
    const options = { bufferSize: 1, maxAttempts: 1, backoffMs: 0 };
    const combined = name === "share"
      ? headrace.share(given, { bufferSize: 1 })
      : name === "retrySource"
      ? headrace.retrySource(() => given, { maxAttempts: options.maxAttempts, backoffMs: 0 })
      : headrace[name](given);
    return await readAll(combined);
  });
}

test("[L7] a source that cannot be looked at is one item, or fails, in every function on sources", async () => {
  for (const [name, make] of Object.entries(HOSTILE_VALUES)) {
    const run = (read: (source: unknown) => Promise<unknown>) =>
      read(make()).then(() => "one item", () => "fails");
    const alone = await run((source) => start().executeToArray(source as never));
    for (const combine of [headrace.merge, headrace.concat, headrace.zip]) {
      assertEquals(await run((source) => readAll(combine(source))), alone, name);
    }
  }
});

async function readAll(items: AsyncIterable<unknown>): Promise<unknown[]> {
  const all: unknown[] = [];
  for await (const item of items) all.push(item);
  return all;
}

function testItems(title: string, run: (given: readonly unknown[]) => Promise<unknown[]>): void {
  test(title, () =>
    new TestClock().use(async (clock: TestClock) => {
      const given = items();
      const { state, value, error } = await settled(run(given), title, clock);

      if (state === "rejected") throw error;
      assertEquals(value!.length, given.length);
      assert(given.every((item, index) => Object.is(item, value![index])));
    }));
}
