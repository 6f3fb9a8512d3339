import { assertEquals, assertInstanceOf, assertStrictEquals, assertThrows } from "@std/assert";
import { createStep, createStreamingStep, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { untyped } from "../support/refused.ts";
import { count, createStream, generate, readFailure } from "./_outcome.ts";

const start = StreamingPipeline.start<number>();

test("[L9] add() refuses options that are not valid, or that it does not know", () => {
  const pass = () => generate();
  const refuse = (options: unknown) => {
    return assertThrows(() => untyped(start)["add"]!("key", pass, options), TypeError).message;
  };

  const subject = `Cannot add the stage "key" (add)`;
  assertEquals(refuse(null), `${subject}: options must be an object, got null`);
  assertEquals(refuse([]), `${subject}: options must be an object, got an array`);
  for (const name of ["parallel", "concurrencyLimit", "ordered", "timeoutMs", "retries"]) {
    const beginning = `${subject}: unknown option "${name}"; it takes `;
    assertEquals(refuse({ [name]: true }).slice(0, beginning.length), beginning);
  }
});

test("add() runs a generator function over the whole stream", async () => {
  const pipeline = start.add("sums", async function* ({ input }) {
    let sum = 0;
    for await (const item of input) yield sum += item;
  });

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 3, 6]);
  assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, 3, 6]);
  assertEquals(await pipeline.executeToArray([]), []);
});

test("add() takes a streaming step, a step, and a plain function that returns a stream", async () => {
  const double = createStreamingStep<number, number>("double", async function* ({ input }) {
    for await (const item of input) yield item * 2;
  });
  const negate = createStep<number, number>("negate", ({ input }) => -input);

  const pipeline = start.add("a", double).add("b", negate).add("c", ({ input }) => input);

  assertEquals(await pipeline.executeToArray([1, 2]), [-2, -4]);
});

test("add() takes whatever can be iterated over from a function", async () => {
  const add = (answer: () => unknown) => untyped(start)["add"]!("key", answer) as typeof start;

  assertEquals(await add(() => [1, 2]).executeToArray([9]), [1, 2]);
  assertEquals(await add(() => new Set([1, 2])).executeToArray([9]), [1, 2]);
  assertEquals(await add(() => createStream(1, 2)).executeToArray([9]), [1, 2]);
});

test("add() fails for a step that returns nothing to iterate over", async () => {
  const cases: readonly [unknown, string][] = [
    [undefined, "undefined; is a return missing?"],
    [null, "null"],
    [1, "number"],
    ["text", "string"],
    [{}, "an object"],
    [Promise.resolve([1]), "a Promise; a step on one item has isStep: true"],
  ];
  for (const [answer, shown] of cases) {
    const pipeline = untyped(start)["add"]!("bad", () => answer) as typeof start;

    const { error } = await readFailure(pipeline.execute([1]));

    assertEquals([error.key, error.itemIndex], ["bad", undefined]);
    assertInstanceOf(error.cause, TypeError);
    assertEquals(
      error.cause.message,
      `Cannot run the stage "bad" (add): its step must return an async iterable, got ${shown}`,
    );
  }
});

test("[L7] add() lets any value pass", async () => {
  const values = [undefined, null, Number.NaN, false, 0, "", [1]];
  const pipeline = StreamingPipeline.start<unknown>().add("same", async function* ({ input }) {
    for await (const item of input) yield item;
  });

  assertEquals(await pipeline.executeToArray(values), values);
});

test("add() runs a step that yields without reading, and never opens the source", async () => {
  const probe = new SourceProbe("an async iterable");
  const pipeline = start.add("own", async function* () {
    yield await 1;
  });

  assertEquals(await pipeline.executeToArray(probe.source), [1]);
  assertEquals([probe.opened, probe.closed], [0, 0]);
});

test("add() closes the source when the step has read enough", async () => {
  const probe = new SourceProbe("an async iterable");
  const pipeline = start.add("two", async function* ({ input }) {
    yield (await input.next()).value as number;
    yield (await input.next()).value as number;
  });

  assertEquals(await pipeline.executeToArray(probe.source), [0, 1]);
  assertEquals([probe.pulls, probe.closed, probe.cleaned], [2, 1, 1]);
});

test("add() closes the source when the step breaks out of its loop, and lets it go on", async () => {
  const probe = new SourceProbe("an async generator");
  const pipeline = start.add("first", async function* ({ input }) {
    for await (const item of input) {
      yield item;
      break;
    }
    yield probe.cleaned;
    yield (await input.next()).done ? -1 : -2;
  });

  assertEquals(await pipeline.executeToArray(probe.source), [0, 1, -1]);
  assertEquals(probe.closed, 1);
});

test("add() answers reads that overlap in order", async () => {
  const pipeline = start.add("pairs", async function* ({ input }) {
    for (;;) {
      const [first, second] = await Promise.all([input.next(), input.next()]);
      if (first.done || second.done) return;
      yield [first.value, second.value];
    }
  });

  assertEquals(await pipeline.executeToArray([1, 2, 3, 4, 5]), [[1, 2], [3, 4]]);
});

test("[L2] add() reads as far as the step does, and the step runs as far as it is read", async () => {
  const log: string[] = [];
  const pipeline = start
    .tap("source", (item) => log.push(`computed ${item}`))
    .add("step", async function* ({ input }) {
      for await (const item of input) {
        log.push(`read ${item}`);
        yield item;
      }
    });
  const items = pipeline.execute(count());

  await items.next();
  await items.next();
  await items.return();

  assertEquals(log, ["computed 0", "read 0", "computed 1", "read 1"]);
});

test("[L4] add() runs the step's finally, then closes the source", async () => {
  const log: string[] = [];
  async function* source() {
    try {
      for (;;) yield await 1;
    } finally {
      log.push("source");
    }
  }
  const pipeline = start.add("step", async function* ({ input }) {
    try {
      for await (const item of input) yield item;
    } finally {
      log.push("step");
    }
  });

  for await (const _ of pipeline.execute(source())) break;

  assertEquals(log, ["step", "source"]);
});

test("add() fails with what the step throws, after what it has yielded", async () => {
  const cause = new Error("no more");
  const step = createStreamingStep<number, number>("careful", async function* ({ input }) {
    for await (const item of input) {
      if (item === 3) throw cause;
      yield item;
    }
  });

  const { items, error } = await readFailure(start.add("checked", step).execute([1, 2, 3, 4]));

  assertEquals(items, [1, 2]);
  assertEquals(error.message, `Stage "checked" failed at item 2: Error`);
  assertEquals([error.key, error.stepName, error.itemIndex, error.item], [
    "checked",
    "careful",
    2,
    3,
  ]);
  assertStrictEquals(error.cause, cause);
});

test("add() names no item where the step fails before it reads one", async () => {
  const cause = new Error("not today");
  const pipeline = start.add("checked", () => {
    throw cause;
  });

  const { items, error } = await readFailure(pipeline.execute([1]));

  assertEquals(items, []);
  assertEquals([error.itemIndex, error.item], [undefined, undefined]);
  assertEquals(error.message, `Stage "checked" failed: Error`);
  assertStrictEquals(error.cause, cause);
});

test("an error of an earlier stage goes through a step as it is", async () => {
  const cause = new Error("early");
  const pipeline = start
    .map("early", (item) => item === 2 ? Promise.reject(cause) : item)
    .add("step", async function* ({ input }) {
      for await (const item of input) yield item;
    });

  const { items, error } = await readFailure(pipeline.execute([1, 2, 3]));

  assertEquals(items, [1]);
  assertEquals([error.key, error.itemIndex], ["early", 1]);
  assertStrictEquals(error.cause, cause);
});

test("a step can catch the error of an earlier stage and end well", async () => {
  let caught: unknown;
  const pipeline = start
    .map("early", (item) => item === 2 ? Promise.reject(new Error("early")) : item)
    .add("step", async function* ({ input }) {
      try {
        for await (const item of input) yield item;
      } catch (error) {
        caught = error;
        yield -1;
      }
    });

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [1, -1]);
  assertInstanceOf(caught, StreamingError);
  assertEquals(caught.key, "early");
});

test("a step that throws an error of its own for an earlier one is named itself", async () => {
  const pipeline = start
    .map("early", (item) => item === 2 ? Promise.reject(new Error("early")) : item)
    .add("step", async function* ({ input }) {
      try {
        for await (const item of input) yield item;
      } catch (error) {
        throw new Error("translated", { cause: error });
      }
    });

  const { error } = await readFailure(pipeline.execute([1, 2, 3]));

  assertEquals([error.key, (error.cause as Error).message], ["step", "translated"]);
});

test("a step sees the state of the item that it read last", async () => {
  const pipeline = start
    .map("ten", (item) => item * 10)
    .add("step", async function* ({ input, state }) {
      yield ["before", state.hasSnapshot("ten"), state.accumulated.ten];
      for await (const item of input) yield [item, state.hasSnapshot("ten"), state.accumulated.ten];
    });

  assertEquals<unknown>(await pipeline.executeToArray([1, 2]), [
    ["before", false, undefined],
    [10, true, 10],
    [20, true, 20],
  ]);
});
