import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { createStep, createStreamingStep, type Many, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SOURCE_KINDS, SourceProbe } from "../../src/testing/source_probe.ts";
import { settle, until } from "../../src/testing/turns.ts";
import { untyped } from "../support/refused.ts";
import { count, createStream, generate, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

/** Everything that holds two items: the item and itself negated. */
const MANY: Readonly<Record<string, (item: number) => Many<number> | Promise<Many<number>>>> = {
  "an array": (item) => [item, -item],
  "a set": (item) => new Set([item, -item]),
  "a typed array": (item) => Int8Array.of(item, -item),
  "an iterator": (item) => new Map([[item, 0], [-item, 0]]).keys(),
  "a generator": function* (item) {
    yield item;
    yield -item;
  },
  "an async generator": (item) => generate(item, -item),
  "a stream": (item) => createStream(item, -item),
  "a promise of an array": (item) => Promise.resolve([item, -item]),
  "a promise of a generator": (item) => Promise.resolve(generate(item, -item)),
  "a promise of a stream": (item) => Promise.resolve(createStream(item, -item)),
};

for (const [name, many] of Object.entries(MANY)) {
  for (const parallel of [false, true]) {
    test(`flatMap() hands on each item of ${name}${parallel ? ", in parallel" : ""}`, async () => {
      const pipeline = start.flatMap("both", many, { parallel });

      assertEquals(await pipeline.executeToArray([1, 2]), [1, -1, 2, -2]);
    });
  }
}

for (const parallel of [false, true]) {
  const suffix = parallel ? " in parallel" : "";

  test(`flatMap() takes a string as one item${suffix}`, async () => {
    const pipeline = start.flatMap("text", (item) => `item ${item}`, { parallel });
    const promised = start.flatMap("text", async (item) => await `item ${item}`, { parallel });

    assertEquals(await pipeline.executeToArray([1, 2]), ["item 1", "item 2"]);
    assertEquals(await promised.executeToArray([1, 2]), ["item 1", "item 2"]);
  });

  test(`flatMap() keeps each string of an array whole${suffix}`, async () => {
    const pipeline = start.flatMap("texts", () => ["ab", "", "c"], { parallel });

    assertEquals(await pipeline.executeToArray([1]), ["ab", "", "c"]);
  });

  test(`flatMap() takes one level apart${suffix}`, async () => {
    const pipeline = start.flatMap("nested", (item) => [[item, [item]], []], { parallel });

    assertEquals<unknown>(await pipeline.executeToArray([1]), [[1, [1]], []]);
  });

  test(`flatMap() hands on nothing for what is empty${suffix}`, async () => {
    const empty = [[], new Set<number>(), generate<number>(), createStream<number>()];
    const pipeline = start.flatMap("empty", (item) => empty[item] ?? [item], { parallel });

    assertEquals(await pipeline.executeToArray([0, 1, 9, 2, 3, 8]), [9, 8]);
  });

  test(`[L7] flatMap() lets any value pass${suffix}`, async () => {
    const values = [undefined, null, Number.NaN, false, 0, ""];
    const pipeline = start.flatMap("values", () => values, { parallel });
    const generated = start.flatMap("values", () => generate(...values), { parallel });

    assertEquals(await pipeline.executeToArray([1]), values);
    assertEquals(await generated.executeToArray([1]), values);
  });

  test(`flatMap() fails for a result that is not many${suffix}`, async () => {
    const cases: readonly [unknown, string][] = [
      [undefined, "undefined; is a return missing?"],
      [null, "null"],
      [1, "number"],
      [{ length: 1, 0: "a" }, "an object"],
    ];
    for (const [answer, shown] of cases) {
      const pipeline = untyped(start)["flatMap"]!("bad", () => answer, {
        parallel,
      }) as typeof start;

      const { error } = await readFailure(pipeline.execute([1]));

      assertEquals([error.key, error.itemIndex, error.code], ["bad", 0, "STEP_ERROR"]);
      assertInstanceOf(error.cause, TypeError);
      assertEquals(
        error.cause.message,
        `Cannot run the stage "bad" (flatMap): its function must return an iterable, an async ` +
          `iterable or a web stream, got ${shown}`,
      );
    }
  });

  test(`flatMap() hands on what an iterable gave before it failed${suffix}`, async () => {
    const cause = new Error("broken");
    const pipeline = start.flatMap("some", function* (item) {
      yield item;
      if (item === 2) throw cause;
      yield -item;
    }, { parallel });

    const { items, error } = await readFailure(pipeline.execute([1, 2, 3]));

    assertEquals(items, [1, -1, 2]);
    assertEquals([error.key, error.stepName], ["some", "some"]);
    assertStrictEquals(error.cause, cause);
  });

  test(`flatMap() takes what a step makes${suffix}`, async () => {
    const pair = createStep<number, number[]>("pair", ({ input }) => [input, -input]);
    const repeat = createStreamingStep<number, number>("repeat", async function* ({ input }) {
      for await (const item of input) yield* [item, item];
    });
    const pipeline = start
      .flatMap("pairs", pair, { parallel })
      .flatMap("repeated", repeat, { parallel });

    assertEquals(await pipeline.executeToArray([1, 2]), [1, 1, -1, -1, 2, 2, -2, -2]);
  });

  for (const kind of SOURCE_KINDS) {
    test(`[L4] flatMap() closes ${kind} that take() has enough of${suffix}`, async () => {
      const probes: SourceProbe[] = [];
      const pipeline = start
        .flatMap("endless", () => {
          const probe = new SourceProbe(kind);
          probes.push(probe);
          return probe.source;
        }, { parallel, ...(parallel && { concurrencyLimit: 1 }) })
        .take("three", 3);

      assertEquals(await pipeline.executeToArray([1, 2]), [0, 1, 2]);
      const opened = probes.filter((probe) => probe.opened > 0);
      assertEquals(opened.map(({ closed }) => closed), opened.map(() => 1));
      // An iterator that computes one item ahead cleans up when it has answered.
      await until("all are clean", () => opened.every(({ cleaned }) => cleaned === 1));
      if (!parallel) assertEquals(probes.map(({ pulls }) => pulls), [3]);
    });
  }
}

test("[L2] flatMap() asks an iterable for an item when it is asked for one", async () => {
  const given: number[] = [];
  const pipeline = start.flatMap("counted", function* () {
    for (const item of count()) {
      given.push(item);
      yield item;
    }
  });
  const items = pipeline.execute([1]);

  await items.next();
  await items.next();

  assertEquals(given, [0, 1]);
  await items.return();
});

test("flatMap() takes a stream that another reader has locked as a failure", async () => {
  const stream = createStream(1);
  stream.getReader();

  const { error } = await readFailure(start.flatMap("locked", () => stream).execute([1]));

  assertEquals(error.key, "locked");
  assertInstanceOf(error.cause, TypeError);
});

test("flatMap() releases a stream that it has read to its end", async () => {
  const stream = createStream(1, 2);

  await start.flatMap("read", () => stream).executeToArray([1]);

  assertEquals(stream.locked, false);
});

test("flatMap() gives the index of the item among those that entered the stage", async () => {
  const pipeline = start
    .flatMap("first", (item, index) => [item, index])
    .flatMap("second", (_item, index) => [index]);

  assertEquals(await pipeline.executeToArray([7, 8]), [0, 1, 2, 3]);
});

for (const parallel of [false, true]) {
  for (const ordered of parallel ? [true, false] : [true]) {
    for (const isLate of [false, true]) {
      const how = `${parallel ? `parallel, ordered ${ordered}` : "one by one"}, ${
        isLate ? "later" : "at once"
      }`;

      test(`[L4] a flatMap() whose function aborts its own run has its answer closed: ${how}`, async () => {
        const controller = new AbortController();
        const { signal } = controller;
        const probe = new SourceProbe("a ReadableStream");
        const answer = () => {
          controller.abort("enough");
          const { source } = probe;
          return isLate ? settle().then(() => source) : source;
        };
        const options = parallel ? { parallel, ordered } : {};
        const run = start.flatMap("many", answer, options).executeToArray(generate(1), { signal });

        assertEquals(await run.catch((reason) => reason), "enough");
        assertEquals([probe.closed, probe.pulls], [1, 0]);
      });
    }
  }
}
