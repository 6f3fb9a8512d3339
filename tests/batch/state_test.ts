// What steps and functions are given beside their input: the outputs of all stages before, whole,
// and the context.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { createParallel, createStep, Pipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { coded, dataOf, errorOf, MODES } from "./_helpers.ts";

interface Numbers {
  readonly doubled: number[];
  readonly pairs: number[][];
}

const numbers = Pipeline.start<number[]>()
  .map("doubled", (item) => item * 2)
  .batch("pairs", 2);

test("[defect] a step's state holds all earlier outputs by key, as whole arrays", async () => {
  const seen: unknown[] = [];
  const look = createStep("look", ({ state }: { input: number[][]; state: Numbers }) => {
    seen.push(Object.keys(state), { ...state }, "pairs" in state, "look" in state);
    return state.doubled.length;
  });
  const result = await numbers.add("look", look).execute([1, 2, 3]);

  assertEquals(dataOf(result), 3);
  assertEquals(seen, [
    ["doubled", "pairs"],
    { doubled: [2, 4, 6], pairs: [[2, 4], [6]] },
    true,
    false,
  ]);
});

test("the state of the first stage is empty", async () => {
  const look = createStep("look", ({ state }) => Object.keys(state as object));

  assertEquals(dataOf(await Pipeline.start<number>().add("look", look).execute(1)), []);
});

test("a step can write its state as JSON, and copy it", async () => {
  const look = createStep("look", ({ state }: { input: unknown; state: Numbers }) => {
    const { doubled, ...rest } = state;
    return [JSON.stringify(state), doubled, rest, Object.entries(state).length];
  });
  const result = await numbers.add("look", look).execute([1]);

  assertEquals(dataOf(result), [
    `{"doubled":[2],"pairs":[[2]]}`,
    [2],
    { pairs: [[2]] },
    2,
  ]);
});

test("the state is one object for all stages of a run, which later outputs go into", async () => {
  const kept: object[] = [];
  const keep = createStep("keep", ({ state }: { input: unknown; state: Numbers }) => {
    kept.push(state);
    return [Object.keys(state)];
  });
  const pipeline = numbers.add("kept", keep).map("more", keep)
    .branch("either", (_input, state) => kept.push(state) > 0, keep, keep)
    .add("both", createParallel("both", [keep]));
  const result = await pipeline.execute([1, 2]);
  await pipeline.execute([5]);

  assertEquals(new Set(kept).size, 2);
  assertEquals(kept.map((state) => state === kept[0]), [
    ...Array(5).fill(true),
    ...Array(5).fill(false),
  ]);
  assertEquals(dataOf<unknown>(result), [[["doubled", "pairs", "kept", "more", "either"]]]);
  assertEquals(Object.keys(kept[0]!), ["doubled", "pairs", "kept", "more", "either", "both"]);
});

test("a step may write to its state, for the steps after it in that run", async () => {
  interface Notes extends Numbers {
    notes?: string[];
  }
  const seen: unknown[] = [];
  const write = (name: string) =>
    createStep(name, ({ input, state }: { input: unknown; state: Numbers }) => {
      ((state as Notes).notes ??= []).push(name);
      return [input];
    });
  const replace = createStep("replace", ({ state }: { input: unknown; state: Numbers }) => {
    (state as { doubled: number[] }).doubled = [0];
    return [1];
  });
  const look = createStep("look", ({ state }: { input: unknown; state: Numbers }) => {
    seen.push((state as Notes).notes, state.doubled);
    return 1;
  });
  const pipeline = numbers.add("first", write("first"))
    .map("second", write("second"))
    .branch("third", () => true, write("third"), write("third"))
    .add("fourth", createParallel("fourth", [write("fourth")]))
    .add("replaced", replace)
    .map("functions", (_item, _index, { state }) => {
      (state.accumulated as Numbers as Notes).notes!.push("function");
    })
    .add("look", look);
  for (const input of [[1], [2]]) await pipeline.execute(input);

  const notes = ["first", "second", "third", "fourth", "function"];
  assertEquals(seen, [notes, [0], notes, [0]]);
});

test("an output goes into the state when its stage has succeeded, not before", async () => {
  const seen: string[][] = [];
  let attempts = 0;
  const flaky = createStep("flaky", ({ state }: { input: unknown; state: object }) => {
    seen.push(Object.keys(state));
    if (++attempts < 3) throw coded("ECONNRESET");
    return 1;
  }, { retry: { maxAttempts: 3, backoffMs: 0 } });
  const look = createStep(
    "look",
    ({ state }: { input: unknown; state: object }) => Object.keys(state),
  );
  const result = await Pipeline.start<number>()
    .branch("either", () => true, flaky, flaky)
    .add("look", look)
    .execute(1);

  assertEquals(seen, [[], [], []]);
  assertEquals(dataOf(result), ["either"]);
});

test("a key called __proto__ is a key like any other", async () => {
  const plus = createStep("plus", ({ input }: { input: number }) => input + 1);
  const look = createStep("look", ({ state }: { input: number; state: object }) => [
    Object.entries(state),
    Object.getPrototypeOf(state) === Object.prototype,
  ]);
  const pipeline = Pipeline.start<number>().add("__proto__", plus).add("look", look);

  assertEquals(dataOf<unknown>(await pipeline.execute(1)), [[["__proto__", 2]], true]);
});

test("both sides of a branch and its condition have the state and the context", async () => {
  const seen: unknown[] = [];
  const side = createStep(
    "side",
    ({ state, context }: { input: unknown; state: Numbers; context: string }) =>
      void seen.push({ ...state }, context),
  );
  const pipeline = Pipeline.start<number[], string>(() => "the context")
    .map("doubled", (item) => item * 2)
    .batch("pairs", 2)
    .branch(
      "either",
      (input, state, context) => {
        seen.push(input, { ...state }, context);
        return input.length > 1;
      },
      side,
      side,
    );

  for (const input of [[1, 2, 3], [1]]) {
    await pipeline.execute(input);
    const pairs = input.length > 1 ? [[2, 4], [6]] : [[2]];
    const state = { doubled: pairs.flat(), pairs };
    assertEquals(seen.splice(0), [pairs, state, "the context", state, "the context"]);
  }
});

for (const { mode, options } of MODES) {
  test(`[defect] a step of a list has whole arrays in its state, ${mode}`, async () => {
    const look = createStep(
      "look",
      async ({ input, state }: { input: number[]; state: Numbers }) => {
        await undefined;
        return [input, state.doubled, state.pairs, Object.keys(state)];
      },
    );
    const result = await numbers.map("look", look, options).execute([1, 2, 3]);

    const [doubled, pairs, keys] = [[2, 4, 6], [[2, 4], [6]], ["doubled", "pairs"]];
    assertEquals(dataOf(result), pairs.map((pair) => [pair, doubled, pairs, keys]));
  });

  test(`[defect] a function of a list has whole arrays in its state, ${mode}`, async () => {
    const pipeline = numbers
      .map("mapped", async (pair, _, { state }) => {
        await undefined;
        return state.accumulated.doubled.length + pair.length;
      }, options)
      .flatMap("flat", (item, _, { state }) => [item, state.accumulated.mapped], options)
      .filter(
        "kept",
        (_item, index, { state }) => index === 1 && state.accumulated.flat.length === 4,
        options,
      );

    assertEquals(dataOf<unknown>(await pipeline.execute([1, 2, 3])), [[5, 4]]);
  });

  test(`hasSnapshot and materialize tell a function of whole values, ${mode}`, async () => {
    const result = await numbers.map("look", async (_pair, _, { state }) => [
      state.hasSnapshot("doubled"),
      state.hasSnapshot("later" as "doubled"),
      await state.materialize("doubled"),
    ], options).execute([1, 2, 3]);

    const told = [true, false, [[2, 4, 6]]];
    assertEquals(dataOf<unknown>(result), [told, told]);
  });
}

test("the value in the state is the value that came out, not a copy", async () => {
  const input = [1, 2];
  const result = await Pipeline.start<number[]>()
    .add("same", createStep("same", ({ input }: { input: number[] }) => input))
    .add(
      "look",
      createStep("look", ({ state }: { input: unknown; state: { same: number[] } }) => state.same),
    )
    .execute(input);

  assertStrictEquals(dataOf(result), input);
});

test("an output that is undefined is in the state as well", async () => {
  const nothing = createStep("nothing", () => undefined);
  const look = createStep(
    "look",
    ({ state }: { input: unknown; state: { nothing: undefined } }) =>
      "nothing" in state && state.nothing === undefined,
  );

  const pipeline = Pipeline.start<number>().add("nothing", nothing).add("look", look);
  assertEquals(dataOf(await pipeline.execute(1)), true);
});

test("keys that objects inherit are keys like any other", async () => {
  interface Odd {
    readonly constructor: number;
    readonly toString: number;
  }
  const look = createStep("look", ({ state }: { input: number; state: Odd }) => [
    state.constructor,
    state.toString,
    Object.keys(state),
  ]);
  const plus = createStep("plus", ({ input }: { input: number }) => input + 1);
  const pipeline = Pipeline.start<number>()
    .add("constructor", plus)
    .add("toString", plus)
    .add("look", look as never);

  assertEquals(dataOf<unknown>(await pipeline.execute(1)), [2, 3, ["constructor", "toString"]]);
});

test("[defect] the context is built once per execute, and is one for all", async () => {
  const built: object[] = [];
  const seen: unknown[] = [];
  const look = createStep(
    "look",
    ({ input, context }: { input: number; context: object }) => {
      seen.push(context);
      return input;
    },
  );
  const pipeline = Pipeline.start<number[], object>(() => {
    built.push({});
    return built.at(-1)!;
  })
    .map("steps", look, { parallel: true })
    .map("functions", (item, _, { context }) => (seen.push(context), item))
    .filter("filter", (_item, _index, { context }) => (seen.push(context), true));
  assertEquals(built.length, 0);

  await pipeline.execute([1, 2]);
  await pipeline.execute([3, 4]);

  assertEquals([built.length, seen.length], [2, 12]);
  assert(seen.slice(0, 6).every((context) => context === built[0]));
  assert(seen.slice(6).every((context) => context === built[1]));
});

test("without a context builder the context is an empty object, one per execute", async () => {
  const seen: unknown[] = [];
  const look = createStep("look", ({ input, context }: { input: number; context: unknown }) => {
    seen.push(context);
    return input;
  });
  const pipeline = Pipeline.start<number>()
    .add("step", look)
    .branch("either", (_input, _state, context) => seen.push(context) > 0, look, look)
    .add("both", createParallel("both", [look, look]))
    .map("steps", look)
    .map("functions", (item, _index, { context }) => (seen.push(context), item), {
      parallel: true,
    });

  await pipeline.execute(1);
  const first = seen.splice(0);
  await pipeline.execute(1);

  assertEquals(first, Array(9).fill({}));
  assertEquals([new Set(first).size, new Set([...first, ...seen]).size], [1, 2]);
});

test("a context builder that throws gives a failed result, and no step runs", async () => {
  const cause = coded("NO_DATABASE");
  let calls = 0;
  const pipeline = Pipeline.start<number[]>(() => {
    throw cause;
  }).map("stage", () => calls++);

  const result = await pipeline.execute([1]);

  assertEquals(errorOf(result).code, "NO_DATABASE");
  assertStrictEquals(errorOf(result).cause, cause);
  assertEquals([result.metadata.stepName, result.metadata.steps, calls], ["pipeline_start", [], 0]);
});
