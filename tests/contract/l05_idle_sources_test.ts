// L5: closing never waits for a pull that a source has not answered.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { merge, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { ASYNC_SOURCE_KINDS } from "../support/source_kinds.ts";
import { settle, until, watch } from "../../src/testing/turns.ts";
import { ENDS, pull, TRANSFORM } from "./_ends.ts";
import { neededFor, type Row, ROWS, TYPICAL_ROWS } from "./_rows.ts";

const REASON = new Error("aborted by the test");

const start = () => StreamingPipeline.start<number>();

/** Where calls run ahead, some may still be there when the source falls silent. */
async function waitForSilence(probe: SourceProbe, silentAfter: number): Promise<void> {
  await until("the source is asked in vain", () => probe.pulls === silentAfter + 1);
  await settle();
}

/** A run that has given one item, where it gives any before the end, and waits for the next from a source that is silent. */
async function startIdleRun(row: Row, kind: SourceProbe["kind"], signal?: AbortSignal) {
  const silentAfter = row.answersAtEnd ? 1 : neededFor(row, 1);
  const calls = new CallProbe();
  const probe = new SourceProbe(kind, { silentAfter });
  const items = row.build(calls).execute(probe.source, signal && { signal });
  // One item may make two.
  const given = row.model(Array.from({ length: silentAfter }, (_, index) => index), false).length;
  await pull(items, given);
  const waiting = watch(items.next());
  await waitForSilence(probe, silentAfter);
  return { calls, probe, items, waiting };
}

for (const row of ROWS) {
  test(`[L5] ${row.title} can be closed while its source is silent`, async () => {
    const { probe, items, waiting } = await startIdleRun(row, "an async generator");

    const result = await items.return();

    assertEquals(result, { done: true, value: undefined });
    assertEquals([waiting.state, waiting.value?.done], ["resolved", true]);
    assertEquals(probe.closed, 1);
  });

  test(`[L5] ${row.title} can be aborted while its source is silent`, async () => {
    const controller = new AbortController();
    const { probe, waiting } = await startIdleRun(row, "an async generator", controller.signal);

    controller.abort(REASON);
    await settle();

    assertEquals([waiting.state, probe.closed], ["rejected", 1]);
    assertStrictEquals(waiting.error, REASON);
  });

  test(`[L5] ${row.title} can be closed while its source has not answered once`, async () => {
    const probe = new SourceProbe("an async iterable", { silentAfter: 0 });
    const items = row.build(new CallProbe()).execute(probe.source);
    const waiting = watch(items.next());
    await waitForSilence(probe, 0);

    await items.return();

    assertEquals([waiting.value?.done, probe.closed], [true, 1]);
  });
}

for (const row of TYPICAL_ROWS) {
  for (const kind of ASYNC_SOURCE_KINDS) {
    test(`[L5] ${row.title} closes ${kind} that is silent, once`, async () => {
      const { probe, items } = await startIdleRun(row, kind);

      await items.return();
      await items.return();
      await settle();

      assertEquals(probe.closed, 1);
    });
  }

  for (const end of [...ENDS, TRANSFORM]) {
    test(`[L5] ${end.name} of ${row.title} can be aborted while its source is silent`, async () => {
      const controller = new AbortController();
      const probe = new SourceProbe("an async iterable", { silentAfter: 2 });
      const options = { signal: controller.signal };
      const running = watch(end.run(row.build(new CallProbe()), probe.source, () => {}, options));
      await waitForSilence(probe, 2);

      controller.abort(REASON);
      await settle();

      // Whoever writes into a transform reads the source by itself, and waits for it by itself.
      if (end === TRANSFORM) return;
      assertEquals([running.state, probe.closed], ["rejected", 1]);
      assertStrictEquals(running.error, REASON);
    });
  }

  test(`[L5] the readable side of ${row.title} can be cancelled while its source is silent`, async () => {
    const probe = new SourceProbe("an async iterable", { silentAfter: 0 });
    const reader = row.build(new CallProbe()).toReadableStream(probe.source).getReader();
    const reading = watch(reader.read());
    await waitForSilence(probe, 0);

    await reader.cancel(REASON);

    assertEquals([reading.state, probe.closed], ["resolved", 1]);
  });
}

test("[L5] flatMap() can be closed while an iterable of its function is silent", async () => {
  const inner = new SourceProbe("an async generator", { silentAfter: 1 });
  const outer = new SourceProbe("an async generator");
  const items = start().flatMap("many", () => inner.source).execute(outer.source);
  await items.next();
  const waiting = watch(items.next());
  await waitForSilence(inner, 1);

  await items.return();

  assertEquals(waiting.state, "resolved");
  assertEquals([inner.closed, outer.closed, outer.cleaned], [1, 1, 1]);
});

test("[L5] a step that waits for a silent source is closed, and its finally runs", async () => {
  const probe = new SourceProbe("an async generator", { silentAfter: 1 });
  let cleaned = 0;
  const items = start().add("step", async function* ({ input }) {
    try {
      for await (const item of input) yield item;
    } finally {
      cleaned++;
    }
  }).execute(probe.source);
  await items.next();
  const waiting = watch(items.next());
  await waitForSilence(probe, 1);

  await items.return();

  assertEquals([waiting.state, cleaned, probe.closed], ["resolved", 1, 1]);
});

test("[L5] a take that is full ends while the parallel stage before it waits for its source", async () => {
  const probe = new SourceProbe("an async generator", { silentAfter: 2 });
  const pipeline = start()
    .map("work", (item) => Promise.resolve(item), { parallel: true, concurrencyLimit: 4 })
    .take("two", 2);

  assertEquals(await pipeline.executeToArray(probe.source), [0, 1]);
  assertEquals(probe.closed, 1);
});

test("[L5] a failure surfaces while the source is silent", async () => {
  const failure = new Error("the call fails");
  const probe = new SourceProbe("an async generator", { silentAfter: 2 });
  const calls = new CallProbe({ failures: new Map([[1, failure]]) });
  const pipeline = start().map("work", calls.wrap((item) => item, true), { parallel: true });

  const running = watch(pipeline.executeToArray(probe.source));
  await waitForSilence(probe, 2);

  assertEquals([running.state, probe.closed], ["rejected", 1]);
});

/** What reads a source. */
const READERS: Readonly<Record<string, (source: AsyncIterable<number>) => AsyncGenerator<number>>> =
  {
    "a pipeline": (source) => start().map("work", (item) => item).execute(source),
    "merge()": (source) => merge(source, []),
  };

for (const [name, read] of Object.entries(READERS)) {
  test(`[L5] what a silent source answers after the end of ${name} is neither used nor reported`, async () => {
    let fail: (error: Error) => void = () => {};
    const source = {
      [Symbol.asyncIterator]: () => ({
        next: () => new Promise<IteratorResult<number>>((_, reject) => fail = reject),
        return: () => Promise.reject(new Error("and its clean-up fails")),
      }),
    };
    const items = read(source);
    const waiting = watch(items.next());
    await settle();

    await items.return(undefined);
    fail(new Error("too late"));
    await settle();

    assertEquals(waiting.value, { done: true, value: undefined });
  });
}
