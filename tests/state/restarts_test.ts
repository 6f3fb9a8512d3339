// What a step that is started again can read of earlier stages.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { type AddOptions, StateNotRecordedError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { collect, range, slowRange } from "./_support.ts";

const tens = StreamingPipeline.start<number>().map("tens", (item) => item * 10);

const WAYS: Readonly<Record<string, AddOptions>> = {
  "SKIP_FAILED": { errorStrategy: "SKIP_FAILED" },
  "COLLECT_ERRORS": { errorStrategy: "COLLECT_ERRORS" },
  "retry": { retry: { maxAttempts: 2, backoffMs: 0, shouldRetry: () => true } },
};

for (const [way, options] of Object.entries(WAYS)) {
  test(`${way}: a step that is started again streams a stage from its first item on, as at first`, async () => {
    const streamed: number[][] = [];
    const seen = await tens.add("step", async function* ({ input, state }) {
      const items = state.stream("tens");
      const own: number[] = [];
      streamed.push(own);
      const isFirst = streamed.length === 1;
      for await (const item of input) {
        if (isFirst) own.push((await items.next()).value!);
        if (item === 20 && isFirst) throw new Error("no");
        yield item;
      }
      for await (const item of items) own.push(item);
    }, options).executeToArray(slowRange(5));

    const isTriedAgain = options.retry !== undefined;
    assertEquals(seen, [0, 10, ...(isTriedAgain ? [20] : []), 30, 40]);
    assertEquals(streamed, [[0, 10, 20], range(5).map((item) => item * 10)]);
  });

  test(`${way}: a step that is started again materializes the same array`, async () => {
    const arrays: unknown[] = [];
    await tens.add("step", async function* ({ input, state }) {
      arrays.push(await state.materialize("tens"));
      for await (const item of input) {
        if (item === 10 && arrays.length === 1) throw new Error("no");
        yield item;
      }
    }, options).executeToArray(slowRange(3));

    assertEquals(arrays[0], [0, 10, 20]);
    assertStrictEquals(arrays[1], arrays[0]);
  });

  test(`${way}: a step that first asks when it is started again is too late, and its error says so`, async () => {
    const keys: string[] = [];
    let starts = 0;
    await tens.add("step", async function* ({ input, state }) {
      if (++starts > 1) {
        const error = assertThrows(() => state.stream("tens"), StateNotRecordedError, "gone by");
        keys.push(error.key);
      }
      for await (const item of input) {
        if (item === 10 && starts === 1) throw new Error("no");
        yield item;
      }
    }, options).executeToArray(slowRange(3));

    assertEquals([keys, starts], [["tens"], 2]);
  });
}

test("the readers of a start that has failed are closed, those of the next see everything", async () => {
  const readers: AsyncGenerator<number>[] = [];
  const rest: number[][] = [];
  await tens.add("step", async function* ({ input, state }) {
    readers.push(state.stream("tens"));
    for await (const item of input) {
      if (item === 10 && readers.length === 1) throw new Error("no");
      yield item;
    }
    for (const reader of readers) rest.push(await collect(reader));
  }, { errorStrategy: "SKIP_FAILED" }).executeToArray(slowRange(4));

  assertEquals(rest, [[], [0, 10, 20, 30]]);
});

test("two steps read one stage, of which the later is started again", async () => {
  const streamed: number[][] = [];
  let starts = 0;
  const seen = await tens
    .add("first", async function* ({ input, state }) {
      const items = state.stream("tens");
      for await (const _ of input) yield (await items.next()).value!;
    })
    .add("second", async function* ({ input, state }) {
      const isFirst = ++starts === 1;
      const items = state.stream("tens");
      for await (const item of input) {
        if (isFirst && item === 10) throw new Error("no");
        yield item;
      }
      streamed.push(await collect(items));
    }, { errorStrategy: "SKIP_FAILED" }).executeToArray(slowRange(4));

  const all = [0, 10, 20, 30];
  assertEquals([seen, streamed], [[0, 20, 30], [all]]);
});
