// L12: after a run no timer, listener, lock or pending promise of the library remains.

import { assertEquals } from "@std/assert";
import { type FailedItem, StreamingPipeline, type WebTransform } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { createCountedController } from "../../src/testing/counted_signal.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { collect, collectUntilError, ENDS, EXECUTE, pull, readAll } from "./_ends.ts";
import { FLOWING_ROWS, range, ROWS, TYPICAL_ROWS } from "./_rows.ts";
import { OTHER_STOPS, STOPS } from "./_stops.ts";

/** A closeTimeoutMs that no other timer is set to. */
const CLOSE_MS = 54_321;

/** The stops that bring no signal of their own. */
const UNSIGNALLED = [...STOPS, ...OTHER_STOPS].filter(({ name }) => name !== "the signal aborts");

for (const row of FLOWING_ROWS) {
  // The other stops look at timers under L4.
  for (const stop of STOPS.filter(({ name }) => /breaks|aborts/.test(name))) {
    test(`[L12] ${row.title} leaves no timer and no lock behind when ${stop.name}`, () =>
      new TestClock().use(async (clock) => {
        const probe = new SourceProbe("a ReadableStream");
        const stream = probe.createStream();

        await stop.run(row.build(new CallProbe()), stream as never, 2);

        assertEquals([clock.timerCount, stream.locked], [0, false]);
      }));
  }
}

for (const row of ROWS) {
  test(`[L12] ${row.title} leaves no timer, lock or listener behind after its end`, () =>
    new TestClock().use(async (clock) => {
      const stream = new SourceProbe("a ReadableStream", { items: range(20) }).createStream();
      const { signal, count } = createCountedController();

      await collect(EXECUTE, row.build(new CallProbe()), stream as never, { signal });

      assertEquals([clock.timerCount, stream.locked, count()], [0, false, 0]);
    }));

  test(`[L12] ${row.title} sets no timer for its end where there is nothing to close`, () =>
    new TestClock().use(async (clock) => {
      const errorsTo = () => new WritableStream<FailedItem>();
      for (const options of [{}, { errorsTo }, { errorsTo: errorsTo() }]) {
        // Few enough for every stage to want them all.
        await collect(EXECUTE, row.build(new CallProbe()), range(8), {
          ...options,
          closeTimeoutMs: CLOSE_MS,
        });
      }

      assertEquals(clock.delays.filter((delayMs) => delayMs === CLOSE_MS), []);
    }));
}

/** How both ends of a transform are left; each takes the one that is made of the pipeline. */
const LEFT: Readonly<Record<string, (ends: WebTransform<unknown, number>) => Promise<unknown>>> = {
  "is not used": async () => {},
  "is closed unread": ({ writable }) => writable.getWriter().close(),
  "is cancelled unread": ({ readable }) => readable.cancel(),
  "is aborted unread": ({ writable }) => writable.abort(),
  async "is aborted while a write waits"({ writable }) {
    const writer = writable.getWriter();
    const writing = watch(writer.write(0));
    await settle();
    await writer.abort();
    assertEquals(writing.state, "rejected");
  },
  async "is cancelled half-way"({ readable, writable }) {
    const writer = writable.getWriter();
    for (const item of range(2)) watch(writer.write(item));
    const reader = readable.getReader();
    await reader.read();
    await reader.cancel();
  },
  async "is read to its end"({ readable, writable }) {
    const writer = writable.getWriter();
    for (const item of range(2)) watch(writer.write(item));
    watch(writer.close());
    await readAll(readable, () => {});
  },
};

for (const row of TYPICAL_ROWS) {
  for (const [how, leave] of Object.entries(LEFT)) {
    test(`[L12] toTransformStream() of ${row.title} leaves no listener behind when it ${how}`, async () => {
      const { signal, count } = createCountedController();

      const pipeline = row.build(new CallProbe());
      await leave(pipeline.toTransformStream(undefined, undefined, { signal }));

      assertEquals(count(), 0);
    });
  }

  for (const stop of UNSIGNALLED) {
    test(`[L12] ${row.title} leaves no listener behind when ${stop.name}`, async () => {
      const { signal, count } = createCountedController();
      const { source } = new SourceProbe("an async iterable");

      await stop.run(row.build(new CallProbe()), source, 2, { signal });

      assertEquals(count(), 0);
    });
  }

  for (const end of ENDS) {
    test(`[L12] ${end.name} of ${row.title} leaves nothing behind, ended or failed`, () =>
      new TestClock().use(async (clock) => {
        const { signal, count } = createCountedController();
        const good = new SourceProbe("a ReadableStream", { items: range(3) }).createStream();
        const options = { failAfter: 3, failure: new Error("no") };
        const bad = new SourceProbe("a ReadableStream", options).createStream();

        await collect(end, row.build(new CallProbe()), good as never, { signal });
        await collectUntilError(end, row.build(new CallProbe()), bad as never, { signal });

        assertEquals([good.locked, bad.locked, count(), clock.timerCount], [false, false, 0, 0]);
      }));
  }

  test(`[L12] ${row.title} leaves nothing behind when it never runs`, async () => {
    const { signal, count } = createCountedController();
    const stream = new SourceProbe("a ReadableStream").createStream();
    const pipeline = row.build(new CallProbe());

    await pipeline.execute(stream as never, { signal }).return();
    await pipeline.run(stream as never, { signal }).abort();
    await pipeline.toReadableStream(stream as never, undefined, { signal }).cancel();

    assertEquals([count(), stream.locked], [0, false]);
  });

  test(`[L12] every pull of ${row.title} is answered when the run is closed`, async () => {
    const { source } = new SourceProbe("an async iterable", { silentAfter: 1 });
    const items = row.build(new CallProbe()).execute(source);

    const pulls = range(4).map(() => watch(items.next()));
    await settle();
    await items.return();
    await settle();

    assertEquals(pulls.map(({ state }) => state), range(4).map(() => "resolved"));
    assertEquals(pulls.map(({ value }) => value?.done), [false, true, true, true]);
  });
}

for (const options of [undefined, { parallel: true }]) {
  const mode = options === undefined ? "" : " parallel";
  test(`[L12] flatMap()${mode} leaves the streams that it reads unlocked`, async () => {
    const streams: ReadableStream<number>[] = [];
    const pipeline = StreamingPipeline.start<number>().flatMap("many", () => {
      streams.push(new SourceProbe("a ReadableStream", { items: [1, 2] }).createStream());
      return streams.at(-1)!;
    }, options);

    assertEquals(await pipeline.executeToArray([0, 1]), [1, 2, 1, 2]);
    const items = pipeline.execute([0, 1]);
    await pull(items, 1);
    await items.return();

    assertEquals(streams.filter(({ locked }) => locked).length, 0);
  });
}

test("[L12] through() leaves its transform unlocked", async () => {
  const transforms: TransformStream<number, number>[] = [];
  const pipeline = StreamingPipeline.start<number>().through("same", () => {
    transforms.push(new TransformStream());
    return transforms.at(-1)!;
  });

  await pipeline.executeToArray([1, 2]);
  const items = pipeline.execute([1, 2]);
  await items.next();
  await items.return();

  assertEquals(
    transforms.map(({ readable, writable }) => [readable.locked, writable.locked]),
    [[false, false], [false, false]],
  );
});
