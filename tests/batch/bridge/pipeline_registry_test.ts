import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import * as v from "valibot";
import {
  createStep,
  Pipeline,
  PipelineRegistry,
  type RegistryResult,
  type StandardSchema,
  type StepError,
  StreamingPipeline,
} from "../../../mod.ts";
import { test } from "../../harness.ts";
import { Documents, double, titles } from "./_registry.ts";
import { HOSTILE_VALUES } from "../../support/hostile_values.ts";

/** A validator that does what `validate` does. */
function schemaOf(
  validate: StandardSchema["~standard"]["validate"],
): StandardSchema<never, never> {
  return { "~standard": { version: 1, vendor: "test", validate } } as StandardSchema<never, never>;
}

function failureOf(result: RegistryResult<unknown>): StepError {
  assert(!result.success);
  assertEquals(Object.keys(result).sort(), ["error", "failure", "success"]);
  assertEquals(result.error, result.failure.message);
  return result.failure;
}

test("a registered pipeline runs by its name", async () => {
  const registry = new PipelineRegistry().register({
    name: "titles",
    description: "Lists titles",
    inputSchema: Documents,
    outputSchema: v.array(v.string()),
    pipeline: titles,
    contextBuilder: () => ({}),
  });

  const result = await registry.execute("titles", { documents: [{ title: "Mills", pages: 7 }] });

  assertEquals(result, { success: true, data: ["Mills"] });
});

test("a registered streaming pipeline reads a source and gives an array", async () => {
  const registry = new PipelineRegistry()
    .register("short", double, { output: v.array(v.number()) })
    .register({ name: "long", pipeline: double, outputSchema: v.array(v.number()) });

  for (const name of ["short", "long"]) {
    const result = await registry.execute(name, new Set([1, 2, 3]));
    assertEquals(result, { success: true, data: [2, 4, 6] });
    const batch = await registry.get(name)!.pipeline.execute([4]);
    assertEquals(batch.success && batch.data, [8]);
  }
});

test("an input that is not valid is a failed result that says where, and nothing runs", async () => {
  let runs = 0;
  const counting = Pipeline.start<Documents>()
    .add("count", createStep("count", () => ++runs));
  const registry = new PipelineRegistry().register("count", counting, { input: Documents });

  const result = await registry.execute("count", {
    documents: [{ title: "Mills", pages: 7 }, { title: 3, pages: 1 }],
  });

  const { code, message, cause, retryable } = failureOf(result);
  assertEquals(code, "INVALID_INPUT");
  assert(
    message.startsWith('The input of pipeline "count" is not valid: at documents[1].title: '),
    message,
  );
  assertEquals((cause as unknown[]).length, 1);
  assertEquals([retryable, runs], [false, 0]);
});

test("an output that is not valid is a failed result", async () => {
  const output = v.pipe(v.array(v.number()), v.maxLength(2));
  const registry = new PipelineRegistry().register("double", double, { output });

  const { code, message } = failureOf(await registry.execute("double", [1, 2, 3]));

  assertEquals(code, "INVALID_OUTPUT");
  assert(message.startsWith('The output of pipeline "double" is not valid: '));
});

test("a message names three issues and counts the others; the cause has all", async () => {
  const issues = [1, 2, 3, 4, 5].map((place) => ({
    message: "is odd",
    path: [{ key: "list" }, place],
  }));
  const registry = new PipelineRegistry()
    .register("double", double, { input: schemaOf(() => ({ issues })) });

  const { message, cause } = failureOf(await registry.execute("double", []));

  assertEquals(
    message,
    'The input of pipeline "double" is not valid: at list[1]: is odd; at list[2]: is odd; ' +
      "at list[3]: is odd; and 2 more",
  );
  assertEquals(cause, issues);
});

test("a validator that throws, or rejects, is a failed result with what it threw", async () => {
  const thrown = new Error("no such table");
  const breaks = [
    () => {
      throw thrown;
    },
    () => Promise.reject(thrown),
  ];
  for (const validate of breaks) {
    const registry = new PipelineRegistry()
      .register("input", double, { input: schemaOf(validate) })
      .register("output", double, { output: schemaOf(validate) });

    const input = failureOf(await registry.execute("input", [1]));
    const output = failureOf(await registry.execute("output", [1]));
    assertEquals([input.code, output.code], ["INVALID_INPUT", "INVALID_OUTPUT"]);
    assertEquals([input.cause, output.cause], [thrown, thrown]);
    assertEquals(
      input.message,
      'The input of pipeline "input" is not valid: its validator threw',
    );
  }
});

test("execute never throws, whatever validators, steps and callers do", async () => {
  const answers = [undefined, null, 5, { issues: 5 }, { issues: [null] }];
  for (const answer of answers) {
    const registry = new PipelineRegistry()
      .register("double", double, { input: schemaOf(() => answer as never) });
    assertEquals((await registry.execute("double", [1])).success, false);
  }
  for (const create of Object.values(HOSTILE_VALUES)) {
    const fails = createStep("fails", () => {
      throw create();
    });
    const registry = new PipelineRegistry()
      .register("step", Pipeline.start<number>().add("fails", fails))
      .register("schema", double, {
        input: schemaOf(() => {
          throw create();
        }),
      });
    failureOf(await registry.execute("step", 1));
    failureOf(await registry.execute("schema", [1]));
  }
  const registry = new PipelineRegistry().register("double", double);
  const { message } = failureOf(await registry.execute("double", [1], { signal: 5 } as never));
  assert(message.startsWith("Cannot execute: signal must be"), message);
});

test("what the schemas make of a value takes its place, and they may be asynchronous", async () => {
  const registry = new PipelineRegistry().register("double", double, {
    input: schemaOf((value) =>
      Promise.resolve({ value: (value as string).split(",").map(Number) })
    ),
    output: schemaOf((value) => ({ value: (value as number[]).join() })),
  });

  assertEquals(await registry.execute("double", "1,2"), { success: true, data: "2,4" });
});

test("a failure of the pipeline comes back as it is, from either kind", async () => {
  const cause = Object.assign(new Error("no quota left"), { code: "RATE_LIMIT" });
  const fail = () => {
    throw cause;
  };
  const registry = new PipelineRegistry()
    .register("batch", Pipeline.start<number>().add("ask", createStep("ask", fail)))
    .register("streaming", StreamingPipeline.start<number>().map("ask", fail));

  for (const name of ["batch", "streaming"]) {
    const { code, message, retryable, cause: told } = failureOf(await registry.execute(name, 1));
    assertEquals([code, message, retryable], ["RATE_LIMIT", "no quota left", true]);
    assertStrictEquals(told, cause);
  }
});

test("a run by name is aborted with its signal", async () => {
  const never = () => new Promise<number>(() => {});
  const registry = new PipelineRegistry()
    .register("streaming", StreamingPipeline.start<number>().map("wait", never))
    .register("batch", Pipeline.start<number[]>().map("wait", never));
  const reason = new DOMException("no longer wanted", "AbortError");

  for (const name of ["batch", "streaming"]) {
    const controller = new AbortController();
    const running = registry.execute(name, [1], { signal: controller.signal, closeTimeoutMs: 0 });
    controller.abort(reason);
    const { code, cause } = failureOf(await running);
    assertEquals([code, cause], ["AbortError", reason]);
  }
});

test("a name that is not there is a failed result that names those that are", async () => {
  const registry = new PipelineRegistry();
  const none = failureOf(await registry.execute("titel", []));
  registry.register("titles", titles);
  const other = failureOf(await registry.execute("titel", []));

  assertEquals(none.message, "Pipeline not found: titel; there are: none");
  assertEquals(other.code, "PIPELINE_NOT_FOUND");
  assertEquals(other.message, 'Pipeline not found: titel; there are: "titles"');
});

test("pipelines are found by name and by any of the tags", () => {
  const registry = new PipelineRegistry()
    .register("titles", titles, { tags: ["text", "small"], description: "Lists titles" })
    .register({ name: "double", pipeline: double, tags: ["small"] })
    .register("other", titles);

  const names = (tags: string[]) => registry.getByTags(tags).map(({ name }) => name);
  assertEquals([registry.has("titles"), registry.has("titel")], [true, false]);
  assertStrictEquals(registry.get("titles")?.pipeline as unknown, titles);
  assertEquals(registry.get("titles")?.description, "Lists titles");
  assertEquals(registry.get("titel"), undefined);
  assertEquals(registry.getAll().map(({ name }) => name), ["titles", "double", "other"]);
  assertEquals(names(["small"]), ["titles", "double"]);
  assertEquals(names(["text", "large"]), ["titles"]);
  assertEquals([names(["large"]), names([])], [[], []]);
});

test("the registered builder builds the context where the pipeline has none of its own", async () => {
  const who = createStep(
    "who",
    ({ context }: { input: number; context: { user?: string } }) => context.user ?? "nobody",
  );
  const own = () => ({ user: "own" });
  const contextBuilder = () => ({ user: "registered" });
  const run = async (pipeline: Pipeline<number, string, unknown, { user?: string }>) => {
    const bare = await new PipelineRegistry().register({ name: "who", pipeline }).execute("who", 1);
    const given = await new PipelineRegistry()
      .register({ name: "who", pipeline, contextBuilder })
      .execute("who", 1);
    return [bare.data, given.data];
  };

  assertEquals(await run(Pipeline.start<number, { user?: string }>().add("who", who)), [
    "nobody",
    "registered",
  ]);
  assertEquals(await run(Pipeline.start<number, { user?: string }>(own).add("who", who)), [
    "own",
    "own",
  ]);
});
