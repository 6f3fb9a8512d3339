// First come, first served; and the defects that a merge can have.

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { merge, StreamingPipeline } from "../../mod.ts";
import { createDeferred, type Deferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { ASYNC_SOURCE_KINDS } from "../support/source_kinds.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const FAILURE = new Error("thrown by the test");

/** Silent from the first pull on. */
const createIdle = (kind = ASYNC_SOURCE_KINDS[0]!) => new SourceProbe(kind, { silentAfter: 0 });

/** A source whose answers the test gives, one by one. */
function createManual<T>() {
  const asked: Deferred<IteratorResult<T, void>>[] = [];
  let given = 0;
  const source: AsyncIterable<T> = {
    [Symbol.asyncIterator]: () => ({
      next() {
        const answer = createDeferred<IteratorResult<T, void>>();
        asked.push(answer);
        return answer.promise;
      },
    }),
  };
  return {
    source,
    give: (value: T) => asked[given++]!.resolve({ done: false, value }),
    fail: (error: unknown) => asked[given++]!.reject(error),
    end: () => asked[given++]!.resolve({ done: true, value: undefined }),
    get pulls() {
      return asked.length;
    },
  };
}

for (const kind of ASYNC_SOURCE_KINDS) {
  test(`defect: merge() hung on clean-up while ${kind} was idle`, async () => {
    const idle = createIdle(kind);
    const busy = new SourceProbe("an async generator");
    const seen: number[] = [];

    for await (const item of merge(idle.source, busy.source)) {
      seen.push(item);
      if (seen.length === 3) break;
    }

    assertEquals(seen, [0, 1, 2]);
    assertEquals([idle.closed, busy.closed, busy.cleaned], [1, 1, 1]);
  });

  test(`defect: an error of another source never surfaced while ${kind} was idle`, async () => {
    const idle = createIdle(kind);
    const failing = new SourceProbe("an async generator", { failAfter: 2, failure: FAILURE });
    const seen: number[] = [];

    const error = await assertRejects(async () => {
      for await (const item of merge(idle.source, failing.source)) seen.push(item);
    });

    assertStrictEquals(error, FAILURE);
    assertEquals([seen, idle.closed, failing.closed], [[0, 1], 1, 0]);
  });
}

test("defect: a merge with an idle source kept a pipeline from ending", async () => {
  const idle = createIdle();
  const pipeline = StreamingPipeline.start<number>().take("three", 3);

  assertEquals(await pipeline.executeToArray(merge(idle.source, [1, 2, 3, 4])), [1, 2, 3]);

  assertEquals(idle.closed, 1);
});

test("[L10] merge() gives an item while the other sources are silent", async () => {
  const items = merge(createIdle().source, [1], createIdle().source, [2]);

  assertEquals([(await items.next()).value, (await items.next()).value], [1, 2]);
  const waiting = watch(items.next());
  await settle();
  assertEquals(waiting.state, "pending");
  await items.return();
  assertEquals(waiting.value, { done: true, value: undefined });
});

test("[L3] merge() gives items in the order in which they come", async () => {
  const [first, second] = [createManual<string>(), createManual<string>()];
  const items = merge(first.source, second.source);
  const results = [items.next(), items.next(), items.next(), items.next()];

  second.give("b1");
  await settle();
  second.give("b2");
  first.give("a1");
  await settle();
  second.give("b3");
  await settle();

  const values = (await Promise.all(results)).map(({ value }) => value);
  assertEquals(values, ["b1", "b2", "a1", "b3"]);
});

test("[L3] merge() lets sources that are always ready take turns", async () => {
  const seen: number[] = [];

  for await (const item of merge([1, 2, 3], [10, 20, 30])) seen.push(item);

  assertEquals(seen, [1, 10, 2, 20, 3, 30]);
});

test("[L2] merge() holds at most one item per source, and asks when it is asked", async () => {
  const [slow, fast] = [createManual<string>(), createManual<string>()];
  const items = merge(slow.source, fast.source);

  const first = items.next();
  assertEquals([slow.pulls, fast.pulls], [1, 1]);
  fast.give("fast 1");
  slow.give("slow 1");
  await first;
  await settle();
  assertEquals([slow.pulls, fast.pulls], [1, 1]);

  assertEquals((await items.next()).value, "slow 1");
  assertEquals([slow.pulls, fast.pulls], [1, 2]);
  await items.return();
});

test("[L6] what came before a failure comes out first, and nothing more is asked for", async () => {
  const [good, bad] = [createManual<number>(), createManual<number>()];
  const items = merge(good.source, [7], bad.source);
  const seven = await items.next();
  good.give(1);
  bad.fail(FAILURE);
  await settle();

  const one = await items.next();
  const error = await assertRejects(() => items.next());

  assertEquals([seven.value, one.value], [7, 1]);
  assertStrictEquals(error, FAILURE);
  assertEquals([good.pulls, bad.pulls], [1, 1]);
  assertEquals(await items.next(), { done: true, value: undefined });
});

test("[L6] a failure that nobody has asked for is not reported as unhandled", async () => {
  const bad = createManual<number>();
  const items = merge([1], bad.source);
  await items.next();

  bad.fail(FAILURE);
  await settle();

  await items.return();
});

test("[L6] several failures: the first in time comes out", async () => {
  const [first, second] = [createManual<number>(), createManual<number>()];
  const waiting = watch(merge(first.source, second.source).next());

  second.fail(FAILURE);
  first.fail(new Error("later"));
  await settle();

  assertStrictEquals(waiting.error, FAILURE);
});

test("[L6] the errors of several clean-ups come out together", async () => {
  const create = (name: string) =>
    new SourceProbe("a sync iterable", { closeFailure: new Error(name) }).source;
  const items = merge(create("first"), create("second"));
  await items.next();

  const error = await assertRejects(() => items.return(), AggregateError);

  assertEquals(error.message, "Cannot close 2 of 2 sources");
  assertEquals(error.errors.map(({ message }) => message), ["first", "second"]);
});

test("[L4] a merge that ends closes nothing", async () => {
  const probes = ASYNC_SOURCE_KINDS.map((kind) => new SourceProbe(kind, { items: [1, 2] }));
  const items = merge(...probes.map(({ source }) => source));
  let count = 0;

  for await (const _ of items) count++;

  assertEquals([count, probes.map(({ closed }) => closed)], [6, [0, 0, 0]]);
});

test("[L15] merge() releases the lock of a stream that has ended or was cancelled", async () => {
  const ended = new SourceProbe("a ReadableStream", { items: [1] }).createStream();
  const endless = new SourceProbe("a ReadableStream").createStream();

  let count = 0;
  for await (const _ of merge(ended, endless)) if (++count === 5) break;

  assertEquals([ended.locked, endless.locked], [false, false]);
});
