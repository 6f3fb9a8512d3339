// However many stages follow one another, and pipelines and sources are inside one another, the
// stack does not grow with their number: it is counted in frames, where the source is read and
// closed.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  concat,
  createParallel,
  createStep,
  interleave,
  merge,
  Pipeline,
  pipelineToStreaming,
  retrySource,
  share,
  type Step,
  StreamingPipeline,
  streamingToPipeline,
  zip,
} from "../../mod.ts";
import { map, type Operator, pipe } from "../../src/operators/mod.ts";
import { test } from "../harness.ts";
import { range } from "./_rows.ts";

type Numbers = StreamingPipeline<number, number, unknown>;
type Source = AsyncIterable<number>;

const start = () => StreamingPipeline.start<number>() as Numbers;
const same = (item: number) => item;

/** More levels than would fit into this many frames, were they called from inside one another. */
const LEVELS = 449;
const MOST_FRAMES = 1_200;

/** How many frames the stack has. */
function countFrames(): number {
  const limits: ErrorConstructor & { stackTraceLimit?: number | undefined } = Error;
  const { stackTraceLimit } = limits;
  limits.stackTraceLimit = Infinity;
  const { stack = "" } = new Error();
  limits.stackTraceLimit = stackTraceLimit;
  return stack.split("\n").length;
}

/** Two items, and then it is silent; it notes how deep the stack is when it is read, and closed. */
class DepthProbe implements Source {
  deepest = 0;
  readonly #isSilent: boolean;
  #next = 0;

  constructor(isSilent: boolean) {
    this.#isSilent = isSilent;
  }

  [Symbol.asyncIterator](): AsyncIterator<number> {
    return {
      next: () => {
        this.note();
        if (this.#next < 2) return Promise.resolve({ done: false, value: this.#next++ });
        if (this.#isSilent) return new Promise(() => {});
        return Promise.resolve({ done: true, value: undefined });
      },
      return: () => {
        this.note();
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  note(): void {
    this.deepest = Math.max(this.deepest, countFrames());
  }
}

/** Notes how deep the stack is where a function is called. */
function createProbe() {
  const probe = { deepest: 0 };
  const note = () => void (probe.deepest = Math.max(probe.deepest, countFrames()));
  return { probe, note };
}

/** Stages that read the one before them. */
const CHAINS: Readonly<Record<string, (from: Numbers, key: string) => Numbers>> = {
  "parallel map()": (from, key) => from.map(key, same, { parallel: true }) as Numbers,
  "parallel flatMap()": (from, key) =>
    from.flatMap(key, (item) => [item], { parallel: true }) as Numbers,
  "add()": (from, key) =>
    from.add(key, async function* ({ input }) {
      for await (const item of input) yield item;
    }) as Numbers,
  "buffer()": (from, key) => from.buffer(key, 1) as Numbers,
  "checkpoint()": (from, key) => from.checkpoint(key) as Numbers,
  "through()": (from, key) =>
    from.through(key, () => new TransformStream<number, number>()) as Numbers,
  "delay()": (from, key) => from.delay(key, 0) as Numbers,
};

/** What makes a source of one. */
const NESTED: Readonly<Record<string, (from: Source) => Source>> = {
  "merge()": (from) => merge(from, []),
  "concat()": (from) => concat(from, []),
  "interleave()": (from) => interleave(from, []),
  "zip()": (from) =>
    start().map("first", same).execute(
      (async function* () {
        for await (const [item] of zip(from)) yield item;
      })(),
    ),
  "share()": (from) => share(from, { bufferSize: 4 }),
  "retrySource()": (from) => retrySource(() => from, 2),
  "execute()": (from) => start().map("m", same).execute(from),
  "run()": (from) => start().map("m", same).run(from),
  "toReadableStream()": (from) =>
    start().map("m", same).toReadableStream(from) as unknown as Source,
};

/** Reads the levels over a source to the end, and another up to the first item. */
async function assertBounded(build: (probe: Source) => Source, isSilent = true): Promise<void> {
  const probe = new DepthProbe(false);
  const items: number[] = [];
  for await (const item of build(probe)) items.push(item);
  const closed = new DepthProbe(isSilent);
  for await (const _ of build(closed)) break;

  assertEquals(items, [0, 1]);
  assertFrames(Math.max(probe.deepest, closed.deepest));
}

function assertFrames(deepest: number): void {
  assert(deepest > 0 && deepest <= MOST_FRAMES, `${deepest} frames`);
}

for (const [name, add] of Object.entries(CHAINS)) {
  test(`a chain of ${name} stages takes no more of the stack the longer it is`, async () => {
    let pipeline = start();
    for (const index of range(LEVELS)) pipeline = add(pipeline, `k${index}`);

    // Nothing comes out of a checkpoint before the source has ended.
    await assertBounded((source) => pipeline.execute(source), name !== "checkpoint()");
  });
}

for (const [name, wrap] of Object.entries(NESTED)) {
  test(`a source inside many of ${name} takes no more of the stack, however many`, async () => {
    await assertBounded((source) => range(LEVELS).reduce((each) => wrap(each), source));
  });
}

/** Pipelines inside the stages of others. */
const INSIDE: Readonly<
  Record<string, (inner: (from: Numbers) => Numbers) => (from: Numbers) => Numbers>
> = {
  "groupBy()": (inner) => (from) => from.groupBy("g", () => 1, inner) as Numbers,
  "partition()": (inner) => (from) => from.partition("p", () => true, inner, inner) as Numbers,
  "fanOut()": (inner) => (from) => from.fanOut("f", { only: inner }) as Numbers,
};

for (const [name, wrap] of Object.entries(INSIDE)) {
  test(`a pipeline inside many of ${name} takes no more of the stack, however many`, async () => {
    const { probe, note } = createProbe();
    const innermost = (from: Numbers) => from.tap("t", note) as Numbers;
    const build = range(LEVELS).reduce((inner) => wrap(inner), innermost);

    assertEquals(await build(start()).executeToArray([0, 1]), [0, 1]);
    assertFrames(probe.deepest);
  });
}

test("steps inside steps of a batch pipeline take no more of the stack, however many", async () => {
  const { probe, note } = createProbe();
  const step = range(LEVELS).reduce<Step<number, unknown>>(
    (each, index) => createParallel(`p${index}`, [each]),
    createStep("s", note),
  );
  const result = await Pipeline.start<number>().add("all", step).execute(1);

  assertEquals(result.success, true);
  assertFrames(probe.deepest);
});

test("a pipeline that crosses the bridge often takes no more of the stack", async () => {
  const { probe, note } = createProbe();
  // deno-lint-ignore no-explicit-any -- each crossing makes lists of lists
  const pipeline: any = range(LEVELS).reduce<any>(
    (each) => pipelineToStreaming(streamingToPipeline(each)),
    start().tap("t", note),
  );
  await pipeline.executeToArray([range(LEVELS).reduce<unknown>((list) => [list], 1)]);

  assertFrames(probe.deepest);
});

test("ten thousand stages run", async () => {
  const count = 10_000;
  let pipeline = start();
  for (const index of range(count)) {
    pipeline = pipeline.map(`k${index}`, (item) => item + 1) as Numbers;
  }

  assertEquals(await pipeline.executeToArray([1, 2]), [count + 1, count + 2]);
});

test("a long pipeline is composed from either end", async () => {
  const one = (index: number) => start().map(`k${index}`, (item) => item + 1) as Numbers;
  let front = one(0);
  let back = one(0);
  for (const index of range(1_000).slice(1)) {
    front = one(index).compose(front as never) as Numbers;
    back = back.compose(one(index) as never) as Numbers;
  }

  assertEquals([await front.executeToArray([0]), await back.executeToArray([0])], [[1_000], [
    1_000,
  ]]);
});

test("[L9] pipes are put inside one another a hundred deep, and no deeper", async () => {
  type AddOne = Operator<number, number>;
  const addOne = (): AddOne => map((item: number) => item + 1);
  const nest = (count: number) =>
    range(count).reduce<AddOne>((each) => pipe(each, addOne()), map(same));

  assertEquals(await start().use("p", nest(100)).executeToArray([0]), [100]);
  const error = assertThrows(() => nest(101), RangeError);
  assertEquals(
    error.message,
    "Cannot pipe: its operators must be no more than 100 pipes inside one another, got 101",
  );
});
