// Before a step reads its input it can read earlier stages by all means of `state`, in any order and
// mixed: everything is there.

import { assertEquals, assertThrows } from "@std/assert";
import fc from "fast-check";
import { StateNotRecordedError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { collect, range, slowRange } from "./_support.ts";

const KEYS = ["source", "plus", "odd", "twice", "pairs"] as const;
type Key = typeof KEYS[number];

const plain = StreamingPipeline.start<number>()
  .tap("source", () => {})
  .add("plus", async function* ({ input }) {
    for await (const item of input) yield item + 1;
  })
  .filter("odd", (item) => item % 2 === 1)
  .flatMap("twice", (item) => [item, item])
  .batch("pairs", 2);
const PIPELINES = {
  "loops and a step": plain,
  "parallel stages": StreamingPipeline.start<number>()
    .tap("source", () => {}, { parallel: true })
    .map("plus", (item) => Promise.resolve(item + 1), { parallel: true })
    .filter("odd", (item) => item % 2 === 1, { parallel: true })
    .flatMap("twice", async function* (item) {
      yield* [item, item];
    }, { parallel: true })
    .batch("pairs", 2),
  "a checkpoint before the step": plain.checkpoint("all") as unknown as typeof plain,
};

/** What each stage makes of 0, 1, 2… */
function model(count: number): Record<Key, readonly unknown[]> {
  const source = range(count);
  const plus = source.map((item) => item + 1);
  const odd = plus.filter((item) => item % 2 === 1);
  return {
    source,
    plus,
    odd,
    twice: odd.flatMap((item) => [item, item]),
    pairs: odd.map((item) => [item, item]),
  };
}

/** Reads some items of a stream, or all, and goes on with it later; or materialises. */
const READS = fc.array(
  fc.record({
    key: fc.constantFrom(...KEYS),
    kind: fc.constantFrom("new stream", "same stream", "materialize"),
    count: fc.constantFrom(0, 1, 2, Infinity),
  }),
  { minLength: 1, maxLength: 8 },
);

for (const [name, pipeline] of Object.entries(PIPELINES)) {
  for (const options of [{}, { retry: 2 }]) {
    const restart = "retry" in options ? " that may be started again" : "";

    test(`a step${restart} after ${name} reads earlier stages in all ways, mixed, and sees everything`, async () => {
      await fc.assert(
        fc.asyncProperty(READS, fc.nat(7), async (reads, count) => {
          const expected = model(count);
          const pairs = await pipeline.add("step", async function* ({ input, state }) {
            const open = new Map<Key, { stream: AsyncGenerator<unknown>; read: number }>();
            for (const { key, kind, count } of reads) {
              if (kind === "materialize") {
                assertEquals<unknown>(await state.materialize(key), expected[key]);
                continue;
              }
              const isSame = kind === "same stream" && open.has(key);
              const reader = isSame ? open.get(key)! : { stream: state.stream(key), read: 0 };
              open.set(key, reader);
              for (let left = count; left > 0; left--) {
                const { done, value } = await reader.stream.next();
                assertEquals([done, value], [
                  reader.read >= expected[key].length,
                  expected[key][reader.read],
                ]);
                if (done) break;
                reader.read++;
              }
            }
            yield* input;
            for (const [key, { stream, read }] of open) {
              assertEquals(await collect(stream), expected[key].slice(read));
            }
          }, options).executeToArray(slowRange(count));

          assertEquals<unknown>(pairs, expected.pairs);
        }),
        { numRuns: 60 },
      );
    });
  }
}

test("a stage that was read to its end leaves all others readable, also later", async () => {
  const seen = await plain.add("step", async function* ({ input, state }) {
    await collect(state.stream("plus"));
    for await (const _ of input);
    yield [await state.materialize("odd"), await collect(state.stream("source"))];
  }).executeToArray(range(4));

  assertEquals(seen, [[[1, 3], [0, 1, 2, 3]]]);
});

test("a step that has begun to read its input has what it has asked for, and no more", async () => {
  const seen = await plain.add("step", async function* ({ input, state }) {
    const plus = state.stream("plus");
    await input.next();
    assertThrows(() => state.stream("odd"), StateNotRecordedError, "Ask before");
    assertThrows(() => state.stream("plus"), StateNotRecordedError, "Ask before");
    yield await collect(plus);
  }).executeToArray(range(4));

  assertEquals(seen, [[1, 2, 3, 4]]);
});
