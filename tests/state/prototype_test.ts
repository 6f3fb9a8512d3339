// `accumulated` has the keys of the stages and nothing else: no name that objects inherit.

import { assertEquals } from "@std/assert";
import { createStep, Pipeline, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { MODES } from "./_support.ts";

const INHERITED = ["constructor", "toString", "valueOf", "hasOwnProperty", "__proto__"] as const;

/** What `accumulated` shows under names that no stage has. */
function readInherited(accumulated: object): unknown[] {
  return INHERITED.map((name) => (accumulated as Record<string, unknown>)[name]);
}

const nothing = INHERITED.map(() => undefined);
const start = StreamingPipeline.start<number>().map("item", (item) => item);

for (const { title, options } of MODES) {
  test(`accumulated shows nothing under a name that no stage has: a function, ${title}`, async () => {
    const read = await start
      .map("read", (_, __, { state }) => readInherited(state.accumulated), options)
      .executeToArray([1, 2]);

    assertEquals(read, [nothing, nothing]);
  });

  test(`a stage may be called what objects inherit, ${title}`, async () => {
    let pipeline = StreamingPipeline.start<number>() as unknown as typeof start;
    for (const name of INHERITED) {
      pipeline = pipeline.map(name as "new", (item) => item + 1, options) as never;
    }
    const seen = await pipeline.map("seen", (_, __, { state }) => {
      const has = state.hasSnapshot as (key: string) => boolean;
      return [readInherited(state.accumulated), INHERITED.map((name) => has.call(state, name))];
    }, options).executeToArray([0]);

    assertEquals(seen, [[[1, 2, 3, 4, 5], [true, true, true, true, true]]]);
  });
}

test("accumulated shows nothing under a name that no stage has: a step over the stream", async () => {
  const read = await start.add("read", async function* ({ input, state }) {
    yield readInherited(state.accumulated);
    for await (const _ of input) yield readInherited(state.accumulated);
  }).executeToArray([1]);

  assertEquals(read, [nothing, nothing]);
});

test("hasSnapshot of a list's state says no to a name that no stage has", async () => {
  const seen: boolean[] = [];
  const result = await Pipeline.start<number[]>()
    .map("item", createStep("item", ({ input }: { input: number }) => input))
    .add("read", {
      name: "read",
      isStreamingStep: true,
      async *execute({ input, state }: {
        input: AsyncIterable<number>;
        state: { hasSnapshot(key: string): boolean };
      }) {
        seen.push(...INHERITED.map((name) => state.hasSnapshot(name)), state.hasSnapshot("item"));
        yield* input;
      },
    } as never)
    .execute([1]);

  assertEquals([result.success, seen], [true, [...INHERITED.map(() => false), true]]);
});
