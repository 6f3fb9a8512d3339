// fanOut() and route(): what each branch gets, what becomes of items for which it has no room, and
// how a branch ends.

import { assert, assertEquals, assertRejects, assertThrows } from "@std/assert";
import fc from "fast-check";
import { type BranchOptions, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { SourceProbe } from "../../src/testing/source_probe.ts";
import { settle } from "../../src/testing/turns.ts";

const start = () => StreamingPipeline.start<number>();
const none = () => false;

test("fanOut() gives each branch every item, in order", async () => {
  const seen: Record<string, number[]> = { first: [], second: [] };
  const pipeline = start().fanOut("all", {
    first: (items) => items.tap("see", (item) => seen.first!.push(item)).filter("none", none),
    second: (items) => items.tap("see", (item) => seen.second!.push(item)).batch("pairs", 2),
  });

  assertEquals(await pipeline.executeToArray([1, 2, 3]), [[1, 2], [3]]);
  assertEquals(seen, { first: [1, 2, 3], second: [1, 2, 3] });
});

test("route() gives each item to the branch that is chosen, sync or async", async () => {
  for (
    const answer of [(name: "even" | "odd") => name, async (name: "even" | "odd") => await name]
  ) {
    const pipeline = start().route(
      "parity",
      (item) => answer(item % 2 === 0 ? "even" : "odd"),
      {
        even: (items) => items.batch("evens", 10),
        odd: { build: (items) => items.batch("odds", 10) },
      },
    );
    const batches = await pipeline.executeToArray([1, 2, 3, 4, 5]);
    assertEquals(batches.toSorted((one, other) => one[0]! - other[0]!), [[1, 3, 5], [2, 4]]);
  }
});

test("route() to a name that is not there fails the run, and names those that are", async () => {
  for (const [name, kind] of [["other", "string"], [undefined, "undefined"]]) {
    const pipeline = start().route("one", () => name as "this", { this: (items) => items });
    const error = await assertRejects(() => pipeline.executeToArray([1]), StreamingError);

    assertEquals(error.key, "one");
    assertEquals(
      (error.cause as Error).message,
      `choose must return the name of a branch: "this", got ${kind}`,
    );
  }
});

test("random items and branches: each branch makes what it makes alone, in order", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 20 }),
      fc.array(fc.record({ size: fc.integer({ min: 1, max: 4 }), bufferSize: fc.nat(3) }), {
        minLength: 1,
        maxLength: 4,
      }),
      fc.boolean(),
      async (items, specs, isRouted) => {
        const branches = Object.fromEntries(specs.map(({ size, bufferSize }, at) => [`b${at}`, {
          bufferSize,
          build: (each: StreamingPipeline<number, number, unknown>) =>
            each.map("later", (item) => item % 2 === 0 ? item : Promise.resolve(item))
              .batch("batches", size)
              .map("named", (batch) => ({ at, batch })),
        }]));
        const choose = (item: number) => `b${item % specs.length}`;
        const pipeline = isRouted
          ? start().route("stage", choose, branches as never)
          : start().fanOut("stage", branches as never);

        const made = await pipeline.executeToArray(items) as { at: number; batch: number[] }[];
        for (const [at, { size }] of specs.entries()) {
          const own = isRouted ? items.filter((item) => item % specs.length === at) : items;
          const expected = [];
          for (let from = 0; from < own.length; from += size) {
            expected.push(
              own.slice(from, from + size),
            );
          }
          assertEquals(made.filter((each) => each.at === at).map(({ batch }) => batch), expected);
        }
      },
    ),
    { seed: 20261123, numRuns: 60 },
  );
});

/** Runs one branch that is held back, so that items find it full. */
async function runHeldBack(
  options: Partial<BranchOptions<number, number, unknown>>,
  items: readonly number[],
): Promise<{ slow: number[]; quick: number[]; dropped: number[]; error?: unknown }> {
  const [slow, quick, dropped]: number[][] = [[], [], []];
  let release = () => {};
  const held = new Promise<void>((resolve) => release = resolve);
  const pipeline = start().fanOut("stage", {
    quick: { build: (each) => each, to: (item: number) => quick!.push(item), bufferSize: 10 },
    slow: {
      build: (each) => each.tap("hold", () => held),
      to: (item: number) => slow!.push(item),
      onDrop: (item) => dropped!.push(item),
      ...options,
    },
  });
  const running = pipeline.executeToArray(items).then(() => undefined, (error) => error);
  await settle();
  release();
  const error = await running;
  return { slow: slow!, quick: quick!, dropped: dropped!, ...(error && { error }) };
}

test('a branch that is full makes everything wait, with "wait"', async () => {
  const { slow, quick, dropped } = await runHeldBack({ bufferSize: 1 }, [1, 2, 3, 4, 5]);

  assertEquals([slow, quick, dropped], [[1, 2, 3, 4, 5], [1, 2, 3, 4, 5], []]);
});

test('a branch that is full holds the source back, with "wait"', async () => {
  const source = new SourceProbe("an async iterable");
  const never = new Promise<void>(() => {});
  const pipeline = start().fanOut("stage", {
    quick: { build: (each) => each, to: () => {} },
    slow: { build: (each) => each.tap("hold", () => never), bufferSize: 2, to: () => {} },
  });
  const items = pipeline.execute(source.source, { closeTimeoutMs: 0 });
  const pulling = items.next();
  await settle();

  // One is worked on, two wait in the buffer, and one for room in it.
  assertEquals(source.given, 4);
  await items.return();
  assertEquals((await pulling).done, true);
  assertEquals(source.closed, 1);
});

test('a branch that is full drops what comes, with "dropNewest"', async () => {
  const run = await runHeldBack({ whenFull: "dropNewest", bufferSize: 1 }, [1, 2, 3, 4, 5]);

  assertEquals(run, { slow: [1, 2], quick: [1, 2, 3, 4, 5], dropped: [3, 4, 5] });
});

test('a branch that is full drops what has waited longest, with "dropOldest"', async () => {
  const run = await runHeldBack({ whenFull: "dropOldest", bufferSize: 2 }, [1, 2, 3, 4, 5]);

  assertEquals(run, { slow: [1, 4, 5], quick: [1, 2, 3, 4, 5], dropped: [2, 3] });
});

test('a branch that is full fails the run, with "error"', async () => {
  const { error } = await runHeldBack({ whenFull: "error", bufferSize: 1 }, [1, 2, 3, 4, 5]);

  assert(error instanceof StreamingError);
  assertEquals([error.key, error.code], ["stage", "BRANCH_FULL"]);
  assertEquals(
    (error.cause as Error).message,
    'Branch "slow" has 1 items waiting, and no room for another',
  );
});

test("what a branch does not read any more is released, and the others go on", async () => {
  const pipeline = start().fanOut("stage", {
    first: (items) => items.take("one", 1).map("text", (item) => `first ${item}`),
    all: (items) => items.map("text", (item) => `${item}`),
  });

  assertEquals(
    (await pipeline.executeToArray([1, 2, 3, 4])).toSorted(),
    ["1", "2", "3", "4", "first 1"],
  );
});

test("a sink is waited for, one item at a time, and its failure is that of the stage", async () => {
  let running = 0;
  let most = 0;
  const pipeline = start().fanOut("stage", {
    sunk: {
      build: (items) => items,
      to: async () => {
        most = Math.max(most, ++running);
        await settle();
        running--;
      },
    },
  });
  assertEquals(await pipeline.executeToArray([1, 2, 3]), []);
  assertEquals([most, running], [1, 0]);

  const failure = new Error("the disk is full");
  const failing = start().fanOut("stage", {
    sunk: { build: (items) => items, to: () => Promise.reject(failure) },
  });
  const error = await assertRejects(() => failing.executeToArray([1, 2]), StreamingError);
  assertEquals([error.key, error.cause], ["stage", failure]);
});

test("a stream as a sink gets the items, and stays open for its owner", async () => {
  const written: number[] = [];
  const stream = new WritableStream<number>({ write: (item) => void written.push(item) });
  const pipeline = start().fanOut("stage", { sunk: { build: (items) => items, to: stream } });

  await pipeline.executeToArray([1, 2]);
  assertEquals([written, stream.locked], [[1, 2], false]);
});

test("a function as a sink that makes a stream fails, as nothing would be written to it", async () => {
  const to = () => new WritableStream<number>();
  for (const sink of [to, () => Promise.resolve(to())]) {
    const pipeline = start().fanOut("all", { written: { build: (items) => items, to: sink } });
    const error = await assertRejects(() => pipeline.executeToArray([1, 2]), StreamingError);
    assert(error.cause instanceof TypeError);
    assertEquals(
      error.cause.message,
      "A sink must be a WritableStream, not a function that makes one",
    );
  }
});

test("[L6] a failure of a branch fails the stage, and closes the others and the source", async () => {
  const failure = new Error("gone");
  const source = new SourceProbe("an async generator");
  let closed = 0;
  const pipeline = start().fanOut("stage", {
    fails: (items) =>
      items.map("check", (item) => {
        if (item === 3) throw failure;
        return item;
      }),
    goesOn: (items) =>
      items.add("watch", async function* ({ input }) {
        try {
          yield* input;
        } finally {
          closed++;
        }
      }),
  });
  const error = await assertRejects(() => pipeline.executeToArray(source.source), StreamingError);

  assertEquals([error.key, (error.cause as StreamingError).cause], ["stage", failure]);
  assertEquals([source.closed, source.cleaned, closed], [1, 1, 1]);
});

test("[L6] a failure of the source comes after what the branches keep back", async () => {
  const failure = new Error("gone");
  const source = new SourceProbe("an async iterable", { failAfter: 3, failure });
  const made: unknown[] = [];
  const running = async () => {
    const pipeline = start().fanOut("stage", { pairs: (items) => items.batch("pairs", 2) });
    for await (const pair of pipeline.execute(source.source)) made.push(pair);
  };
  const error = await assertRejects(running, StreamingError);

  assertEquals([error.key, error.cause], ["source", failure]);
  assertEquals(made, [[0, 1], [2]]);
});

test("the branches get the context of the run", async () => {
  const pipeline = StreamingPipeline.start<number, { scale: number }>(() => ({ scale: 10 }))
    .fanOut("stage", {
      scaled: (items) => items.map("scaled", (item, _index, { context }) => item * context.scale),
    });

  assertEquals(await pipeline.executeToArray([1, 2]), [10, 20]);
});

test("[L9] branches that are not valid are refused when the stage is built", () => {
  const given = (value: unknown) => value as never;
  const build = (items: StreamingPipeline<number, number, unknown>) => items;
  const refusals: [unknown, string][] = [
    [undefined, "branches must be an object with a branch by name, got undefined"],
    [{}, "branches must be an object that is not empty, got an object"],
    [{ a: 3 }, 'branch "a" must be an object, got 3'],
    [{ a: {} }, "a.build must be a function, got undefined"],
    [{ a: { build, policy: "wait" } }, 'unknown option "policy"'],
    [{ a: { build, whenFull: "drop" } }, "a.whenFull must be one of wait, dropNewest"],
    [{ a: { build, bufferSize: NaN } }, "a.bufferSize must be a non-negative integer, got NaN"],
    [{ a: { build, to: 3 } }, "a.to must be a function or a WritableStream, got 3"],
    [{ a: { build, onDrop: 3 } }, "a.onDrop must be a function, got 3"],
  ];
  for (const [branches, message] of refusals) {
    assertThrows(() => start().fanOut("stage", given(branches)), Error, message);
    assertThrows(() => start().route("stage", given(() => "a"), given(branches)), Error, message);
  }
  assertThrows(
    () => start().route("stage", given("a"), { a: build }),
    TypeError,
    'Cannot add the stage "stage" (route): choose must be a function, got "a"',
  );
});

test("a builder that gives no pipeline fails the run", async () => {
  const pipeline = start().fanOut("stage", { a: (() => 3) as never });
  const error = await assertRejects(() => pipeline.executeToArray([1]), StreamingError);

  assertEquals(
    (error.cause as Error).message,
    'Cannot run the stage "stage" (fanOut): its branch "a" must return a pipeline, got number',
  );
});

test("the types of the branches make the type of what comes out", async () => {
  const pipeline = start().fanOut("stage", {
    text: (items) => items.map("text", (item) => `${item}`),
    pairs: { build: (items) => items.batch("pairs", 2) },
    sunk: { build: (items) => items.map("date", () => new Date()), to: () => {} },
  });
  const made: (string | number[])[] = await pipeline.executeToArray([1]);
  // @ts-expect-error -- there is no branch of this name
  start().route("stage", () => "c", { a: (items) => items });

  assertEquals(made.length, 2);
  assert(made.includes("1"));
});

test("[L4] the branches that have begun are closed where a later one cannot be built", async () => {
  const failure = new Error("not built");
  const closed: string[] = [];
  const pipeline = start().fanOut("stage", {
    good: (items) =>
      items.add("step", async function* ({ input }) {
        try {
          yield* input;
        } finally {
          closed.push("good");
        }
      }),
    bad: () => {
      throw failure;
    },
  });

  const error = await assertRejects(() => pipeline.executeToArray([0, 1]), StreamingError);

  assertEquals([error.key, error.cause], [
    "stage",
    failure,
  ]);
  assertEquals(closed, ["good"]);
});
