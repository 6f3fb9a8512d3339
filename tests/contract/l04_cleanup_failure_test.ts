// L4: a clean-up that fails surfaces where nothing can be lost by it, and never costs a result.

import { assertEquals, assertInstanceOf, assertRejects, assertStrictEquals } from "@std/assert";
import { StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { CallProbe } from "../../src/testing/call_probe.ts";
import { SOURCE_KINDS, type SourceKind, SourceProbe } from "../../src/testing/source_probe.ts";
import { collectUntilError, ENDS, pull, readAll } from "./_ends.ts";
import { type AnyPipeline, TYPICAL_ROWS } from "./_rows.ts";

const CLOSE_FAILURE = new Error("the clean-up fails");

const createSource = (kind: SourceKind) => new SourceProbe(kind, { closeFailure: CLOSE_FAILURE });

function expectCleanUpError(error: unknown, key = "source"): void {
  assertInstanceOf(error, StreamingError);
  assertEquals(error.key, key);
  assertStrictEquals(error.cause, CLOSE_FAILURE);
}

async function breakAtOnce(pipeline: AnyPipeline, probe: SourceProbe): Promise<void> {
  for await (const _ of pipeline.execute(probe.source)) break;
}

for (const row of TYPICAL_ROWS) {
  // Reads nothing ahead, so that the source never owes an answer when it is closed.
  const build = () => row.build(new CallProbe());

  for (
    const kind of SOURCE_KINDS.filter((each) => each === "a sync iterable" || !row.mode.parallel)
  ) {
    test(`[L4] ${row.title} tells a break that ${kind} could not be closed`, async () => {
      const probe = createSource(kind);

      expectCleanUpError(await assertRejects(() => breakAtOnce(build(), probe)));

      assertEquals(probe.closed, 1);
    });

    test(`[L4] ${row.title} loses no result when ${kind} cannot be closed`, async () => {
      const three = () => build().take("three", 3);
      const results = [0, 2, 4];

      assertEquals(await three().executeToArray(createSource(kind).source), results);
      const sum = (total: number, item: unknown) => total + Number(item);
      assertEquals(await three().executeReduce(createSource(kind).source, sum, 0), 6);
    });

    for (const end of ENDS.filter(({ name }) => !/ToArray|Reduce/.test(name))) {
      test(`[L4] ${end.name} of ${row.title} rejects after the last item when ${kind} cannot be closed`, async () => {
        const pipeline = build().take("three", 3);

        const { items, error } = await collectUntilError(end, pipeline, createSource(kind).source);

        assertEquals(items, [0, 2, 4]);
        expectCleanUpError(error);
      });
    }

    test(`[L4] ${row.title} reports the stage's error, not that ${kind} cannot be closed`, async () => {
      const failure = new Error("the stage fails");
      const pipeline = build().map("fails", () => {
        throw failure;
      });

      for (const end of ENDS) {
        const { error } = await collectUntilError(end, pipeline, createSource(kind).source);
        assertStrictEquals((error as StreamingError).cause, failure);
      }
    });
  }

  test(`[L4] ${row.title} rejects the closing of the run where the source could not be closed`, async () => {
    const create = () => createSource("a sync iterable").source;

    const items = build().execute(create());
    await items.next();
    expectCleanUpError(await assertRejects(() => items.return()));

    const run = build().run(create());
    await pull(run, 1);
    expectCleanUpError(await assertRejects(() => run[Symbol.asyncDispose]()));

    const reader = build().toReadableStream(create()).getReader();
    await reader.read();
    expectCleanUpError(await assertRejects(() => reader.cancel()));
  });
}

test("[L4] a step whose finally fails is named in the error of a break", async () => {
  const source = new SourceProbe("an async iterable");
  const pipeline = StreamingPipeline.start<number>().add("careless", async function* ({ input }) {
    try {
      yield* input;
    } finally {
      // deno-lint-ignore no-unsafe-finally -- a clean-up that fails is the point
      throw CLOSE_FAILURE;
    }
  });

  expectCleanUpError(await assertRejects(() => breakAtOnce(pipeline, source)), "careless");
  assertEquals(source.closed, 1);
});

for (const options of [undefined, { parallel: true }]) {
  const mode = options === undefined ? "" : " parallel";
  test(`[L4] flatMap()${mode} is named in the error when its iterable cannot be closed`, async () => {
    const inner = createSource("a sync iterable");
    const source = new SourceProbe("an async iterable");
    const pipeline = StreamingPipeline.start<number>()
      .flatMap("many", (item) => item === 0 ? inner.source : [], options);

    expectCleanUpError(await assertRejects(() => breakAtOnce(pipeline, source)), "many");
    assertEquals([inner.closed, source.closed], [1, 1]);
  });
}

test("[L4] a source that cannot be closed does not keep others from being closed", async () => {
  const inner = createSource("an async iterable");
  const outer = createSource("a ReadableStream");
  const pipeline = StreamingPipeline.start<number>().flatMap("many", () => inner.source);

  expectCleanUpError(await assertRejects(() => breakAtOnce(pipeline, outer)), "many");

  assertEquals([inner.closed, outer.closed], [1, 1]);
});

test("[L4] an aborted run rejects with the reason, not with what its clean-up threw", async () => {
  const reason = new Error("aborted by the test");
  const run = StreamingPipeline.start<number>().run(createSource("an async generator").source);
  const seen: unknown[] = [];

  const reading = readAll(run.readable, (item) => {
    seen.push(item);
    if (seen.length === 2) run.abort(reason).catch(() => {});
  });

  assertStrictEquals(await assertRejects(() => reading), reason);
});
