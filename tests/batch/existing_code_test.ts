// Small programs as they were written for the existing pipeline. None of them may have to change: an
// assertion here is what such a program relies on. tests/types/existing_code_test.ts has those that
// only have to compile.

import { assert, assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import * as v from "valibot";
import {
  createParallel,
  createStep,
  createTransform,
  Pipeline,
  PipelineRegistry,
  type Step,
} from "../../mod.ts";
import { test } from "../harness.ts";
import { describe, divide } from "./_existing.ts";

const metadata = { stepName: "by hand", startTime: 0, endTime: 0, durationMs: 0 };

test("a chain of steps that look back at earlier outputs", async () => {
  const pipeline = Pipeline.start<string>()
    .add(
      "words",
      createStep<string, string[]>("split", async ({ input }) => await input.split(" ")),
    )
    .add(
      "count",
      createStep<string[], number, { words: string[] }>("count", async ({ input }) => {
        return await input.length;
      }),
    )
    .add(
      "report",
      createStep<number, string, { words: string[]; count: number }>(
        "report",
        async ({ input, state }) => await `${state.words.join("+")} = ${input} = ${state.count}`,
      ),
    );

  const result = await pipeline.execute("mill race");

  assertEquals(result.success && result.data, "mill+race = 2 = 2");
  assertEquals(result.metadata.stepName, "pipeline_complete");
});

test("a chain of list methods, with steps written inline", async () => {
  const result = await Pipeline.start<string[]>()
    .add("lines", createStep("lines", async ({ input }) => await input))
    .flatMap(
      "words",
      createStep("split", async ({ input }: { input: string }) => {
        return await input.split(" ");
      }),
    )
    .map(
      "loud",
      createStep("upper", async ({ input }: { input: string }) => await input.toUpperCase()),
      { parallel: true, concurrencyLimit: 2 },
    )
    .filter("long", async (word, index) => await (word.length > 3 && index >= 0))
    .batch("pairs", 2)
    .flatten("again")
    .add(
      "total",
      createStep("total", async ({ input, state }) => {
        return await [state.lines.length, state.words.length, state.pairs.length, input.length];
      }),
    )
    .execute(["the mill", "a race turns"]);

  assertEquals(result.success && result.data, [2, 5, 2, 3]);
});

test("a step written by hand: it answers, refuses, throws", async () => {
  const hand: Step<number, number> = {
    name: "by hand",
    execute: async ({ input }) => {
      if (input === 1) throw new Error("one");
      if (input === 2) throw "two";
      const error = { code: "REFUSED", message: "closed", retryable: false };
      if (input === 3) return { success: false, error, metadata };
      return await { success: true, data: input * 2, metadata };
    },
  };
  const value = Pipeline.start<number>().add("a", hand);
  const branch = Pipeline.start<number>().branch("a", (input) => input < 9, hand, divide);

  assertEquals(
    [await value.execute(1), await value.execute(2), await value.execute(3)].map(describe),
    [
      "by hand: UNHANDLED_ERROR: one",
      "by hand: UNHANDLED_ERROR: two",
      "by hand: REFUSED: closed",
    ],
  );
  assertEquals(describe(await branch.execute(1)), "branch(by hand|divide): UNHANDLED_ERROR: one");
  const result = await branch.execute(4);
  assertEquals(result.success && result.data, 8);
});

test("what is thrown that is no error is the message, and the cause", async () => {
  const thrown = ["disk full", 42, null, undefined, true, { message: "no route" }];
  for (const each of thrown) {
    const fail = createStep<number, number>("fail", () => {
      throw each;
    });
    const result = await Pipeline.start<number>().add("a", fail).execute(1);

    assert(!result.success);
    const { code, message, cause, retryable } = result.error;
    assertEquals([code, retryable], ["STEP_ERROR", false]);
    assertEquals(message, typeof each === "object" && each ? each.message : String(each));
    assertStrictEquals(cause, each);
  }
});

test("retry that a step is given when it is made, or afterwards", async () => {
  let attempts = 0;
  const ask = async () => {
    if (++attempts < 3) throw Object.assign(new Error("slow"), { code: "ETIMEDOUT" });
    return await attempts;
  };
  const retry = { maxAttempts: 5, backoffMs: 0, retryableErrors: ["ETIMEDOUT"] };
  const made = createStep<string, number>("ask", ask, { retry });
  const changed = createStep<string, number>("ask", ask);
  changed.retry = { maxAttempts: 3, backoffMs: 0 };
  changed.retry.retryableErrors = ["ETIMEDOUT"];
  const shorter = createStep<string, number>("ask", ask, { retry: { ...retry } });
  shorter.retry!.maxAttempts = 2;

  for (const [step, outcome] of [[made, 3], [changed, 3], [shorter, "ETIMEDOUT"]] as const) {
    attempts = 0;
    const result = await Pipeline.start<string>().add("asked", step).execute("mill");
    assertEquals(result.success ? result.data : result.error.code, outcome);
  }
});

test("several steps on one input", async () => {
  const length = createTransform("length", (text: string) => text.length);
  const words = createStep<string, string[]>("words", async ({ input }) => await input.split(" "));
  const both = createParallel("both", [length, words]);
  const none = createParallel<string, []>("none", []);
  const pipeline = Pipeline.start<string>()
    .add("both", both)
    .add(
      "label",
      createTransform("label", ([count, list]: [number, string[]]) => {
        return `${count} ${list.length}`;
      }),
    );

  const result = await pipeline.execute("mill race");
  assertEquals(result.success && result.data, "9 2");
  const empty = await none.execute({ input: "mill", state: {}, context: {} });
  assertEquals(empty.success && empty.data, []);
});

test("a context, from a builder or without one", async () => {
  interface Services {
    readonly user?: string;
  }
  const greet = createStep<string, string, unknown, Services>(
    "greet",
    async ({ input, context }) => {
      return await `${input} ${context.user ?? "nobody"}`;
    },
  );
  const run = (pipeline: Pipeline<string, string, object, Services>) => pipeline.execute("hello");
  const build = () => ({ user: "miller" });

  const bare = await run(Pipeline.start<string, Services>().add("g", greet));
  const built = await run(Pipeline.start<string, Services>(build).add("g", greet));
  const branched = await run(
    Pipeline.start<string, Services>().branch("g", (_, __, { user }) => !user, greet, greet),
  );
  assertEquals([bare, built, branched].map((result) => result.success && result.data), [
    "hello nobody",
    "hello miller",
    "hello nobody",
  ]);
});

test("a step leaves something in the state for those after it", async () => {
  const count = createStep<number[], number[], { seen?: number }>(
    "count",
    async ({ input, state }) => {
      state.seen = (state.seen ?? 0) + input.length;
      return await input;
    },
  );
  const look = createStep<number[], number | undefined, { seen?: number }>(
    "look",
    async ({ state }) => await state.seen,
  );
  // Its key is not in the type of the state.
  const pipeline = (Pipeline.start<number[]>() as Pipeline<number[], number[], { seen?: number }>)
    .add("first", count)
    .add("second", count)
    .add("seen by the end", look);

  const results = [await pipeline.execute([1, 2]), await pipeline.execute([3])];
  assertEquals(results.map((result) => result.success && result.data), [4, 2]);
});

test("results that a program completes and hands on", async () => {
  const result = await Pipeline.start<number[]>().map("divided", divide).execute([1, 0]);
  result.metadata.traceId = "trace of the caller";
  result.metadata.listMetadata!.skippedCount += 1;
  if (!result.success) result.error.message += "; see the log";

  const { traceId, listMetadata } = result.metadata;
  assertEquals([traceId, listMetadata?.skippedCount], ["trace of the caller", 1]);
  assertEquals(describe(result), "divide_list: STEP_ERROR: division by zero; see the log");
});

test("a registry that a server calls", async () => {
  const builder = () => ({ factor: 3 });
  const scale = createStep<number, number, unknown, { factor: number }>(
    "scale",
    async ({ input, context }) => {
      if (input < 0) throw new Error("below zero");
      return await input * context.factor;
    },
  );
  const pipeline = Pipeline.start<number, { factor: number }>(builder).add("scaled", scale);
  const entry = {
    name: "scale",
    description: "scales a number",
    inputSchema: v.number(),
    outputSchema: v.number(),
    pipeline,
    contextBuilder: builder,
    tags: ["math", "nightly"],
    examples: [{ input: 2, description: "two" }],
  };
  const registry = new PipelineRegistry();

  assertStrictEquals(registry.register(entry), registry);
  assertThrows(() => registry.register(entry));
  assertEquals([registry.has("scale"), registry.has("other")], [true, false]);
  assertEquals(registry.get("scale")?.description, "scales a number");
  assertEquals(registry.getAll().map(({ name, tags }) => [name, tags]), [
    ["scale", ["math", "nightly"]],
  ]);
  assertEquals([["math", "text"], ["text"], []].map((tags) => registry.getByTags(tags).length), [
    1,
    0,
    0,
  ]);
  const answers = [
    await registry.execute<number, number>("scale", 2),
    await registry.execute("scale", -1),
    await registry.execute("scale", "two"),
    await registry.execute("other", 1),
  ];
  assertEquals(answers[0], { success: true, data: 6 });
  assertEquals(answers.map(({ success, error }) => [success, typeof error]), [
    [true, "undefined"],
    [false, "string"],
    [false, "string"],
    [false, "string"],
  ]);
  assertEquals(answers[1]!.error, "below zero");
});
