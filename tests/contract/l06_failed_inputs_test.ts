// L6: a failure of the source, or of an earlier stage, is a failure of what groups and branches read,
// not the end of it: their stages do what they do at the top.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { collect } from "../support/collect.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, turn, watch } from "../../src/testing/turns.ts";
import type { AnyPipeline } from "./_rows.ts";

const FAILURE = new Error("what is before the stage");
const BY_ITEM = {
  leftKey: (item: number) => item,
  rightKey: (item: number) => item,
  kind: "left",
} as const;

type Part = (pipeline: StreamingPipeline<number, number>) => AnyPipeline;

const start = () => StreamingPipeline.start<number>();
const same: Part = (pipeline) => pipeline;

async function* failing() {
  yield 1;
  yield 2;
  await turn();
  throw FAILURE;
}

/** Where `part` gets all items. */
const AROUND: Readonly<Record<string, (part: Part) => AnyPipeline>> = {
  "a group": (part) => start().groupBy("around", () => 1, part),
  "a group that can be idle": (part) =>
    start().groupBy("around", () => 1, part, { idleMs: 3_600_000 }),
  "a part": (part) => start().partition("around", () => true, part, same),
  "a branch": (part) => start().fanOut("around", { only: part }),
  "a branch of a route": (part) => start().route("around", () => "one", { one: part, other: same }),
  "a group in a branch": (part) =>
    start().fanOut("around", { only: (items) => items.groupBy("inner", () => 1, part) }),
};

const sum = (total: number, item: number) => total + item;

const PARTS: Readonly<Record<string, Part>> = {
  "transform()": (items) =>
    items.transform("stage", () => ({
      transform: (item: number) => [item],
      flush: (isComplete) => [isComplete ? 100 : -100],
    })),
  "a step that catches what its input throws": (items) =>
    items.add("stage", async function* ({ input }) {
      try {
        yield* input;
        yield 100;
      } catch (error) {
        yield -100;
        throw error;
      }
    }),
  "concatWith()": (items) => items.concatWith("stage", () => [100]),
  "interleaveWith()": (items) => items.interleaveWith("stage", () => [100, 101, 102, 103]),
  "joinWith() that holds the stream": (items) =>
    items.joinWith("stage", [100], { ...BY_ITEM, strategy: "hash", build: "left" }),
  "fold()": (items) => items.fold("stage", sum, 0),
  "batch()": (items) => items.batch("stage", 3),
  "checkpoint()": (items) => items.checkpoint("stage"),
};

/** What came out, and the error. */
async function failWith(pipeline: AnyPipeline) {
  const items: unknown[] = [];
  const run = pipeline.run(failing());
  const reading = watch((async () => {
    for await (const item of run) items.push(item);
  })());
  await run.ended;
  await settle();
  const { error } = reading;
  assertInstanceOf(error, StreamingError);
  assertEquals([error.key, error.suppressed], ["source", []]);
  assertStrictEquals(error.cause, FAILURE);
  for (const step of run.metadata().steps) expectBalance(step);
  return items;
}

for (const [where, put] of Object.entries(AROUND)) {
  for (const [name, part] of Object.entries(PARTS)) {
    test(`[L6] ${name} in ${where} gives after a failure of the source what it gives at the top`, async () => {
      assertEquals(await failWith(put(part)), await failWith(part(start())));
    });
  }

  test(`[L6] a failure of the source ends ${where} that reads a silent source as well`, async () => {
    const silent = new SourceProbe("an async iterable", { silentAfter: 0 });

    const items = await failWith(
      put((each) => each.mergeWith("stage", () => silent.source)),
    );

    assertEquals([items, silent.opened, silent.closed], [[1, 2], 1, 1]);
  });

  test(`[L6] a failure of the source ends ${where} before another source is opened`, async () => {
    const silent = new SourceProbe("an async iterable", { silentAfter: 0 });

    const items = await failWith(
      put((each) => each.concatWith("stage", () => silent.source)),
    );

    assertEquals([items, silent.opened], [[1, 2], 0]);
  });

  test(`[L6] what ends before the source fails ends well in ${where}`, async () => {
    const flushed: boolean[] = [];
    const pipeline = put((items) =>
      items.take("two", 2).transform("stage", () => ({
        transform: (item: number) => [item],
        flush: (isComplete) => (flushed.push(isComplete), []),
      }))
    );

    await collect(pipeline.execute(failing())).catch(() => {});

    assertEquals(flushed, [true]);
  });
}
