// Several consumers of one source: what each sees, who waits for whom, and who closes it.

import { assert, assertEquals, assertLessOrEqual, assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { share, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { CLOSED_UNREAD } from "../support/source_kinds.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";

const FAILURE = new Error("thrown by the test");
const RUNS = 300;
const SEED = 20261123;

const iterate = <T>(shared: AsyncIterable<T>) =>
  shared[Symbol.asyncIterator]() as AsyncGenerator<T, void, undefined>;

async function readAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const seen: T[] = [];
  for await (const item of items) seen.push(item);
  return seen;
}

for (const kind of SOURCE_KINDS) {
  test(`consumers that begin together see all items of ${kind}, which is opened once`, async () => {
    const probe = new SourceProbe(kind, { items: [1, 2, 3, 4, 5] });
    const shared = share(probe.source, { bufferSize: 1 });

    const seen = await Promise.all([readAll(shared), readAll(shared), readAll(shared)]);

    assertEquals(seen, [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], [1, 2, 3, 4, 5]]);
    assertEquals([probe.opened, probe.closed], [1, 0]);
  });
}

test("several runs of pipelines read one source", async () => {
  const probe = new SourceProbe("a sync iterable", { items: [1, 2, 3] });
  const numbers = share(probe.source, { bufferSize: 4 });
  const pipeline = StreamingPipeline.start<number>();

  const results = await Promise.all([
    pipeline.map("double", (item) => item * 2).executeToArray(numbers),
    pipeline.executeReduce(numbers, (sum, item) => sum + item, 0),
    pipeline.take("one", 1).executeToArray(numbers),
  ]);

  assertEquals(results, [[2, 4, 6], 6, [1]]);
  assertEquals(probe.opened, 1);
});

test("a consumer that joins later sees what comes after", async () => {
  const shared = share([1, 2, 3, 4], { bufferSize: 8 });
  const first = iterate(shared);
  await first.next();
  await first.next();

  const second = iterate(shared);
  const seen = await Promise.all([readAll(first), readAll(second)]);

  assertEquals(seen, [[3, 4], [3, 4]]);
});

test("[L1] share() opens nothing before the first pull", async () => {
  const probe = new SourceProbe("an async iterable");
  const shared = share(probe.source, { bufferSize: 1 });
  const consumer = iterate(shared);
  await settle();
  assertEquals(probe.opened, 0);

  await consumer.return();
  await settle();

  assertEquals([probe.opened, await readAll(shared)], [0, []]);
});

test("[L2] the slowest consumer holds the others back beyond bufferSize", async () => {
  const probe = new SourceProbe("a sync iterable");
  const shared = share(probe.source, { bufferSize: 3 });
  const [slow, fast] = [iterate(shared), iterate(shared)];
  for (let index = 0; index < 3; index++) assertEquals((await fast.next()).value, index);

  const waiting = watch(fast.next());
  await settle();
  assertEquals([waiting.state, probe.pulls], ["pending", 3]);

  assertEquals((await slow.next()).value, 0);
  await settle();
  assertEquals([waiting.value?.value, probe.pulls], [3, 4]);
  await Promise.all([slow.return(), fast.return()]);
  assertEquals(probe.closed, 1);
});

test("[L2] an item is read when a consumer wants it", async () => {
  const probe = new SourceProbe("an async iterable");
  const shared = share(probe.source, { bufferSize: 100 });
  const [first, second] = [iterate(shared), iterate(shared)];

  await Promise.all([first.next(), second.next()]);
  await settle();

  assertEquals(probe.pulls, 1);
  await Promise.all([first.return(), second.return()]);
});

test("a consumer that leaves never blocks the others", async () => {
  const shared = share(new SourceProbe("an async generator").source, { bufferSize: 1 });
  const [leaving, staying] = [iterate(shared), iterate(shared)];
  await staying.next();
  const waiting = watch(staying.next());
  await settle();
  assertEquals(waiting.state, "pending");

  await leaving.return();
  await settle();

  assertEquals([waiting.value?.value, (await staying.next()).value], [1, 2]);
  await staying.return();
});

test("a consumer that leaves several items unread holds nothing up after that", async () => {
  const probe = new SourceProbe("a sync iterable");
  const shared = share(probe.source, { bufferSize: 2 });
  const [leaving, slow, fast] = [iterate(shared), iterate(shared), iterate(shared)];
  await Promise.all([fast.next(), slow.next()]);
  await Promise.all([fast.next(), slow.next()]);
  const waiting = [watch(fast.next()), watch(fast.next()), watch(fast.next())];
  await settle();

  await leaving.return();
  await settle();

  // Two more fit: the slow one has taken all that was buffered.
  assertEquals(waiting.map(({ value }) => value?.value), [2, 3, undefined]);
  assertEquals((await slow.next()).value, 2);
  await settle();
  assertEquals([waiting[2]!.value?.value, probe.pulls], [4, 5]);
  await Promise.all([slow.return(), fast.return()]);
});

test("[L4] the source is closed when the last consumer leaves, and its finally has run", async () => {
  for (const kind of SOURCE_KINDS) {
    const probe = new SourceProbe(kind);
    const shared = share(probe.source, { bufferSize: 4 });
    const [first, second] = [iterate(shared), iterate(shared)];
    await Promise.all([first.next(), second.next()]);

    await first.return();
    assertEquals(probe.closed, 0);
    await second.return();

    assertEquals([probe.closed, probe.cleaned], [1, 1]);
    assertEquals(await readAll(shared), []);
  }
});

test("[L5] the last consumer can leave while the source is silent", async () => {
  const probe = new SourceProbe("an async generator", { silentAfter: 0 });
  const shared = share(probe.source, { bufferSize: 4 });
  const consumers = [iterate(shared), iterate(shared)];
  const waiting = consumers.map((consumer) => watch(consumer.next()));
  await until("the source is asked", () => probe.pulls === 1);

  for (const consumer of consumers) await consumer.return();

  assertEquals(waiting.map(({ value }) => value?.done), [true, true]);
  assertEquals(probe.closed, 1);
});

test("[L6] each consumer gets the items before a failure, then the failure, later ones too", async () => {
  const probe = new SourceProbe("an async generator", { failAfter: 2, failure: FAILURE });
  const shared = share(probe.source, { bufferSize: 4 });
  const read = async () => {
    const seen: unknown[] = [];
    try {
      for await (const item of shared) seen.push(item);
    } catch (error) {
      seen.push(error);
    }
    return seen;
  };

  const both = await Promise.all([read(), read()]);

  assertEquals(both, [[0, 1, FAILURE], [0, 1, FAILURE]]);
  assertStrictEquals((await read())[0], FAILURE);
  assertEquals(probe.closed, 0);
});

test("[L6] a failure that no consumer waits for is not reported as unhandled", async () => {
  const probe = new SourceProbe("an async iterable", { failAfter: 0, failure: FAILURE });
  const shared = share(probe.source, { bufferSize: 1 });
  const [first, second] = [iterate(shared), iterate(shared)];

  assertStrictEquals(await first.next().catch((error) => error), FAILURE);
  await second.return();

  assertEquals(probe.closed, 0);
});

type Step = { readonly consumer: number; readonly action: "pull" | "leave" | "join" };

test("[L2] [L3] [L4] random consumers see what the model says, within the buffer", () => {
  const step: fc.Arbitrary<Step> = fc.record({
    consumer: fc.nat(3),
    action: fc.oneof(
      { weight: 8, arbitrary: fc.constant("pull" as const) },
      { weight: 1, arbitrary: fc.constant("leave" as const) },
      { weight: 1, arbitrary: fc.constant("join" as const) },
    ),
  });
  const scenario = fc.tuple(
    fc.array(step, { maxLength: 60 }),
    fc.integer({ min: 1, max: 3 }),
    fc.constantFrom(...SOURCE_KINDS),
    fc.boolean(),
  );
  return fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      scenario,
      async (scheduler, [steps, bufferSize, kind, waits]) => {
        const gate = () => scheduler.schedule(Promise.resolve());
        const probe = new SourceProbe(kind, waits ? { gate } : {});
        const shared = share(probe.source, { bufferSize });
        const consumers: {
          items: AsyncGenerator<number, void>;
          seen: number[];
          isGone: boolean;
        }[] = [];
        const join = () => consumers.push({ items: iterate(shared), seen: [], isGone: false });
        join();
        for (const { consumer: index, action } of steps) {
          const consumer = consumers[index % consumers.length]!;
          if (action === "join" && consumers.some(({ isGone }) => !isGone)) join();
          else if (action === "leave") {
            consumer.isGone = true;
            await consumer.items.return();
          } else if (!consumer.isGone) {
            consumer.items.next().then(({ done, value }) => {
              if (!done) consumer.seen.push(value as number);
            });
          }
          if (scheduler.count() > 0) await scheduler.waitOne();
          await settleSome();
          const positions = consumers.filter(({ isGone, seen }) => !isGone && seen.length > 0)
            .map(({ seen }) => seen.at(-1)!);
          if (positions.length > 0) {
            assertLessOrEqual(Math.max(...positions) - Math.min(...positions), bufferSize);
          }
        }
        for (const { items } of consumers) await items.return();
        await scheduler.waitIdle();
        for (const { seen } of consumers) {
          assertEquals(seen, seen.map((_, offset) => seen[0]! + offset));
        }
        assert(!probe.wasOverAtClose);
        assertEquals(probe.closed, CLOSED_UNREAD.has(kind) ? 1 : probe.opened);
      },
    ),
    { numRuns: RUNS, seed: SEED },
  );
});

async function settleSome(): Promise<void> {
  for (let hops = 0; hops < 20; hops++) await undefined;
}
