// Every way in which a run stops before its source has ended.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { type RunOptions, StreamingError } from "../../mod.ts";
import type { AnySource } from "./_ends.ts";
import { pull } from "./_ends.ts";
import type { AnyPipeline } from "./_rows.ts";

/** One way to stop. */
export interface Stop {
  readonly name: string;
  /** Lets `count` items out, stops, and resolves when the consumer's statement has completed. */
  readonly run: (
    pipeline: AnyPipeline,
    source: AnySource,
    count: number,
    options?: RunOptions,
  ) => Promise<void>;
  /** What a stream's `cancel()` is given, where that is settled. */
  readonly reason?: unknown;
}

/** What consumers throw and signals carry here. */
export const REASON: Error = new Error("the test has seen enough");

/** Fails when its `count`-th item has come through. */
function failAt(count: number): (item: unknown) => unknown {
  let seen = 0;
  return (item) => {
    if (++seen === count) throw REASON;
    return item;
  };
}

/** Resolves when `work` has failed with `expected` itself, or as the cause of the error. */
async function expectFailure(work: Promise<unknown>, expected: unknown): Promise<void> {
  const outcome = await work.then(() => "it did not fail", (error) => error);
  const error = outcome instanceof StreamingError ? outcome.cause : outcome;
  assertStrictEquals(error, expected);
}

async function iterate(
  items: AsyncIterable<unknown>,
  count: number,
  stop: () => "break" | "return" | "throw",
): Promise<void> {
  let seen = 0;
  for await (const _ of items) {
    if (++seen < count) continue;
    const how = stop();
    if (how === "throw") throw REASON;
    if (how === "return") return;
    break;
  }
}

/** The ways of a consumer, of a later stage, and of a signal. */
export const STOPS: readonly Stop[] = [
  {
    name: "the consumer breaks",
    run: (pipeline, source, count, options) =>
      iterate(pipeline.execute(source, options), count, () => "break"),
  },
  {
    name: "the consumer throws",
    run: (pipeline, source, count, options) =>
      expectFailure(iterate(pipeline.execute(source, options), count, () => "throw"), REASON),
  },
  {
    name: "the consumer returns",
    async run(pipeline, source, count, options) {
      const items = pipeline.execute(source, options);
      await pull(items, count);
      assertEquals(await items.return(), { done: true, value: undefined });
    },
  },
  {
    name: "a take is full",
    async run(pipeline, source, count, options) {
      const items = await pipeline.take("enough", count).executeToArray(source, options);
      assertEquals(items.length, count);
    },
  },
  {
    name: "a later stage fails",
    run: (pipeline, source, count, options) =>
      expectFailure(
        pipeline.map("fails", failAt(count)).executeToArray(source, options),
        REASON,
      ),
  },
  {
    name: "the signal aborts",
    async run(pipeline, source, count, options) {
      const controller = new AbortController();
      const items = pipeline.execute(source, { ...options, signal: controller.signal });
      await pull(items, count);
      controller.abort(REASON);
      await expectFailure(items.next(), REASON);
    },
    reason: REASON,
  },
];

/** The same by other means: for a few rows, since they share all but their outermost part. */
export const OTHER_STOPS: readonly Stop[] = [
  {
    name: "the iterator is made to throw",
    async run(pipeline, source, count, options) {
      const items = pipeline.execute(source, options);
      await pull(items, count);
      await expectFailure(items.throw(REASON), REASON);
    },
    reason: REASON,
  },
  {
    name: "the block of the run ends",
    async run(pipeline, source, count, options) {
      await using run = pipeline.run(source, options);
      await pull(run, count);
    },
  },
  {
    name: "the run is aborted",
    async run(pipeline, source, count, options) {
      const run = pipeline.run(source, options);
      await pull(run, count);
      await run.abort(REASON);
    },
    reason: REASON,
  },
  {
    name: "the run's readable is cancelled",
    run: (pipeline, source, count, options) =>
      cancelAfter(pipeline.run(source, options).readable, count),
    reason: REASON,
  },
  {
    name: "the readable stream is cancelled",
    run: (pipeline, source, count, options) =>
      cancelAfter(pipeline.toReadableStream(source, undefined, options), count),
    reason: REASON,
  },
  {
    name: "the action of executeForEach() throws",
    run: (pipeline, source, count, options) =>
      expectFailure(pipeline.executeForEach(source, failAt(count), options), REASON),
  },
  {
    name: "the reducer rejects",
    run(pipeline, source, count, options) {
      const fail = failAt(count);
      // deno-lint-ignore require-await -- an async reducer is the point
      const reducer = async (_: unknown, item: unknown) => fail(item);
      return expectFailure(pipeline.executeReduce(source, reducer, undefined, options), REASON);
    },
  },
  {
    name: "a takeWhile has seen enough",
    async run(pipeline, source, count, options) {
      let seen = 0;
      const items = pipeline.takeWhile("enough", () => ++seen <= count);
      assertEquals((await items.executeToArray(source, options)).length, count);
    },
  },
];

async function cancelAfter(stream: ReadableStream<unknown>, count: number): Promise<void> {
  const reader = stream.getReader();
  for (let index = 0; index < count; index++) await reader.read();
  await reader.cancel(REASON);
}
