// SPLIT_ERRORS: how the channel of failed items begins and ends, and who shares it.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { type FailedItem, type RunOptions, StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { readOutcome } from "../operators/_outcome.ts";
import { settle } from "../../src/testing/turns.ts";
import { collect, failOdd, FAILURE, ITEMS, itemsOf, ODD, Sink, SPLIT_ERRORS } from "./_split.ts";

test("run.errors ends when the run fails for another reason, and gives what had failed before", async () => {
  const run = StreamingPipeline.start<number>()
    .map("odd", failOdd, { errorStrategy: SPLIT_ERRORS })
    .map("limit", (item) => {
      if (item === 4) throw new Error("four");
      return item;
    })
    .run(ITEMS);
  const [failed, { items, error }] = await Promise.all([collect(run.errors), readOutcome(run)]);

  assertInstanceOf(error, StreamingError);
  assertEquals([items, error.key, itemsOf(failed)], [[0, 2], "limit", [1, 3]]);
});

test("run.errors that is asked for when the run is over has ended", async () => {
  const toTheEnd = StreamingPipeline.start<number>().run(ITEMS);
  await readOutcome(toTheEnd);
  const aborted = StreamingPipeline.start<number>().run(ITEMS);
  await aborted.abort();

  assertEquals(await collect(toTheEnd.errors), []);
  assertEquals(await collect(aborted.errors), []);
});

const splitting = () =>
  StreamingPipeline.start<number>().map("odd", failOdd, { errorStrategy: SPLIT_ERRORS });

/** The ways in which a run ends, and whether what was made for it is aborted with it. */
const ENDINGS: Readonly<
  Record<string, { run: (options: RunOptions) => Promise<unknown>; reason?: unknown }>
> = {
  "ends": { run: (options) => splitting().executeToArray(ITEMS, options) },
  "fails": {
    run: (options) =>
      readOutcome(
        splitting().map("later", (item) => {
          if (item > 3) throw FAILURE;
        }).execute(ITEMS, options),
      ),
  },
  "is left": {
    async run(options) {
      for await (const item of splitting().execute(ITEMS, options)) if (item > 3) break;
    },
  },
  "is aborted": {
    async run(options) {
      const run = splitting().run(ITEMS, options);
      for await (const item of run) if (item === 2) break;
      const other = splitting().run(ITEMS, options);
      const items = other[Symbol.asyncIterator]();
      while ((await items.next()).value !== 2);
      await other.abort("enough");
    },
    reason: "enough",
  },
};

for (const [how, { run, reason }] of Object.entries(ENDINGS)) {
  test(`errorsTo a stream that is given stays open and is unlocked when the run ${how}`, async () => {
    const sink = new Sink(true);
    await run({ errorsTo: sink.stream });

    assertEquals(sink.failed.length > 0, true);
    assertEquals([sink.closed, sink.aborts, sink.stream.locked], [0, [], false]);
  });

  test(`errorsTo a stream that is made is closed, or aborted with the run, when the run ${how}`, async () => {
    const sinks: Sink[] = [];
    const errorsTo = () => {
      sinks.push(new Sink(true));
      return sinks.at(-1)!.stream;
    };
    await run({ errorsTo });

    const sink = sinks.at(-1)!;
    assertEquals(sink.failed.length > 0, true);
    assertEquals([sink.closed, sink.aborts], reason === undefined ? [1, []] : [0, [reason]]);
    assertEquals(sinks.map(({ stream }) => stream.locked), sinks.map(() => false));
  });
}

test("errorsTo a stream serves several runs, one after the other and at the same time", async () => {
  const sink = new Sink(true);
  const options = { errorsTo: sink.stream };
  await splitting().executeToArray([1, 2], options);
  assertEquals(itemsOf(sink.failed), [1]);

  const runs = [[3, 5, 7], [9, 11], [13]];
  await Promise.all(runs.map((items) => splitting().executeToArray(items, options)));

  assertEquals(itemsOf(sink.failed).slice(1).toSorted(), [11, 13, 3, 5, 7, 9]);
  const writer = sink.stream.getWriter();
  await writer.close();
  assertEquals(sink.closed, 1);
});

test("errorsTo a stream is not locked while nothing fails, nor between two failures", async () => {
  const sink = new Sink(true);
  const locked: boolean[] = [];
  const run = splitting().run(ITEMS, { errorsTo: sink.stream });
  for await (const _ of run) locked.push(sink.stream.locked);

  assertEquals(locked, [false, false, false, false, false]);
});

test("errorsTo a function that makes a stream is called once per run, at the first failed item", async () => {
  let made = 0;
  const sinks: Sink[] = [];
  const errorsTo = async () => {
    made++;
    await undefined;
    sinks.push(new Sink(true));
    return sinks.at(-1)!.stream;
  };
  const side = { errorStrategy: SPLIT_ERRORS, parallel: true, ordered: false } as const;
  const pipeline = StreamingPipeline.start<number>()
    .map("odd", failOdd, side)
    .map("two", (item) => {
      if (item === 2) throw FAILURE;
      return item;
    }, side);

  await pipeline.executeToArray([0, 4], { errorsTo });
  assertEquals(made, 0);
  await pipeline.executeToArray(ITEMS, { errorsTo });
  await pipeline.executeToArray([1], { errorsTo });

  assertEquals([made, sinks.map(({ closed }) => closed)], [2, [1, 1]]);
  assertEquals(itemsOf(sinks[0]!.failed).toSorted(), [1, 2, 3, 5, 7, 9]);
});

test("errorsTo a stream that is made too late is closed", async () => {
  const sink = new Sink(true);
  const making = createDeferred<WritableStream<FailedItem>>();
  const run = splitting().run(ITEMS, { errorsTo: () => making.promise });
  const reading = readOutcome(run);
  await settle();

  const aborting = run.abort("enough");
  making.resolve(sink.stream);
  await aborting;
  await reading;

  assertEquals([sink.closed, sink.aborts, sink.stream.locked], [0, ["enough"], false]);
});

test("errorsTo a stream that cannot be closed costs no item, and is reported at the end", async () => {
  const failure = new Error("disk full");
  const errorsTo = () =>
    new WritableStream<FailedItem>({
      close() {
        throw failure;
      },
    });
  const { items, error } = await readOutcome(splitting().execute([1, 2], { errorsTo }));
  const pipeline = splitting();
  const collected = await pipeline.executeToArray([1, 2], { errorsTo });

  assertEquals([items, collected], [[2], [2]]);
  assertStrictEquals(error, failure);
  assertEquals((await pipeline.getMetadata()).cleanupErrors, [failure]);
});

test("run.errors of a run without failures is empty and ends with it", async () => {
  const run = StreamingPipeline.start<number>().map("same", (item) => item).run([1]);
  const [failed] = await Promise.all([collect(run.errors), readOutcome(run)]);

  assertEquals(failed, []);
});

test("run.errors has the failed items of all stages, in the order in which they failed", async () => {
  const run = StreamingPipeline.start<number>()
    .map("odd", failOdd, { errorStrategy: SPLIT_ERRORS })
    .filter("four", (item) => {
      if (item === 4) throw FAILURE;
      return true;
    }, { errorStrategy: SPLIT_ERRORS })
    .run([0, 1, 4, 5, 6]);
  const [failed] = await Promise.all([collect(run.errors), readOutcome(run)]);

  assertEquals(failed.map(({ key, item, itemIndex }) => [key, item, itemIndex]), [
    ["odd", 1, 1],
    ["four", 4, 1],
    ["odd", 5, 3],
  ]);
});

test("run.errors: calls of next() that overlap get an item each", async () => {
  const run = StreamingPipeline.start<number>()
    .map("odd", failOdd, { errorStrategy: SPLIT_ERRORS })
    .run(ITEMS);
  const errors = run.errors[Symbol.asyncIterator]();
  const asked = [errors.next(), errors.next()];
  await readOutcome(run);
  const answers = await Promise.all(asked);

  assertEquals(answers.map(({ value }) => (value as FailedItem).item), [1, 3]);
});

test("with errorsTo, run.errors need not be read, and can be", async () => {
  const told: FailedItem[] = [];
  const options: RunOptions = { errorsTo: (one) => told.push(one), errorBuffer: 1 };
  const start = () =>
    StreamingPipeline.start<number>().map("odd", failOdd, { errorStrategy: SPLIT_ERRORS });
  const unread = await readOutcome(start().run(ITEMS, options));
  const run = start().run(ITEMS, options);
  const [failed] = await Promise.all([collect(run.errors), readOutcome(run)]);

  assertEquals([unread.error, itemsOf(told), itemsOf(failed)], [undefined, [...ODD, ...ODD], ODD]);
});

test("the error channel holds 1,024 items by default", async () => {
  const run = (count: number) =>
    readOutcome(
      StreamingPipeline.start<number>()
        .map("fail", () => {
          throw FAILURE;
        }, { errorStrategy: SPLIT_ERRORS })
        .execute(Array.from({ length: count }, (_, index) => index)),
    );

  assertEquals((await run(1_024)).error, undefined);
  const { error } = await run(1_025);
  assertInstanceOf(error, StreamingError);
  assertEquals([error.code, error.itemIndex], ["ERROR_CHANNEL_FULL", undefined]);
});

test("other strategies send nothing to run.errors", async () => {
  for (const errorStrategy of ["SKIP_FAILED", "COLLECT_ERRORS"] as const) {
    const told: FailedItem[] = [];
    const pipeline = StreamingPipeline.start<number>().map("odd", failOdd, { errorStrategy });
    await pipeline.executeToArray(ITEMS, { errorsTo: (one) => told.push(one) });

    assertEquals(told, []);
  }
});
