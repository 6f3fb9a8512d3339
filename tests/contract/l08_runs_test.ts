// L8: the same pipeline runs many times, at the same time too; one context is built per run.

import { assertEquals, assertNotEquals } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { collect, ENDS } from "./_ends.ts";
import { inOrder, range, ROWS, TYPICAL_ROWS } from "./_rows.ts";

for (const row of ROWS) {
  test(`[L8] ${row.title} gives the same in every run of one pipeline`, async () => {
    const pipeline = row.build(new CallProbe());

    const first = await pipeline.executeToArray(range(40));
    const second = await pipeline.executeToArray(range(40));
    const after = await collectInSteps([pipeline.execute(range(40))]);

    const expected = inOrder(row, row.model(range(40)));
    for (const given of [first, second, ...after]) assertEquals(inOrder(row, given), expected);
  });

  test(`[L8] ${row.title} keeps runs at the same time apart`, async () => {
    const pipeline = row.build(new CallProbe());
    const counts = [40, 11, 0, 25];

    const given = await collectInSteps(counts.map((count) => pipeline.execute(range(count))));

    for (const [index, count] of counts.entries()) {
      assertEquals(inOrder(row, given[index]!), inOrder(row, row.model(range(count))));
    }
  });
}

/** Reads several runs side by side, an item of each in turn. */
async function collectInSteps(runs: readonly AsyncGenerator<unknown>[]): Promise<unknown[][]> {
  const given: unknown[][] = runs.map(() => []);
  const open = new Map(runs.entries());
  while (open.size > 0) {
    for (const [index, items] of open) {
      const result = await items.next();
      if (result.done) open.delete(index);
      else given[index]!.push(result.value);
    }
  }
  return given;
}

for (const row of TYPICAL_ROWS) {
  test(`[L8] a run of ${row.title} that fails or is closed leaves the others alone`, async () => {
    const calls = new CallProbe();
    const pipeline = row.build(calls);
    const probe = new SourceProbe("an async iterable");
    const running = pipeline.execute(range(40));
    await running.next();

    const broken = pipeline.execute(probe.source);
    await broken.next();
    await broken.return();
    const failing = new SourceProbe("an async iterable", {
      failAfter: 1,
      failure: new Error("no"),
    });
    await pipeline.executeToArray(failing.source).catch(() => {});

    const rest: unknown[] = [];
    for await (const item of running) rest.push(item);
    assertEquals(rest, row.model(range(40)).slice(1));
  });
}

for (const end of ENDS) {
  test(`[L8] ${end.name} builds one context per run`, async () => {
    let built = 0;
    const contexts: unknown[] = [];
    const pipeline = StreamingPipeline.start<number, { id: number }>(() => ({ id: ++built }))
      .tap("first", (_, __, { context }) => void contexts.push(context))
      .map("second", (item, _, { context }) => (contexts.push(context), item), { parallel: true })
      .add("third", async function* ({ input, context }) {
        contexts.push(context);
        yield* input;
      });

    await collect(end, pipeline as never, [1, 2]);
    const inFirst = new Set(contexts);
    await collect(end, pipeline as never, [1, 2]);

    assertEquals([built, inFirst.size, new Set(contexts).size], [2, 1, 2]);
  });
}

test("[L8] each run has a trace id of its own, and one for all of its stages", async () => {
  const seen = new Set<string>();
  const pipeline = StreamingPipeline.start<number>()
    .tap("first", (_, __, { traceId }) => void seen.add(traceId))
    .tap("second", (_, __, { traceId }) => void seen.add(traceId), { parallel: true });

  const runs = [pipeline.run([1, 2]), pipeline.run([1, 2])];
  for (const run of runs) for await (const _ of run);

  assertEquals([...seen], runs.map(({ traceId }) => traceId));
  assertNotEquals(runs[0]!.traceId, runs[1]!.traceId);
});

test("[L8] state of one run is not seen in another", async () => {
  const pipeline = StreamingPipeline.start<number>()
    .map("double", async (item) => await item * 2)
    .map("seen", async (item, _, { state }) => {
      await undefined;
      return [item, state.accumulated.double];
    });

  const given = await Promise.all([
    pipeline.executeToArray([1, 2]),
    pipeline.executeToArray([10, 20]),
  ]);

  assertEquals(given, [[[2, 2], [4, 4]], [[20, 20], [40, 40]]]);
});

test("[L8] a list of options that is changed after its stage was built changes no pipeline", async () => {
  const retryableErrors = ["EBUSY"];
  const reads: ["number"] = ["number"];
  let calls = 0;
  const pipeline = StreamingPipeline.start<number>()
    .map("number", (item) => {
      if (++calls < 3) throw Object.assign(new Error("busy"), { code: "EBUSY" });
      return item;
    }, { retry: { maxAttempts: 3, backoffMs: 0, retryableErrors } })
    .filter("known", ({ number }) => number === 1, { reads });

  retryableErrors.length = 0;
  reads.length = 0 as 1;

  assertEquals(await pipeline.executeToArray([1]), [1]);
});
