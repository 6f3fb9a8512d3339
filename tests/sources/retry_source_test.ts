// Where a source is opened again, when, how often, and what becomes of the one before.

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { type ResumePoint, retrySource } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const SEED = 20261123;

/** Is tried again by its code. */
const lost = () => Object.assign(new Error("lost"), { code: "ECONNRESET" });

async function readAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

/** Numbers from `count` on, of which the attempt breaks off as `breaks` says. */
function createFeed(length: number, breaks: readonly number[]) {
  const points: Omit<ResumePoint<number>, "signal">[] = [];
  const open = async function* ({ count, last }: ResumePoint<number>) {
    const most = breaks[points.length];
    points.push({ count, last });
    for (let given = 0; count + given < length; given++) {
      if (given === most) throw lost();
      yield await Promise.resolve(count + given);
    }
  };
  return { points, open };
}

test("[L3] retrySource() gives each item once, wherever the source breaks off", () =>
  fc.assert(
    fc.asyncProperty(fc.nat(10), fc.array(fc.nat(4), { maxLength: 6 }), async (length, breaks) => {
      const { open } = createFeed(length, breaks);
      const retry = { maxAttempts: breaks.length + 1, backoffMs: 0 };

      const items = await readAll(retrySource(open, retry));

      assertEquals(items, Array.from({ length }, (_, index) => index));
    }),
    { numRuns: 30, seed: SEED },
  ));

test("open() gets how many items have come out and which was the last", async () => {
  const { points, open } = createFeed(5, [2, 0, 1]);

  await readAll(retrySource(open, { maxAttempts: 3, backoffMs: 0 }));

  assertEquals(points, [
    { count: 0, last: undefined },
    { count: 2, last: 1 },
    { count: 2, last: 1 },
    { count: 3, last: 2 },
  ]);
});

test("attempts are counted from the last item on", async () => {
  const { points, open } = createFeed(6, [1, 1, 1, 1, 0, 0, 0]);
  const seen: number[] = [];

  const error = await assertRejects(async () => {
    for await (const item of retrySource(open, { maxAttempts: 3, backoffMs: 0 })) seen.push(item);
  });

  assertEquals((error as Error).message, "lost");
  assertEquals([seen, points.length], [[0, 1, 2, 3], 6]);
});

test("the waits grow, and begin anew after an item", () =>
  new TestClock().use(async (clock) => {
    const { points, open } = createFeed(2, [0, 0, 1, 0]);
    const items = retrySource(open, { maxAttempts: 4, backoffMs: 100, jitter: 0 });
    const reading = watch(readAll(items));
    const dues: (number | undefined)[] = [];

    for (let attempt = 0; attempt < 4; attempt++) {
      await settle();
      dues.push(clock.nextDueMs! - clock.now());
      await clock.advance(clock.nextDueMs! - clock.now());
    }

    assertEquals(dues, [100, 200, 100, 200]);
    assertEquals([reading.value, points.length, clock.timerCount], [[0, 1], 5, 0]);
  }));

test("a Retry-After of the failure is honoured", () =>
  new TestClock().use(async (clock) => {
    let opened = 0;
    const items = retrySource(() => {
      if (opened++ === 0) {
        throw Object.assign(new Error("busy"), { status: 429, retryAfterMs: 700 });
      }
      return [1];
    }, { maxAttempts: 2, backoffMs: 1 });
    const reading = watch(readAll(items));
    await settle();

    assertEquals(clock.nextDueMs, 700);
    await clock.advance(700);

    assertEquals(reading.value, [1]);
  }));

test("open() may return a source of any kind, or the promise of one, or fail", async () => {
  const answers: (() => unknown)[] = [
    () => Promise.reject(lost()),
    () => {
      throw lost();
    },
    () => Promise.resolve(new SourceProbe("a ReadableStream", { items: [1, 2] }).createStream()),
  ];
  let opened = 0;
  const open = () => answers[opened++]!() as number[];

  assertEquals(await readAll(retrySource(open, { maxAttempts: 3, backoffMs: 0 })), [1, 2]);
});

test("what another attempt cannot help is not tried again, and comes out as it was thrown", async () => {
  const failure = new Error("a mistake");
  let opened = 0;
  const open = () => {
    opened++;
    return Promise.reject(failure);
  };

  const error = await retrySource(open, { maxAttempts: 5, backoffMs: 0 }).next().catch((e) => e);

  assertStrictEquals(error, failure);
  assertEquals(opened, 1);
});

test("shouldRetry decides; one that throws does not hide why the source failed", async () => {
  const failure = new Error("a mistake");
  const broken = new Error("the rule fails");
  const open = () => Promise.reject(failure);
  const asked: unknown[] = [];

  const decided = await retrySource(open, {
    maxAttempts: 9,
    backoffMs: 0,
    shouldRetry: (error, attempt) => asked.push([error, attempt]) < 3,
  }).next().catch((error) => error);
  const both = await assertRejects(
    () =>
      retrySource(open, {
        maxAttempts: 2,
        backoffMs: 0,
        shouldRetry: () => {
          throw broken;
        },
      }).next(),
    AggregateError,
  );

  assertStrictEquals(decided, failure);
  assertEquals(asked, [[failure, 1], [failure, 2], [failure, 3]]);
  assertStrictEquals(both.cause, failure);
  assertEquals(both.errors, [failure, broken]);
});

test("a number in place of options is a number of attempts, 250 ms and more apart", async () => {
  await new TestClock().use(async (clock) => {
    const times: number[] = [];
    const open = () => (times.push(clock.now()), Promise.reject(lost()));
    const result = watch(retrySource(open, 3).next());
    await clock.advance(10_000);

    const waits = times.slice(1).map((time, index) => time - times[index]!);
    assertEquals(waits.map((waitMs) => Math.round(Math.log2(waitMs / 250))), [0, 1]);
    assertEquals([result.state, clock.timerCount], ["rejected", 0]);
  });
});

test("a promise of shouldRetry is waited for, and not when the reader stops", async () => {
  await new TestClock().use(async (clock) => {
    const answer = createDeferred<boolean>();
    let opened = 0;
    const open = () => opened++ === 0 ? Promise.reject(lost()) : [1, 2];
    const retry = { maxAttempts: 9, backoffMs: 10, jitter: 0, shouldRetry: () => answer.promise };
    const items = watch(readAll(retrySource(open, retry)));
    await clock.advance(1_000);
    assertEquals([items.state, opened, clock.timerCount], ["pending", 1, 0]);
    answer.resolve(true);
    await clock.advance(10);
    assertEquals([items.value, opened], [[1, 2], 2]);

    const left = retrySource(() => Promise.reject(lost()), {
      ...retry,
      shouldRetry: () => new Promise<never>(() => {}),
    });
    const reading = watch(left.next());
    await clock.advance(0);
    const closed = watch(left.return());
    await clock.advance(0);
    assertEquals([reading.state, closed.state, clock.timerCount], ["resolved", "resolved", 0]);
  });
});

test("the time for all attempts begins when the source fails, not with its last item", async () => {
  await new TestClock().use(async (clock) => {
    const times: number[] = [];
    const open = async function* ({ count }: ResumePoint<number>) {
      times.push(clock.now());
      if (times.length > 2) throw lost();
      yield count;
      await new Promise<void>((resolve) => clock.schedule(resolve, 5_000));
      throw lost();
    };
    const retry = { maxAttempts: 99, backoffMs: 100, backoffFactor: 1, jitter: 0, totalMs: 250 };
    const result = watch(readAll(retrySource(open, retry)));
    await clock.advance(1e6);

    assertEquals([result.state, clock.timerCount], ["rejected", 0]);
    assertEquals(times, [0, 5_100, 10_200, 10_300]);
  });
});

test("[L4] a source that has failed is not closed; the one that is open is", async () => {
  const probes = [{ failAfter: 1, failure: lost() }, {}].map((options) =>
    new SourceProbe("an async iterable", options)
  );
  let opened = 0;
  const open = () => probes[opened++]!.source;

  let count = 0;
  for await (const _ of retrySource(open, { maxAttempts: 2, backoffMs: 0 })) {
    if (++count === 3) break;
  }

  assertEquals(probes.map(({ closed, cleaned }) => [closed, cleaned]), [[0, 0], [1, 1]]);
});

test("[L12] return() ends a wait at once, and leaves no timer", () =>
  new TestClock().use(async (clock) => {
    const items = retrySource(() => Promise.reject(lost()), { maxAttempts: 9, backoffMs: 1_000 });
    const waiting = watch(items.next());
    await settle();
    assertEquals(clock.timerCount, 1);

    await items.return();
    await settle();

    assertEquals([clock.timerCount, waiting.value?.done], [0, true]);
  }));

test("[L5] return() aborts the signal of open(), and lets go of a stream that comes too late", async () => {
  const late = createDeferred<ReadableStream<number>>();
  const probe = new SourceProbe("a ReadableStream");
  let signal: AbortSignal | undefined;
  const items = retrySource((from: ResumePoint<number>) => {
    signal = from.signal;
    return late.promise;
  }, { maxAttempts: 2, backoffMs: 0 });
  const waiting = watch(items.next());
  await settle();

  await items.return();
  assertEquals([signal!.aborted, waiting.value?.done], [true, true]);
  late.resolve(probe.createStream());
  await settle();

  assertEquals([probe.opened, probe.closed], [0, 1]);
});

test("[L6] what open() rejects with after the end is not reported as unhandled", async () => {
  const late = createDeferred<number[]>();
  const items = retrySource(() => late.promise, { maxAttempts: 2, backoffMs: 0 });
  watch(items.next());
  await settle();

  await items.return();
  late.reject(lost());
  await settle();

  assertEquals(await items.next(), { done: true, value: undefined });
});
