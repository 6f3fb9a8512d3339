// SPLIT_ERRORS: how the channel of failed items begins and ends, and who shares it.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { type FailedItem, type RunOptions, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { readOutcome } from "../operators/_outcome.ts";
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

test("errorsTo a stream is closed when the run fails, is aborted, or is left", async () => {
  const fail = new Sink(true);
  const pipeline = StreamingPipeline.start<number>().map("stage", failOdd);
  await readOutcome(pipeline.execute(ITEMS, { errorsTo: fail.stream }));

  const abort = new Sink(true);
  const run = pipeline.run([0, 2], { errorsTo: abort.stream });
  await run[Symbol.asyncIterator]().next();
  await run.abort();

  const left = new Sink(true);
  for await (const _ of pipeline.execute([0, 2], { errorsTo: left.stream })) break;

  assertEquals([fail.closed, abort.closed, left.closed], [1, 1, 1]);
});

test("errorsTo a stream that cannot be closed costs no item, and is told at the end", async () => {
  const failure = new Error("disk full");
  const errorsTo = () =>
    new WritableStream<FailedItem>({
      close() {
        throw failure;
      },
    });
  const pipeline = StreamingPipeline.start<number>().map("stage", (item) => item);
  const { items, error } = await readOutcome(pipeline.execute([1, 2], { errorsTo: errorsTo() }));
  const collected = await pipeline.executeToArray([1, 2], { errorsTo: errorsTo() });

  assertEquals([items, collected], [[1, 2], [1, 2]]);
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
