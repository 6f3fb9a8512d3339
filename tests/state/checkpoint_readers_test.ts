// What stream and materialize give of a checkpoint.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { StateNotRecordedError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { collect, range, slowRange } from "./_support.ts";

const start = StreamingPipeline.start<number>();
const tens = start.map("tens", (item) => item * 10);

test("stream and materialize of a checkpoint give its value, the array: types and run agree", async () => {
  const seen = await tens.checkpoint("all").map("plus", (item) => item + 1)
    .add("step", async function* ({ input, state }) {
      const streamed = await collect(state.stream("all"));
      const materialized = await state.materialize("all");
      assertType<IsExact<typeof streamed, (readonly number[])[]>>();
      assertType<IsExact<typeof materialized, (readonly number[])[]>>();
      yield [streamed.length, materialized.length];
      yield [streamed[0], materialized[0]].map((all) => all === state.accumulated.all);
      for await (const item of input) yield [item, await collect(state.stream("all"))];
    }).executeToArray(slowRange(2));

  const all = [[0, 10]];
  assertEquals(seen, [[1, 1], [true, true], [1, all], [11, all]]);
});

test("a step that reads the value of a checkpoint pulls nothing for it", async () => {
  const pulled: number[] = [];
  const counts = await start.checkpoint("all").tap("pulled", (item) => void pulled.push(item))
    .add("step", async function* ({ state }) {
      await state.materialize("all");
      yield pulled.length;
    }).executeToArray(range(5));

  // The one item read shows that the checkpoint has been passed.
  assertEquals(counts, [1]);
});

test("the checkpoint of an empty stream has an empty array, and so has one that was never asked", async () => {
  const read = async (pipeline: StreamingPipeline<number, number, { all: readonly number[] }>) =>
    (await pipeline.add("step", async function* ({ state }) {
      yield await state.materialize("all");
    }).executeToArray([]))[0];

  assertEquals(await read(start.checkpoint("all")), [[]]);
  assertEquals(await read(start.checkpoint("all").take("none", 0)), [[]]);
});

test('with "never", stream and materialize of a checkpoint throw as well', async () => {
  const seen = await StreamingPipeline.start<number>(undefined, { checkpoints: "never" })
    .checkpoint("all").add("step", async function* ({ state }) {
      const error = assertThrows(() => state.stream("all"), StateNotRecordedError, "never");
      yield [error.key, state.accumulated.all];
    }).executeToArray([1]);

  assertEquals(seen, [["all", [1]]]);
});
