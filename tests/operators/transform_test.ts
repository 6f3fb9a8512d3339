import { assertEquals, assertRejects } from "@std/assert";
import { type ItemTransform, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { testOptions } from "../contract/_bad_input.ts";
import { readFailure, readOutcome } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

/** Each number with the one before it; the last one alone when the stream ends. */
function pairUp(): ItemTransform<number, number[], unknown> {
  let last = NaN;
  return {
    transform(item) {
      if (item < 0) throw new RangeError(`${item} is negative`);
      const pairs = Number.isNaN(last) ? [] : [[last, item]];
      last = item;
      return pairs;
    },
    flush: () => [[last]],
  };
}

testOptions("transform", (options, methods) => methods.transform!("key", pairUp, options), [[
  { errorStrategy: "SKIP" },
  TypeError,
  "errorStrategy must be one of FAIL_FAST, SKIP_FAILED, " +
  `COLLECT_ERRORS, SPLIT_ERRORS, got "SKIP"`,
]]);

test("transform() keeps what it knows from item to item, and gives the rest at the end", async () => {
  const pairs = start.transform("pair", pairUp);

  assertEquals(await pairs.executeToArray([1, 2, 3]), [[1, 2], [2, 3], [3]]);
  assertEquals(await pairs.executeToArray([]), [[NaN]]);
});

test("[L8] transform() makes an object for each run", async () => {
  const pairs = start.transform("pair", pairUp);

  const results = await Promise.all([1, 5].map((item) => pairs.executeToArray([item, item + 1])));

  assertEquals(results, [[[1, 2], [2]], [[5, 6], [6]]]);
});

test("transform() makes no object for a run that is not read", async () => {
  let made = 0;
  const pairs = start.transform("pair", () => {
    made++;
    return pairUp();
  });

  await pairs.run([1]).abort();

  assertEquals(made, 0);
});

test("transform() calls its methods on the object that was made", async () => {
  class Sums {
    sum = 0;
    transform(item: number) {
      this.sum += item;
      return [];
    }
    flush() {
      return [this.sum];
    }
  }

  assertEquals(await start.transform("sum", () => new Sums()).executeToArray([1, 2, 3]), [6]);
});

test("transform() gives what it is asked for, from any kind of answer", async () => {
  const read: number[] = [];
  const counted = start.transform("number", () => ({
    *transform(item) {
      for (let each = item;; each++) {
        read.push(each);
        yield each;
      }
    },
  })).take("first", 2);
  const later = start.transform("number", () => ({
    transform: (item) => Promise.resolve([item]),
    async *flush() {
      yield await Promise.resolve(-1);
    },
  }));

  assertEquals(await counted.executeToArray([7]), [7, 8]);
  assertEquals(read, [7, 8]);
  assertEquals(await later.executeToArray([1, 2]), [1, 2, -1]);
});

test("[L6] transform() gives the rest before an error of the source, and not after its own", async () => {
  const failure = new Error("broken");
  const probe = new SourceProbe("an async iterable", { failAfter: 2, failure });
  const pairs = start.transform("pair", pairUp);

  const broken = await readFailure(pairs.execute(probe.source));
  const own = await readFailure(pairs.execute([1, 2, -1, 3]));

  assertEquals([broken.items, broken.error.cause], [[[0, 1], [1]], failure]);
  assertEquals([own.items, own.error.key, own.error.itemIndex], [[[1, 2]], "pair", 2]);
});

test("transform() says whether what came before the end was all there is", async () => {
  const failure = new Error("broken");
  const ended = start
    .map("number", (item) => {
      if (item < 0) throw failure;
      return item;
    })
    .transform("complete", () => ({ transform: () => [], flush: (isComplete) => [isComplete] }));
  const probe = new SourceProbe("an async iterable", { failAfter: 2, failure });

  assertEquals(await ended.executeToArray([1]), [true]);
  assertEquals(await ended.take("first", 1).executeToArray([1]), [true]);
  for (const source of [[1, -1], probe.source]) {
    const { items, error } = await readFailure(ended.execute(source));
    assertEquals([items, error.cause], [[false], failure]);
  }
  const paused = StreamingPipeline.start<number>().map("later", (item) => Promise.resolve(item), {
    parallel: true,
  }).compose(ended);
  assertEquals((await readFailure(paused.execute([1, -1]))).items, [false]);
});

test("transform() goes on with the same object after an item that is left out", async () => {
  const pairs = start.transform("pair", pairUp, { errorStrategy: "SKIP_FAILED" });

  const run = pairs.run([1, -5, 2]);
  const { items } = await readOutcome(run);

  assertEquals(items, [[1, 2], [2]]);
  const [step] = run.metadata().steps;
  assertEquals([step?.inputCount, step?.outputCount, step?.errorCount], [3, 2, 1]);
});

test("transform() tries an item again as its options say", async () => {
  let calls = 0;
  const pipeline = start.transform("number", () => ({
    transform(item) {
      if (++calls === 1) throw new Error("once");
      return [item];
    },
  }), { retry: { maxAttempts: 2, backoffMs: 0, shouldRetry: () => true } });

  assertEquals(await pipeline.executeToArray([1]), [1]);
});

test("transform() shows the path of the last item with what flush gives", async () => {
  const rows = await start
    .map("number", (item) => item)
    .filter("small", (item) => item < 3)
    .transform("pair", pairUp)
    .map("row", (pair, _index, { state }) => [pair, state.accumulated.number])
    .executeToArray([1, 2, 3]);

  assertEquals(rows, [[[1, 2], 2], [[2], 2]]);
});

test("transform() refuses what is no object with a method of that name", async () => {
  const bad: readonly unknown[] = [undefined, {}, { transform: 1 }, { transform() {}, flush: 1 }];
  for (const made of bad) {
    const pipeline = start.transform("pair", () => made as ReturnType<typeof pairUp>);
    for (const source of [[1], []]) {
      const error = await assertRejects(() => pipeline.executeToArray(source), Error);

      const got = made === undefined ? "undefined; is a return missing?" : "an object";
      assertEquals(
        (error.cause as Error).message,
        'Cannot run the stage "pair" (transform): its function must return an object with transform, ' +
          `and flush where it keeps something, got ${got}`,
      );
    }
  }
});
