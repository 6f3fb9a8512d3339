// L15: given a ReadableStream, its backpressure is respected, its lock released, and it is cancelled
// with the reason. `toReadableStream` honours the strategy given to it.

import { assert, assertEquals, assertInstanceOf, assertLessOrEqual } from "@std/assert";
import { assertStrictEquals, assertThrows } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { collectUntilError, ENDS, EXECUTE, pull, readAll } from "./_ends.ts";
import { FLOWING_ROWS, neededFor, range, ROWS, TYPICAL_ROWS } from "./_rows.ts";

const REASON = new Error("cancelled by the test");

const start = () => StreamingPipeline.start<number>();

for (const row of FLOWING_ROWS) {
  test(`[L15] ${row.title} reads a stream no further than it must, and unlocks it`, async () => {
    const probe = new SourceProbe("a ReadableStream");
    const stream = probe.createStream({ highWaterMark: 2 });
    const items = row.build(new CallProbe()).execute(stream);

    assertEquals((await pull(items, 1)).length, 1);
    await settle();
    assertLessOrEqual(probe.pulls, neededFor(row, 1) + row.ahead + 2);
    await items.return();

    assertEquals([probe.closed, stream.locked], [1, false]);
  });
}

for (const row of ROWS) {
  test(`[L15] ${row.title} gives the same as a stream`, async () => {
    const calls = new CallProbe();
    const seen: unknown[] = [];

    await readAll(row.build(calls).toReadableStream(range(40)), (item) => seen.push(item));

    assertEquals(seen.length, row.model(range(40)).length);
    if (row.mode.ordered) assertEquals(seen, row.model(range(40)));
  });
}

for (const row of TYPICAL_ROWS) {
  for (const end of ENDS) {
    test(`[L15] ${end.name} of ${row.title} cancels a stream with the reason of the abort`, async () => {
      const controller = new AbortController();
      const probe = new SourceProbe("a ReadableStream", { silentAfter: 3 });
      const stream = probe.createStream();
      const options = { signal: controller.signal };
      const running = watch(end.run(row.build(new CallProbe()), stream, () => {}, options));
      await settle();

      controller.abort(REASON);
      await settle();

      assertEquals([running.state, probe.reasons, stream.locked], ["rejected", [REASON], false]);
      assertStrictEquals(probe.reasons[0], REASON);
    });
  }

  test(`[L15] ${row.title} cancels a stream with an error when the reader breaks`, async () => {
    const probe = new SourceProbe("a ReadableStream");

    for await (const _ of row.build(new CallProbe()).execute(probe.source)) break;

    assertInstanceOf(probe.reasons[0], DOMException);
    assertEquals((probe.reasons[0] as DOMException).name, "AbortError");
  });

  test(`[L15] ${row.title} reports a stream that has another reader`, async () => {
    const stream = new SourceProbe("a ReadableStream").createStream();
    const reader = stream.getReader();

    const { error } = await collectUntilError(EXECUTE, row.build(new CallProbe()), stream);

    assertInstanceOf(error, StreamingError);
    assertInstanceOf(error.cause, TypeError);
    assertEquals(error.key, "source");
    reader.releaseLock();
  });

  test(`[L15] ${row.title} reports a stream that has failed before`, async () => {
    const stream = new ReadableStream<number>({ start: (controller) => controller.error(REASON) });

    const { error } = await collectUntilError(EXECUTE, row.build(new CallProbe()), stream);

    assertStrictEquals((error as StreamingError).cause, REASON);
    assertEquals(stream.locked, false);
  });

  for (const open of ["toReadableStream()", "run().readable"]) {
    const create = (source: AsyncIterable<number>) => {
      const pipeline = row.build(new CallProbe());
      return open === "run().readable"
        ? pipeline.run(source).readable
        : pipeline.toReadableStream(source);
    };

    test(`[L15] ${open} of ${row.title} computes an item when it is read`, async () => {
      const probe = new SourceProbe("an async iterable");
      const reader = create(probe.source).getReader();
      await settle();
      const before = probe.pulls;

      await reader.read();
      await settle();

      assertEquals(before, 0);
      assertLessOrEqual(probe.pulls, 1 + row.ahead);
      await reader.cancel();
    });

    test(`[L15] ${open} of ${row.title} hands the reason of a cancel on, and waits`, async () => {
      const probe = new SourceProbe("a ReadableStream");
      const reader = create(probe.source).getReader();
      await reader.read();

      await reader.cancel(REASON);

      assertStrictEquals(probe.reasons[0], REASON);
      assertEquals([probe.closed, probe.cleaned], [1, 1]);
      assertEquals(await reader.read(), { done: true, value: undefined });
    });
  }

  test(`[L15] readable of ${row.title} is the same stream each time`, () => {
    const run = row.build(new CallProbe()).run(range(3));

    assertStrictEquals(run.readable, run.readable);
  });

  test(`[L15] two halves of a tee() of ${row.title} both see every item`, async () => {
    const [left, right] = row.build(new CallProbe()).toReadableStream(range(8)).tee();
    const seen: unknown[][] = [[], []];

    await Promise.all([
      readAll(left, (item) => seen[0]!.push(item)),
      readAll(right, (item) => seen[1]!.push(item)),
    ]);

    assertEquals(seen, [row.model(range(8)), row.model(range(8))]);
  });
}

/** Reads that follow one another, without a stage that works ahead. */
async function countPulls(strategy: QueuingStrategy<number>): Promise<number[]> {
  const probe = new SourceProbe("an async iterable");
  const reader = start().map("same", (item) => item)
    .toReadableStream(probe.source, strategy).getReader();
  await settle();
  const pulls = [probe.pulls];
  await reader.read();
  await settle();
  pulls.push(probe.pulls);
  await reader.cancel();
  return pulls;
}

for (const highWaterMark of [0, 1, 3]) {
  test(`[L15] toReadableStream() computes ${highWaterMark} items ahead as its strategy says`, async () => {
    const [before, after] = await countPulls({ highWaterMark });

    assertEquals(before, highWaterMark);
    // workerd 1.20261023 fills its queue again only when it has run low.
    const least = highWaterMark === 0 ? 1 : highWaterMark;
    assert(after === least || after === highWaterMark + 1);
  });
}

test("[L15] toReadableStream() computes ahead by the strategy's sizes", async () => {
  const [before] = await countPulls({ highWaterMark: 10, size: () => 4 });

  assertEquals(before, 3);
});

test("[L15] toReadableStream() refuses a strategy that streams refuse", () => {
  for (const highWaterMark of [-1, NaN]) {
    const error = assertThrows(() => start().toReadableStream([1], { highWaterMark }));
    assert(error instanceof RangeError || error instanceof TypeError);
  }
});

test("[L15] a stream is piped through a pipeline's stream into another pipeline", async () => {
  const first = start().map("double", (item) => item * 2).toReadableStream(range(5));
  const text = first.pipeThrough(
    new TransformStream<number, string>({
      transform: (item, controller) => controller.enqueue(String(item)),
    }),
  );

  const second = StreamingPipeline.start<string>().map("length", (each) => `${each}!`);

  assertEquals(await second.executeToArray(text), ["0!", "2!", "4!", "6!", "8!"]);
});

test("[L15] a pipe to a writable that fails closes the run", async () => {
  const probe = new SourceProbe("a ReadableStream");
  // Not thrown: workerd 1.20261023 reports what a write throws as unhandled, always.
  const writable = new WritableStream<number>({
    write(item, controller) {
      if (item === 2) controller.error(REASON);
    },
  });

  // The outcome of the pipe itself is the runtime's own affair: workerd 1.20261023 resolves.
  await start().toReadableStream(probe.source).pipeTo(writable).catch(() => {});
  await settle();

  assertEquals([probe.closed, probe.reasons], [1, [REASON]]);
});
