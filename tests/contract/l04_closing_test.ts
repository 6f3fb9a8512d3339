// L4: every opened source is closed exactly once, and its clean-up is done before the consumer's
// statement completes. After a normal end, or its own failure, it is not closed again.

import { assertEquals, assertRejects, assertStrictEquals } from "@std/assert";
import { type StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";
import { collect, collectUntilError, ENDS, EXECUTE } from "./_ends.ts";
import { FLOWING_ROWS, KEY, range, ROWS, TYPICAL_ROWS } from "./_rows.ts";
import { OTHER_STOPS, STOPS } from "./_stops.ts";

for (const row of FLOWING_ROWS) {
  for (const stop of STOPS) {
    test(`[L4] ${row.title} closes its source when ${stop.name}`, () =>
      new TestClock().use(async (clock) => {
        const calls = new CallProbe();
        const probe = new SourceProbe("an async generator");

        await stop.run(row.build(calls), probe.source, 2);

        assertEquals([probe.opened, probe.closed, calls.running], [1, 1, 0]);
        if (!probe.owedAtClose) assertEquals(probe.cleaned, 1);
        calls.finish();
        await settle();
        assertEquals([probe.closed, probe.cleaned, calls.late, clock.timerCount], [1, 1, 0, 0]);
      }));
  }
}

for (const row of ROWS) {
  test(`[L4] ${row.title} does not close a source that has ended`, async () => {
    const probe = new SourceProbe("an async iterable", { items: range(8) });

    await collect(EXECUTE, row.build(new CallProbe()), probe.source);

    assertEquals([probe.opened, probe.closed], [1, 0]);
  });

  test(`[L4] ${row.title} does not close a source that has failed`, async () => {
    const probe = new SourceProbe("an async iterable", { failAfter: 8, failure: new Error("no") });

    await collectUntilError(EXECUTE, row.build(new CallProbe()), probe.source);

    assertEquals([probe.opened, probe.closed], [1, 0]);
  });

  if (!row.isProbed) continue;
  test(`[L4] ${row.title} closes its source when its own function fails`, async () => {
    const calls = new CallProbe({ failures: new Map([[6, new Error("no")]]) });
    const probe = new SourceProbe("an async generator");

    // Where it skips items, the sixth call may never be made: then the failure comes at the first.
    const isSkipping = row.title.startsWith("skipWhile()");
    const failing = isSkipping ? new CallProbe({ failures: new Map([[0, "no"]]) }) : calls;
    const { error } = await collectUntilError(EXECUTE, row.build(failing), probe.source);

    assertEquals((error as StreamingError).key, KEY);
    assertEquals([probe.closed, failing.running], [1, 0]);
    if (!probe.owedAtClose) assertEquals(probe.cleaned, 1);
  });
}

for (const row of TYPICAL_ROWS) {
  for (const kind of SOURCE_KINDS) {
    for (const stop of [...STOPS, ...OTHER_STOPS]) {
      test(`[L4] ${row.title} closes ${kind} when ${stop.name}`, async () => {
        const calls = new CallProbe();
        const probe = new SourceProbe(kind);

        await stop.run(row.build(calls), probe.source, 2);

        assertEquals([probe.closed, calls.running], [1, 0]);
        if (!probe.owedAtClose) assertEquals(probe.cleaned, 1);
        if (kind === "a ReadableStream" && stop.reason !== undefined) {
          assertEquals(probe.reasons, [stop.reason]);
        }
      });
    }

    for (const end of ENDS) {
      test(`[L4] ${end.name} of ${row.title} does not close ${kind} after its end`, async () => {
        const probe = new SourceProbe(kind, { items: range(3) });

        await collect(end, row.build(new CallProbe()), probe.source);

        assertEquals([probe.opened, probe.closed], [1, 0]);
      });
    }
  }
}

test("[L4] each stage of a chain cleans up once when the consumer breaks", async () => {
  const cleaned: string[] = [];
  const inner = new SourceProbe("an async generator");
  const outer = new SourceProbe("an async generator");
  const pipeline = StreamingPipeline.start<number>()
    .add("first", async function* ({ input }) {
      try {
        yield* input;
      } finally {
        await settle();
        cleaned.push("first");
      }
    })
    .flatMap("many", () => inner.source)
    .through("transform", () => new TransformStream<number, number>())
    .add("last", async function* ({ input }) {
      try {
        for await (const item of input) yield item;
      } finally {
        await settle();
        cleaned.push("last");
      }
    });

  for await (const _ of pipeline.execute(outer.source)) break;

  assertEquals([...cleaned].sort(), ["first", "last"]);
  assertEquals([inner.closed, inner.cleaned, outer.closed, outer.cleaned], [1, 1, 1, 1]);
});

test("[L4] take() closes what is before it while later stages still work", async () => {
  const probe = new SourceProbe("an async generator");
  const closedAtLastItem: number[] = [];
  const pipeline = StreamingPipeline.start<number>()
    .take("two", 2)
    .map("later", async (item) => {
      await settle();
      closedAtLastItem.push(probe.cleaned);
      return item;
    });

  await pipeline.executeToArray(probe.source);

  assertEquals(closedAtLastItem, [0, 1]);
});

test("[L4] a source whose iterator has no return() needs no closing", async () => {
  let next = 0;
  const source = {
    [Symbol.asyncIterator]: () => ({
      next: () => Promise.resolve({ done: false as const, value: next++ }),
    }),
  };

  for await (const _ of StreamingPipeline.start<number>().execute(source)) break;

  assertEquals(next, 1);
});

test("[L4] both ends of a web transform are closed when the consumer breaks", async () => {
  let cancelled = 0;
  let aborted = 0;
  const writable = new WritableStream<number>({ abort: () => void aborted++ });
  const readable = new ReadableStream<number>({
    pull: (controller) => controller.enqueue(1),
    cancel: () => void cancelled++,
  }, { highWaterMark: 0 });
  const pipeline = StreamingPipeline.start<number>().through(
    "pair",
    () => ({ readable, writable }),
  );

  for await (const _ of pipeline.execute([1, 2, 3])) break;

  assertEquals([cancelled, aborted], [1, 1]);
});

test("[L4] an error of the consumer is not replaced by one of the clean-up", async () => {
  const own = new Error("the consumer's own");
  const probe = new SourceProbe("an async generator", { closeFailure: new Error("clean-up") });
  const consume = async () => {
    for await (const _ of StreamingPipeline.start<number>().execute(probe.source)) throw own;
  };

  assertStrictEquals(await assertRejects(consume), own);
  assertEquals(probe.closed, 1);
});
