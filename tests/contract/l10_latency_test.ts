// L10: what is finished is delivered while the source is still silent.

import { assertEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { createDeferred } from "../../src/internal/promises.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { ASYNC_SOURCE_KINDS } from "../support/source_kinds.ts";
import { settle, watch } from "../../src/testing/turns.ts";
import { ENDS, pull, TRANSFORM } from "./_ends.ts";
import { ASYNC_ROWS, inOrder, range, ROWS, TYPICAL_ROWS } from "./_rows.ts";

const GIVEN = 9;

for (const row of ROWS) {
  const kinds = TYPICAL_ROWS.includes(row) ? ASYNC_SOURCE_KINDS : ["an async iterable" as const];
  for (const kind of kinds) {
    test(`[L10] ${row.title} delivers all it can while ${kind} is silent`, async () => {
      const probe = new SourceProbe(kind, { silentAfter: GIVEN });
      const items = row.build(new CallProbe()).execute(probe.source);
      const expected = row.model(range(GIVEN), false);

      const given = watch(pull(items, expected.length));
      await settle();

      assertEquals(given.state, "resolved");
      assertEquals(inOrder(row, given.value!), inOrder(row, expected));
      await items.return();
    });
  }
}

for (const row of ASYNC_ROWS.filter(({ mode }) => mode.parallel && mode.limit > 2)) {
  test(`[L10] ${row.title} starts a call as soon as its item has come`, async () => {
    const gates = range(4).map(() => createDeferred<void>());
    const gate = (index: number) => gates[index]?.promise;
    const probe = new SourceProbe("an async iterable", { gate });
    const calls = new CallProbe({ hold: true });
    const items = row.build(calls).execute(probe.source);
    const waiting = items.next();

    const running: number[] = [];
    for (const { resolve } of gates.slice(0, 3)) {
      resolve();
      await settle();
      running.push(calls.running);
    }

    assertEquals(running, [1, 2, 3]);
    const closing = items.return();
    calls.releaseAll();
    await Promise.all([waiting, closing]);
  });
}

for (const row of TYPICAL_ROWS) {
  for (const end of [...ENDS, TRANSFORM].filter(({ streams }) => streams)) {
    test(`[L10] ${end.name} of ${row.title} hands items out while the source is silent`, async () => {
      const controller = new AbortController();
      const probe = new SourceProbe("an async iterable", { silentAfter: GIVEN });
      const seen: unknown[] = [];
      const options = { signal: controller.signal };
      const running = watch(
        end.run(row.build(new CallProbe()), probe.source, (item) => seen.push(item), options),
      );
      await settle();

      assertEquals([running.state, seen], ["pending", row.model(range(GIVEN))]);
      controller.abort();
    });
  }
}

test("[L10] a full batch comes out while the source is silent, a part of one does not", async () => {
  const probe = new SourceProbe("an async iterable", { silentAfter: 5 });
  const items = StreamingPipeline.start<number>().batch("threes", 3).execute(probe.source);

  const first = watch(items.next());
  const second = watch(items.next());
  await settle();

  assertEquals(first.value, { done: false, value: [0, 1, 2] });
  assertEquals(second.state, "pending");
  await items.return();
});

test("[L10] a chain of stages at their own pace holds nothing back", async () => {
  const probe = new SourceProbe("an async iterable", { silentAfter: 4 });
  const items = StreamingPipeline.start<number>()
    .map("parallel", (item) => Promise.resolve(item), { parallel: true })
    .add("step", async function* ({ input }) {
      yield* input;
    })
    .through("transform", () => new TransformStream<number, number>())
    .buffer("ahead", 8)
    .flatMap("many", (item) => [item], { parallel: true, ordered: false })
    .execute(probe.source);

  const given = watch(pull(items, 4));
  await settle();

  assertEquals(given.value, [0, 1, 2, 3]);
  await items.return();
});

test("[L10] unordered results come out while an earlier call is still running", async () => {
  const calls = new CallProbe({ hold: (index) => index === 0 });
  const items = StreamingPipeline.start<number>()
    .map("work", calls.wrap((item) => item, true), { parallel: true, ordered: false })
    .execute([0, 1, 2]);

  assertEquals(await pull(items, 2), [1, 2]);

  calls.releaseAll();
  assertEquals(await pull(items, 2), [0]);
});
