import { assert, assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { StreamingPipeline as CorePipeline } from "../../src/core/mod.ts";
import { asStreams } from "../../src/streams/mod.ts";
import { test } from "../harness.ts";
import { createStream, readStream } from "../operators/_outcome.ts";
import { FORMS, Handed } from "../support/handed.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";

type Chain = StreamingPipeline<number, number, Record<string, unknown>>;

/** What a stage sees of the stages before it: all of it must cross. */
const seen = (item: number, state: { readonly accumulated: object }): number =>
  Object.values(state.accumulated).flat(3).reduce(
    (sum: number, each) => typeof each === "number" ? (sum * 31 + each) % 9_973 : sum,
    item,
  );
const fail = (item: number): number => {
  if (item % 41 === 17) throw new Error("it fails");
  return item;
};

const STAGES: Readonly<Record<string, (chain: Chain, key: string) => Chain>> = {
  map: (chain, key) => chain.map(key, (item, _, { state }) => seen(item, state)),
  async: (chain, key) => chain.map(key, async (item) => await (item + 1)),
  parallel: (chain, key) =>
    chain.map(key, async (item, _, { state }) => await seen(item, state), { concurrencyLimit: 3 }),
  filter: (chain, key) => chain.filter(key, (item) => item % 3 !== 1),
  many: (chain, key) => chain.flatMap(key, (item) => [item, item + 1].slice(0, item % 3)),
  batch: (chain, key) =>
    chain.batch(`${key} batch`, 3).map(key, (batch) => batch.reduce((sum, item) => sum + item)),
  take: (chain, key) => chain.take(key, 7),
  skip: (chain, key) => chain.skip(key, 2),
  takeWhile: (chain, key) => chain.takeWhile(key, (item) => item % 29 !== 13),
  scan: (chain, key) => chain.scan(key, (sum, item) => (sum + item) % 1_000, 0),
  step: (chain, key) =>
    chain.add(key, async function* ({ input, state }) {
      for await (const item of input) yield seen(item, state);
    }),
  checkpoint: (chain, key) => chain.checkpoint(key) as unknown as Chain,
  groups: (chain, key) =>
    chain.groupBy(
      key,
      (item) => item % 2,
      (group) => group.scan("sum", (sum, item) => sum + item, 0),
    ),
  failing: (chain, key) => chain.map(key, fail),
  skipping: (chain, key) => chain.map(key, fail, { errorStrategy: "SKIP_FAILED" }),
};

function build(names: readonly string[]): Chain {
  return names.reduce(
    (chain, name, index) => STAGES[name]!(chain, `${name} ${index}`),
    StreamingPipeline.start<number>() as unknown as Chain,
  );
}

interface Told {
  readonly items: unknown[];
  readonly key: string | undefined;
  readonly itemIndex: number | undefined;
}

async function read(source: AsyncIterable<unknown>): Promise<Told> {
  const items: unknown[] = [];
  try {
    for await (const item of source) items.push(item);
    return { items, key: undefined, itemIndex: undefined };
  } catch (error) {
    assertInstanceOf(error, StreamingError);
    return { items, key: error.key, itemIndex: error.itemIndex };
  }
}

test("asStreams() gives what the fused run gives: items, order, state and errors", async () => {
  const names = fc.array(fc.constantFrom(...Object.keys(STAGES)), { minLength: 1, maxLength: 5 });
  const numbers = fc.array(fc.nat(100), { maxLength: 20 });

  await fc.assert(fc.asyncProperty(names, numbers, fc.nat(3), async (names, source, ahead) => {
    const pipeline = build(names);
    const fused = await read(pipeline.execute(source));
    const streams = await read(readStream(asStreams(pipeline, source, { highWaterMark: ahead })));

    assertEquals(streams, fused);
  }));
});

test("asStreams() computes nothing ahead without queues, and what they hold with them", async () => {
  for (const highWaterMark of [0, 2]) {
    const source = new SourceProbe("a sync iterable", { items: [1, 2, 3, 4, 5, 6, 7] });
    const pipeline = StreamingPipeline.start<number>().map("a", (item) => item)
      .map("b", (item) => item).map("c", (item) => item);
    const reader = asStreams(pipeline, source.source, { highWaterMark }).getReader();
    assertEquals(source.pulls, 0);
    await reader.read();
    for (let turn = 0; turn < 50; turn++) await null;

    assert(source.pulls >= 1 + highWaterMark && source.pulls <= 1 + 3 * highWaterMark);
    await reader.cancel();
    assertEquals(source.closed, 1);
  }
});

test("asStreams() lets other code stand between two stages", async () => {
  const keys: string[] = [];
  const pipeline = CorePipeline.start<number>().map("a", (item) => item + 1)
    .filter("b", (item) => item % 2 === 0).map("c", (item) => item * 10);
  const stream = asStreams(pipeline, createStream(1, 2, 3), {
    between(key, stream) {
      keys.push(key);
      return stream.pipeThrough(new TransformStream());
    },
  });

  const items: number[] = [];
  for await (const item of readStream(stream)) items.push(item);

  assertEquals(items, [20, 40]);
  assertEquals(keys, ["a", "b"]);
});

test("[L9] asStreams() refuses what it cannot use", () => {
  const pipeline = StreamingPipeline.start<number>();
  assertThrows(() => asStreams({} as typeof pipeline, [1]), TypeError, "a StreamingPipeline");
  assertThrows(() => asStreams(pipeline, [1], { highWaterMark: -1 }), RangeError, "highWaterMark");
  assertThrows(() => asStreams(pipeline, [1], { between: 3 as never }), TypeError, "between");
  assertThrows(
    () => asStreams(pipeline, [1], 3 as never),
    TypeError,
    "Cannot call asStreams: options must be an object, got 3",
  );
});

test("[L9] asStreams() fails where nothing can be read of what stands between two stages", async () => {
  const cases: readonly [unknown, string][] = [
    [undefined, "undefined; is a return missing?"],
    [Promise.resolve(), "a Promise"],
    [[1], "an array"],
  ];
  for (const [made, shown] of cases) {
    const handed = new Handed(FORMS[0]!);
    const pipeline = StreamingPipeline.start<number>().map("a", (item) => item)
      .map("b", (item) => item);
    const stream = asStreams(pipeline, handed.given, { between: () => made as never });

    const error = await assertRejects(() => stream.getReader().read(), TypeError);

    assertEquals(
      error.message,
      `Cannot run the stage "a" (asStreams): its between must return a web stream, got ${shown}`,
    );
    assertEquals(handed.closed, 1);
  }
});

for (const highWaterMark of [0, 2]) {
  test(`[L4] asStreams() that is never read calls nothing and lets go of its source, ${highWaterMark} ahead`, async () => {
    const handed = new Handed(FORMS[0]!);
    let calls = 0;
    const between = (_key: string, stream: ReadableStream<unknown>) => (calls++, stream);
    const pipeline = StreamingPipeline.start<number>()
      .map("a", (item) => item)
      .map("b", (item) => item)
      .map("c", (item) => item);

    await asStreams(pipeline, handed.given, { highWaterMark, between }).cancel("enough");
    await settle();

    assertEquals([calls, handed.pulls, handed.closed, handed.reasons], [0, 0, 1, ["enough"]]);
  });
}

test("[L4] asStreams() closes what was put between two stages when its reader stops", async () => {
  const log: string[] = [];
  const between = (key: string, stream: ReadableStream<unknown>) => {
    const reader = stream.getReader();
    return new ReadableStream<unknown>({
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      async cancel(reason) {
        log.push(`${key} ${reason}`);
        await reader.cancel(reason);
      },
    }, { highWaterMark: 0 });
  };
  const handed = new Handed(FORMS[0]!);
  const pipeline = StreamingPipeline.start<number>()
    .map("a", (item) => item)
    .map("b", (item) => item)
    .map("c", (item) => item);
  const reader = asStreams(pipeline, handed.given, { between }).getReader();
  await reader.read();

  await reader.cancel("enough");

  assertEquals([log, handed.closed, handed.reasons], [["b enough", "a enough"], 1, ["enough"]]);
});
