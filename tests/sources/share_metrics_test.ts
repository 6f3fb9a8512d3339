// A shared source: for which reader the others wait, and for how long.

import { assertEquals, assertInstanceOf, assertRejects, assertThrows } from "@std/assert";
import { share, type StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";

const iterate = <T>(shared: AsyncIterable<T>) =>
  shared[Symbol.asyncIterator]() as AsyncGenerator<T, void, undefined>;

/** Takes so many items. */
async function take(items: AsyncIterator<unknown>, count: number): Promise<unknown[]> {
  const taken: unknown[] = [];
  for (let index = 0; index < count; index++) taken.push((await items.next()).value);
  return taken;
}

const numbers = () => new SourceProbe("an async iterable").source;

test("the figures of a shared source say what each reader has taken, and what waits for it", async () => {
  const shared = share(numbers(), { bufferSize: 4 });
  assertEquals(shared.metrics(), { bufferedCount: 0, readers: [] });
  const [fast, slow] = [iterate(shared.reader("fast")), iterate(shared)];
  await take(fast, 3);
  await take(slow, 1);

  assertEquals(shared.metrics(), {
    bufferedCount: 2,
    readers: [
      { name: "fast", takenCount: 3, waitingCount: 0, isAwaited: false },
      { name: "reader 1", takenCount: 1, waitingCount: 2, isAwaited: false },
    ],
  });
  await fast.return();
  assertEquals(shared.metrics().readers.map(({ name }) => name), ["reader 1"]);
  await slow.return();
  assertEquals(shared.metrics(), { bufferedCount: 0, readers: [] });
});

test("the figures of a shared source can be read, however many readers it has", async () => {
  const shared = share(numbers(), { bufferSize: 1 });
  const readers = Array.from({ length: 150_000 }, () => iterate(shared));
  await readers[0]!.next();
  const second = watch(readers[0]!.next());
  await settle();

  const awaited = shared.metrics().readers.filter(({ isAwaited }) => isAwaited);

  assertEquals([second.state, awaited.length], ["pending", readers.length - 1]);
  for (const reader of readers) await reader.return();
});

test("the figures of a shared source show for which readers the others wait", async () => {
  const shared = share(numbers(), { bufferSize: 2 });
  const readers = ["fast", "slow", "unread"].map((name) => iterate(shared.reader(name)));
  const [fast, slow, unread] = readers as [typeof readers[0], typeof readers[0], typeof readers[0]];
  const awaited = () =>
    shared.metrics().readers.filter(({ isAwaited }) => isAwaited).map(({ name }) => name);
  await take(fast, 2);
  assertEquals(awaited(), []);

  const third = watch(fast.next());
  await settle();
  assertEquals([third.state, awaited()], ["pending", ["slow", "unread"]]);
  await take(slow, 1);
  assertEquals([third.state, awaited()], ["pending", ["unread"]]);
  await take(unread, 1);
  await settle();
  assertEquals([third.state, awaited()], ["resolved", []]);
  for (const reader of readers) await reader.return();
});

test("a reader that waits for the source waits for no other reader", async () => {
  const { source } = new SourceProbe("an async iterable", { silentAfter: 1 });
  const shared = share(source, { bufferSize: 2 });
  const [fast, slow] = [iterate(shared), iterate(shared)];
  await take(fast, 1);
  const second = watch(fast.next());
  await settle();

  assertEquals(second.state, "pending");
  assertEquals(shared.metrics().readers.map(({ isAwaited }) => isAwaited), [false, false]);
  await fast.return();
  await slow.return();
});

test("a shared source that one reader holds up fails for all after stallMs, and is closed", () =>
  new TestClock().use(async (clock) => {
    const probe = new SourceProbe("an async iterable");
    const shared = share(probe.source, { bufferSize: 2, stallMs: 1_000 });
    const [fast, slow] = [iterate(shared.reader("fast")), iterate(shared.reader("slow"))];
    await take(fast, 2);
    const third = watch(fast.next());
    await clock.advance(999);
    assertEquals(third.state, "pending");
    await clock.advance(1);

    assertInstanceOf(third.error, Error);
    const { message } = third.error;
    assertEquals([(third.error as Error & { code: string }).code, probe.closed], [
      "SHARE_STALLED",
      1,
    ]);
    assertEquals(
      message,
      'Cannot share: "slow" took nothing for 1000 ms, while 2 items waited and other readers ' +
        "wanted more; read all at the same time, or return() what is not used",
    );
    // What it has missed it still gets, and a reader that comes later hears of it, too.
    assertEquals(await take(slow, 2), [0, 1]);
    for (const reader of [slow, iterate(shared)]) {
      assertEquals(
        await assertRejects(() => reader.next(), Error, '"slow" took nothing'),
        third.error,
      );
    }
    assertEquals([probe.closed, clock.timerCount], [1, 0]);
  }));

test("a slow reader that goes on in time holds nothing up for ever", () =>
  new TestClock().use(async (clock) => {
    const shared = share(numbers(), { bufferSize: 1, stallMs: 1_000 });
    const [fast, slow] = [iterate(shared), iterate(shared)];
    for (let round = 0; round < 3; round++) {
      await take(fast, 1);
      const next = watch(fast.next());
      await clock.advance(900);
      assertEquals(next.state, "pending");
      await take(slow, 1);
      await settle();
      assertEquals(next.state, "resolved");
      await take(slow, 1);
    }
    assertEquals(clock.timerCount, 0);
    await fast.return();
    await slow.return();
  }));

test("[L12] no timer runs while nobody waits for another reader", () =>
  new TestClock().use(async (clock) => {
    const shared = share(numbers(), { bufferSize: 1, stallMs: 1_000 });
    const [fast, slow] = [iterate(shared), iterate(shared)];
    await take(fast, 1);
    assertEquals(clock.timerCount, 0);
    const waiting = watch(fast.next());
    await settle();
    assertEquals([waiting.state, clock.timerCount], ["pending", 1]);
    await fast.return();
    assertEquals(clock.timerCount, 0);
    await slow.return();
  }));

test("a run that reads a stalled source fails with its code", () =>
  new TestClock().use(async (clock) => {
    const shared = share(numbers(), { bufferSize: 1, stallMs: 1_000 });
    const idle = iterate(shared.reader("idle"));
    const run = watch(StreamingPipeline.start<number>().executeToArray(shared));
    await clock.advance(1_000);

    const error = run.error as StreamingError;
    assertEquals([error.key, error.code], ["source", "SHARE_STALLED"]);
    await idle.return();
  }));

test("[L9] share() and its readers refuse what is not valid", () => {
  for (const stallMs of [0, -1, NaN, "1" as never]) {
    assertThrows(() => share([], { bufferSize: 1, stallMs }), RangeError, "Cannot share: stallMs");
  }
  const shared = share([], { bufferSize: 1 });
  for (const name of ["", 1 as never]) {
    assertThrows(() => shared.reader(name), TypeError, "Cannot share: name must be");
  }
});
