// SPLIT_ERRORS: where failed items go.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { type FailedItem, type RunOptions, StreamingError, StreamingPipeline } from "../../mod.ts";
import { createDeferred, type Deferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { readOutcome } from "../operators/_outcome.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import {
  collect,
  EVEN,
  failOdd,
  FAILURE,
  ITEMS,
  itemsOf,
  ODD,
  Sink,
  SPLIT_ERRORS,
} from "./_split.ts";
import type { AnyPipeline } from "./_stages.ts";

/** How the stage that splits is written. */
const KINDS: Readonly<Record<string, () => AnyPipeline>> = {
  "a sync stage": () =>
    StreamingPipeline.start<number>().map("odd", failOdd, { errorStrategy: SPLIT_ERRORS }),
  "an async stage": () =>
    StreamingPipeline.start<number>()
      .map("odd", async (item) => failOdd(await item), { errorStrategy: SPLIT_ERRORS }),
  "a parallel stage": () =>
    StreamingPipeline.start<number>().map("odd", async (item) => failOdd(await item), {
      errorStrategy: SPLIT_ERRORS,
      parallel: true,
      concurrencyLimit: 3,
    }),
  "an unordered parallel stage": () =>
    StreamingPipeline.start<number>().map("odd", async (item) => failOdd(await item), {
      errorStrategy: SPLIT_ERRORS,
      parallel: true,
      concurrencyLimit: 3,
      ordered: false,
    }),
  "a parallel flatMap": () =>
    StreamingPipeline.start<number>().flatMap("odd", async (item) => [failOdd(await item)], {
      errorStrategy: SPLIT_ERRORS,
      parallel: true,
      concurrencyLimit: 3,
    }),
  "a generator step": () =>
    StreamingPipeline.start<number>().add("odd", async function* ({ input }) {
      for await (const item of input) yield failOdd(item);
    }, { errorStrategy: SPLIT_ERRORS }),
};

/** Who makes the stream that `errorsTo` names. */
const STREAMS: Readonly<
  Record<string, (stream: WritableStream<FailedItem>) => RunOptions["errorsTo"]>
> = {
  given: (stream) => stream,
  made: (stream) => () => stream,
};

for (const [name, start] of Object.entries(KINDS)) {
  test(`run.errors gives the failed items of ${name}, in order, and ends with the run`, async () => {
    const run = start().run(ITEMS);
    const [failed, { items, error }] = await Promise.all([collect(run.errors), readOutcome(run)]);

    assertEquals([items, error], [EVEN, undefined]);
    assertEquals(itemsOf(failed), ODD);
    for (const { item, itemIndex, key, error } of failed) {
      assertInstanceOf(error, StreamingError);
      assertStrictEquals(error.cause, FAILURE);
      assertEquals([itemIndex, key, error.item], [item, "odd", item]);
    }
  });

  test(`run.errors of ${name} can be read when the run is over`, async () => {
    const run = start().run(ITEMS);
    const { items } = await readOutcome(run);

    assertEquals([items, itemsOf(await collect(run.errors))], [EVEN, ODD]);
  });

  test(`run.errors: a slow reader pushes back on ${name}`, async () => {
    await new TestClock().use(async (clock) => {
      const run = start().run(manyItems(), { errorBuffer: 2 });
      const errors = run.errors[Symbol.asyncIterator]();
      watch(errors.next());
      const items: unknown[] = [];
      const reading = watch((async () => {
        for await (const item of run) items.push(item);
      })());
      for (let turns = 0; turns < 20; turns++) await settle();

      // One failed item was read and two wait: 7 has no room.
      assertEquals([reading.state, items], ["pending", [0, 2, 4, 6]]);
      await errors.next();
      for (let turns = 0; turns < 20; turns++) await settle();
      assertEquals([reading.state, items], ["pending", [0, 2, 4, 6, 8]]);

      run.abort("enough");
      await clock.advance(0);
      assertEquals([reading.state, reading.error, clock.timerCount], ["rejected", "enough", 0]);
      await clock.advance(10_000);
    });
  });

  test(`run.errors: nobody reads them, so ${name} fails with ERROR_CHANNEL_FULL`, async () => {
    const { items, error } = await readOutcome(start().run(ITEMS, { errorBuffer: 3 }));

    assertInstanceOf(error, StreamingError);
    assertEquals([error.code, error.key], ["ERROR_CHANNEL_FULL", "odd"]);
    assertInstanceOf(error.cause, Error);
    assertEquals(items, [0, 2, 4, 6]);
  });

  test(`run.errors: as many as errorBuffer may wait for a reader of ${name}`, async () => {
    const { items, error } = await readOutcome(start().run(ITEMS, { errorBuffer: 5 }));

    assertEquals([items, error], [EVEN, undefined]);
  });

  test(`run.errors: a reader that stops leaves ${name} to errorBuffer`, async () => {
    const run = start().run(ITEMS, { errorBuffer: 2 });
    const failed: FailedItem[] = [];
    const reading = (async () => {
      for await (const one of run.errors) {
        failed.push(one);
        break;
      }
    })();
    const { items, error } = await readOutcome(run);
    await reading;

    assertInstanceOf(error, StreamingError);
    assertEquals([error.code, itemsOf(failed)], ["ERROR_CHANNEL_FULL", [1]]);
    assert(items.length < EVEN.length);
  });

  test(`errorsTo a function: ${name} waits for its promise`, async () => {
    const failed: FailedItem[] = [];
    const answers: Deferred<void>[] = [];
    const errorsTo = (one: FailedItem) => {
      failed.push(one);
      answers.push(createDeferred());
      return answers.at(-1)!.promise;
    };
    const result = watch(start().executeToArray(ITEMS, { errorsTo }));
    for (let count = 1; count <= ODD.length; count++) {
      for (let turns = 0; turns < 5; turns++) await settle();
      assertEquals([result.state, failed.length], ["pending", count]);
      answers[count - 1]!.resolve();
    }
    for (let turns = 0; turns < 5; turns++) await settle();

    assertEquals([result.value, itemsOf(failed)], [EVEN, ODD]);
  });

  for (const isAsync of [false, true]) {
    const how = isAsync ? "rejects" : "throws";
    test(`errorsTo a function that ${how} fails the run of ${name} with its error`, async () => {
      const failure = new Error("disk full");
      const errorsTo = (): Promise<void> => {
        if (isAsync) return Promise.reject(failure);
        throw failure;
      };
      const { items, error } = await readOutcome(start().execute(ITEMS, { errorsTo }));

      assertInstanceOf(error, StreamingError);
      assertStrictEquals(error.cause, failure);
      assertEquals([items, error.key], [[0], "errorsTo"]);
      // The item's own failure is not lost.
      const [failed] = error.suppressed as StreamingError[];
      assertEquals([failed!.key, failed!.item, failed!.itemIndex], ["odd", 1, error.itemIndex]);
    });
  }

  for (const [kind, toErrorsTo] of Object.entries(STREAMS)) {
    const closed = kind === "made" ? 1 : 0;
    const end = closed === 1 ? "is closed" : "stays open";
    test(`errorsTo a stream that is ${kind} takes the failed items of ${name} at its pace, and ${end}`, async () => {
      const sink = new Sink();
      const result = watch(start().executeToArray(ITEMS, { errorsTo: toErrorsTo(sink.stream) }));
      for (let count = 1; count <= ODD.length; count++) {
        for (let turns = 0; turns < 5; turns++) await settle();
        assertEquals([result.state, sink.failed.length, sink.closed], ["pending", count, 0]);
        sink.release();
      }
      for (let turns = 0; turns < 5; turns++) await settle();

      assertEquals([result.value, itemsOf(sink.failed)], [EVEN, ODD]);
      assertEquals([sink.closed, sink.stream.locked], [closed, false]);
    });

    test(`errorsTo a stream that is ${kind} and errs fails the run of ${name} with its error`, async () => {
      const failure = new Error("disk full");
      const stream = new WritableStream<FailedItem>({
        write() {
          throw failure;
        },
      });
      const errorsTo = toErrorsTo(stream);
      const { error } = await readOutcome(start().execute(ITEMS, { errorsTo }));

      assertInstanceOf(error, StreamingError);
      assertStrictEquals(error.cause, failure);
      assertEquals(stream.locked, false);
    });

    test(`[L13] errorsTo a stream that is ${kind} and never answers does not keep ${name} from an abort`, async () => {
      await new TestClock().use(async (clock) => {
        const sink = new Sink();
        const controller = new AbortController();
        const options: RunOptions = {
          errorsTo: toErrorsTo(sink.stream),
          signal: controller.signal,
          closeTimeoutMs: 1_000,
        };
        const result = watch(start().executeToArray(ITEMS, options));
        await clock.advance(1);
        assertEquals([result.state, sink.failed.length], ["pending", 1]);
        controller.abort("enough");
        await clock.advance(1_000);

        assertEquals([result.state, result.error, clock.timerCount], ["rejected", "enough", 0]);
        assertEquals(sink.stream.locked, kind === "made");
        sink.release();
        await settle();
        assertEquals([sink.closed, sink.stream.locked], [0, false]);
      });
    });
  }

  test(`errorsTo: a sink that fails for ${name} while nothing is read fails a later read`, async () => {
    const ahead = { parallel: true, concurrencyLimit: 2, highWaterMark: 0 };
    const items = start().map("ahead", (item) => item, ahead).execute(ITEMS, {
      errorsTo: () => Promise.reject(FAILURE),
    });
    let error: unknown;
    while (error === undefined) {
      const read = await items.next().catch((thrown) => ({ done: true, value: thrown }));
      await settle();
      if (read.done) error = read.value;
    }

    assertInstanceOf(error, StreamingError);
    assertEquals([error.key, error.cause], ["errorsTo", FAILURE]);
  });

  test(`[L13] an abort while ${name} waits for room ends the run and run.errors at once`, async () => {
    await new TestClock().use(async (clock) => {
      const run = start().run(manyItems(), { errorBuffer: 1 });
      const errors = run.errors[Symbol.asyncIterator]();
      const reading = watch(readOutcome(run));
      await errors.next();
      for (let turns = 0; turns < 10; turns++) await settle();
      assertEquals(reading.state, "pending");
      run.abort("enough");
      await clock.advance(0);
      const [left, rest] = [watch(errors.next()), watch(errors.next())];
      await clock.advance(0);

      assertEquals(reading.value?.error, "enough");
      assertEquals([left.value?.done, rest.value?.done, clock.timerCount], [false, true, 0]);
      await clock.advance(10_000);
    });
  });
}

/** 0, 1, 2… for longer than any channel has room. */
function* manyItems(): Generator<number> {
  for (let item = 0; item < 200; item++) yield item;
}
