// The generator that execute() returns, and the ends that run to the end by themselves.

import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const start = StreamingPipeline.start<number>();
const END: IteratorResult<number, void> = { done: true, value: undefined };

test("execute() gives a generator that is its own iterator", async () => {
  const items = start.execute([1, 2]);

  assertStrictEquals(items[Symbol.asyncIterator](), items);
  assertEquals(await items.next(), { done: false, value: 1 });
  assertEquals(await items.next(), { done: false, value: 2 });
  assertEquals(await items.next(), END);
  assertEquals(await items.next(), END);
});

test("execute() answers a function of the pipeline that asks for an item after the current one", async () => {
  for (const concurrencyLimit of [undefined, 2]) {
    for (const isAsync of [false, true]) {
      for (const at of [0, 1, 3]) {
        const inner: Promise<IteratorResult<number, void>>[] = [];
        const ask = (item: number) => {
          if (item === at) inner.push(items.next());
          return item;
        };
        const items = start
          .map("ask", isAsync ? async (item) => await ask(item) : ask, { concurrencyLimit })
          .execute([0, 1, 2, 3]);
        const outer: number[] = [];
        for await (const item of items) outer.push(item);
        const [result] = await Promise.all(inner);

        // Items come in the order in which they were asked for, each once.
        const all = result?.done ? outer : [...outer, result!.value!].sort();
        assertEquals([all, inner.length], [[0, 1, 2, 3], 1]);
        assertEquals(outer, outer.toSorted());
      }
    }
  }
});

test("a function that reads ahead of a later step gets the item that is on its way", async () => {
  const read: (number | void)[] = [];
  let ahead: AsyncGenerator<number> | undefined;
  const pipeline = start
    .map("seen", (item) => {
      if (item === 1) ahead!.next().then(({ value }) => read.push(value));
      return item;
    })
    .add("step", async function* ({ input, state }) {
      ahead = state.stream("seen");
      read.push((await ahead.next()).value);
      yield* input;
    });

  assertEquals(await pipeline.executeToArray([0, 1, 2, 3]), [0, 1, 2, 3]);
  assertEquals(read, [0, 1]);
});

test("execute() answers calls of next() that overlap in order", async () => {
  const items = start.map("later", async (item) => await item * 2).execute([1, 2, 3]);

  const results = await Promise.all([items.next(), items.next(), items.next(), items.next()]);

  assertEquals(results.map(({ value }) => value), [2, 4, 6, undefined]);
  assertEquals(results.map(({ done }) => done), [false, false, false, true]);
});

test("execute() gives the error to the call that meets it, and the end to later ones", async () => {
  const items = start.map("checked", async (item) => {
    if (await item === 2) throw new Error("two");
    return item;
  }).execute([1, 2, 3]);

  const results = await Promise.allSettled([items.next(), items.next(), items.next()]);

  assertEquals(results.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
  assertEquals(results[2]?.status === "fulfilled" && results[2].value.done, true);
  assertEquals(await items.next(), END);
});

test("execute() left before it began opens nothing", async () => {
  const probe = new SourceProbe("an async iterable");
  const items = start.execute(probe.source);

  assertEquals(await items.return(), END);
  assertEquals(await items.next(), END);
  assertEquals([probe.opened, probe.closed], [0, 0]);
});

test("execute().throw() closes the source and rejects with the error", async () => {
  const probe = new SourceProbe("an async iterable");
  const items = start.execute(probe.source);
  await items.next();
  const error = new Error("thrown in");

  assertStrictEquals(await assertRejects(() => items.throw(error)), error);
  assertEquals([probe.closed, probe.cleaned], [1, 1]);
  assertEquals(await items.next(), END);
});

test("execute().return() twice closes once", async () => {
  const probe = new SourceProbe("an async iterable");
  const items = start.execute(probe.source);
  await items.next();

  await Promise.all([items.return(), items.return()]);
  await items.return();

  assertEquals([probe.closed, probe.cleaned], [1, 1]);
});

test("execute().return() answers a call of next() that waits", async () => {
  const probe = new SourceProbe("an async iterable", { silentAfter: 1 });
  const items = start.execute(probe.source);
  await items.next();
  const waiting = items.next();
  await settle();

  await items.return();

  assertEquals(await waiting, END);
  assertEquals(probe.closed, 1);
});

test("execute().return() waits for what it is given, as an async generator's does", async () => {
  const probe = new SourceProbe("an async iterable");
  const items = start.execute(probe.source);
  await items.next();

  assertEquals(await items.return(Promise.resolve()), END);
  assertEquals(probe.closed, 1);
  assertEquals(await items.return(), END);
});

test("execute().return() rejects with what it is given, once its source is closed", async () => {
  const reason = new Error("not saved");
  for (const isBegun of [false, true]) {
    const closing = createDeferred<undefined>();
    const meet = (point: string) => point === "return" ? closing.promise : undefined;
    const probe = new SourceProbe("an async iterable", { meet });
    const items = start.execute(probe.source);
    if (isBegun) await items.next();

    const returned = watch(items.return(Promise.reject(reason)));
    await settle();
    assertEquals(returned.state, isBegun ? "pending" : "rejected");
    closing.resolve(undefined);
    await settle();

    assertStrictEquals(returned.state === "rejected" && returned.error, reason);
  }
});

test("execute() is closed at the end of a block with await using", async () => {
  const probe = new SourceProbe("an async iterable");
  {
    await using items = start.execute(probe.source);
    await items.next();
  }

  assertEquals([probe.closed, probe.cleaned], [1, 1]);
});

test("executeReduce() folds in order, one at a time, also with an async reducer", async () => {
  let running = 0;
  const folded = await start.executeReduce([1, 2, 3], async (text, item) => {
    assertEquals(++running, 1);
    await settle();
    running--;
    return `${text}${item}`;
  }, "0");

  assertEquals(folded, "0123");
  assertEquals(await start.executeReduce([1, 2, 3], (sum, item) => sum + item, 10), 16);
  assertEquals(await start.executeReduce([], (sum, item) => sum + item, 10), 10);
});

test("executeReduce() hands each item's index to the reducer, not that of what was read", async () => {
  const seen: [number, number][] = [];
  const pipeline = start
    .filter("odd", (item) => item % 2 === 1)
    .map("beside", (item) => Promise.resolve(item), { parallel: true });

  const count = await pipeline.executeReduce([1, 2, 3, 4, 5], async (count, item, index) => {
    seen.push([item, index]);
    return await count + 1;
  }, 0);

  assertEquals([count, seen], [3, [[1, 0], [3, 1], [5, 2]]]);
});

test("[L7] executeReduce() keeps any value as it is", async () => {
  const values = [undefined, null, Number.NaN, false, 0, ""];

  for (const value of values) {
    assertEquals(await start.executeReduce<unknown>([], () => 1, value), value);
    assertEquals(await start.executeReduce<unknown>([1], () => value, 1), value);
  }
});

test("executeForEach() calls with the index, one at a time, and waits for each call", async () => {
  const calls: [number, number][] = [];
  const gate = createDeferred<void>();
  const done = watch(start.executeForEach([7, 8], (item, index) => {
    calls.push([item, index]);
    return gate.promise;
  }));

  await settle();
  assertEquals([calls, done.state], [[[7, 0]], "pending"]);
  gate.resolve();
  await settle();

  assertEquals(calls, [[7, 0], [8, 1]]);
  assertEquals([done.state, done.value], ["resolved", undefined]);
});

test("an error of the reducer or the action ends the run and names the end", async () => {
  const cause = new Error("full");
  const fail = (): never => {
    throw cause;
  };
  const runs: Record<string, (source: AsyncIterable<number>) => Promise<unknown>> = {
    executeReduce: (source) => start.executeReduce(source, fail, 0),
    executeForEach: (source) => start.executeForEach(source, () => Promise.reject(cause)),
  };

  for (const [name, run] of Object.entries(runs)) {
    const probe = new SourceProbe("an async iterable");
    const error = await assertRejects(() => run(probe.source));

    assertInstanceOf(error, StreamingError);
    assertEquals([error.key, error.stepName, error.cause], [name, name, cause]);
    assertEquals([probe.pulls, probe.closed, probe.cleaned], [1, 1, 1]);
  }
});
