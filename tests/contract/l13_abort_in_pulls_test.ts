// L13: a source, or what a stage reads, that aborts the run while it is pulled, and then fails.

import { assertStrictEquals } from "@std/assert";
import { merge, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { settle } from "../../src/testing/turns.ts";
import { collectUntilError, ENDS } from "./_ends.ts";
import type { AnyPipeline } from "./_rows.ts";

const REASON = new Error("aborted by the test");
const FAILURE = new Error("the pull fails too");

type Fail = () => Promise<never>;

/** What gives two items, and then calls `fail`. */
const SOURCES: Readonly<Record<string, (fail: Fail) => AsyncIterable<number>>> = {
  "an async generator": async function* (fail) {
    yield* [0, 1];
    await fail();
  },
  "an iterator": (fail) => {
    let count = 0;
    const next = () => count < 2 ? Promise.resolve({ done: false, value: count++ }) : fail();
    return { [Symbol.asyncIterator]: () => ({ next }) };
  },
  "a web stream": (fail) => {
    let count = 0;
    const pull = (controller: ReadableStreamDefaultController<number>) => {
      if (count === 2) return fail().catch((error) => controller.error(error));
      controller.enqueue(count++);
    };
    return new ReadableStream<number>({ pull }, { highWaterMark: 0 });
  },
  "sources read as one": (fail) => merge(SOURCES["an iterator"]!(fail)),
  "a run": (fail) =>
    StreamingPipeline.start<number>().map("inner", (item) => item)
      .execute(SOURCES["an iterator"]!(fail)),
};

const start = () => StreamingPipeline.start<number>();

/** Where it is read: as the source, or by a stage. */
const PLACES: Readonly<
  Record<string, (many: AsyncIterable<number>) => [AnyPipeline, AsyncIterable<number> | number[]]>
> = {
  "the source": (many) => [start().map("same", (item) => item), many],
  "the source of a stage with a timer": (many) => [start().debounce("last", 1e6), many],
  "the source of a web transform": (many) => [
    start().through("same", () => new TransformStream()),
    many,
  ],
  "the source of a step that is slow to close": (many) => [
    start().add("step", async function* ({ input }) {
      try {
        yield* input;
      } finally {
        await settle();
      }
    }),
    many,
  ],
  "what flatMap() reads": (many) => [start().flatMap("many", () => many), [0]],
  "what flatMap() reads in a group": (many) => [
    start().groupBy("group", () => 0, (group) => group.flatMap("many", () => many)),
    [0],
  ],
  "what flatMap() reads side by side": (many) => [
    start().flatMap("many", () => many, { parallel: true }),
    [0],
  ],
  "what mergeWith() reads": (many) => [start().mergeWith("other", many), [0]],
};

for (const [place, build] of Object.entries(PLACES)) {
  for (const [kind, open] of Object.entries(SOURCES)) {
    for (const end of ENDS) {
      test(`[L13] [L6] ${end.name} rejects with the reason when ${place}, ${kind}, aborts the run and then fails`, async () => {
        const controller = new AbortController();
        const many = open(() => {
          controller.abort(REASON);
          return Promise.reject(FAILURE);
        });
        const [pipeline, source] = build(many);

        const { error } = await collectUntilError(end, pipeline, source as never, {
          signal: controller.signal,
        });
        await settle();

        assertStrictEquals(error, REASON);
      });
    }
  }
}
