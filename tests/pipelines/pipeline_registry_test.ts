import { assert, assertEquals, assertThrows } from "@std/assert";
import * as v from "valibot";
import {
  createStep,
  Pipeline,
  PipelineRegistry,
  type StandardSchema,
  StreamingPipeline,
} from "../../mod.ts";
import { test } from "../harness.ts";

const Documents = v.object({
  documents: v.array(v.object({ title: v.string(), pages: v.number() })),
});
type Documents = v.InferOutput<typeof Documents>;

const titles = Pipeline.start<Documents>()
  .add("titles", createStep("titles", ({ input }) => input.documents.map(({ title }) => title)));
const double = StreamingPipeline.start<number>().map("doubled", (number) => number * 2);

test("a registered pipeline runs by its name", async () => {
  const registry = new PipelineRegistry();
  registry.register("titles", titles, { input: Documents });

  const result = await registry.execute("titles", { documents: [{ title: "Mills", pages: 7 }] });

  assert(result.success);
  assertEquals(result.data, ["Mills"]);
  assertEquals(result.metadata.stepName, "pipeline_complete");
});

test("a registered streaming pipeline reads a source and gives an array", async () => {
  const registry = new PipelineRegistry();
  registry.register("double", double, { output: v.array(v.number()) });

  const result = await registry.execute("double", new Set([1, 2, 3]));

  assert(result.success);
  assertEquals(result.data, [2, 4, 6]);
  assertEquals(result.metadata.stepName, "double");
});

test("an input that is not valid is a failed result that says where, and nothing runs", async () => {
  let runs = 0;
  const registry = new PipelineRegistry();
  const counting = Pipeline.start<Documents>()
    .add("count", createStep("count", () => ++runs));
  registry.register("count", counting, { input: Documents });

  const result = await registry.execute("count", {
    documents: [{ title: "Mills", pages: 7 }, { title: 3, pages: 1 }],
  });

  assert(!result.success);
  assertEquals(result.error.code, "INVALID_INPUT");
  assert(
    result.error.message.startsWith(
      'The input of pipeline "count" is not valid: at documents[1].title: ',
    ),
    result.error.message,
  );
  assertEquals((result.error.cause as unknown[]).length, 1);
  assertEquals([result.error.retryable, runs], [false, 0]);
});

test("an output that is not valid is a failed result", async () => {
  const registry = new PipelineRegistry();
  registry.register("double", double, { output: v.pipe(v.array(v.number()), v.maxLength(2)) });

  const result = await registry.execute("double", [1, 2, 3]);

  assert(!result.success);
  assertEquals(result.error.code, "INVALID_OUTPUT");
  assert(result.error.message.startsWith('The output of pipeline "double" is not valid: '));
});

test("a message names three issues and counts the others; the cause has all", async () => {
  const issues = [1, 2, 3, 4, 5].map((place) => ({
    message: "is odd",
    path: [{ key: "list" }, place],
  }));
  const registry = new PipelineRegistry();
  registry.register("double", double, { input: schemaOf(() => ({ issues })) });

  const result = await registry.execute("double", []);

  assert(!result.success);
  assertEquals(
    result.error.message,
    'The input of pipeline "double" is not valid: at list[1]: is odd; at list[2]: is odd; ' +
      "at list[3]: is odd; and 2 more",
  );
  assertEquals(result.error.cause, issues);
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
    const registry = new PipelineRegistry();
    registry.register("input", double, { input: schemaOf(validate) });
    registry.register("output", double, { output: schemaOf(validate) });

    const [input, output] = [
      await registry.execute("input", [1]),
      await registry.execute("output", [1]),
    ];
    assert(!input.success && !output.success);
    assertEquals([input.error.code, output.error.code], ["INVALID_INPUT", "INVALID_OUTPUT"]);
    assertEquals([input.error.cause, output.error.cause], [thrown, thrown]);
    assertEquals(
      input.error.message,
      'The input of pipeline "input" is not valid: its validator threw',
    );
  }
});

test("what the schemas make of a value takes its place, and they may be asynchronous", async () => {
  const registry = new PipelineRegistry();
  registry.register("double", double, {
    input: schemaOf((value) =>
      Promise.resolve({ value: (value as string).split(",").map(Number) })
    ),
    output: schemaOf((value) => ({ value: (value as number[]).join() })),
  });

  const result = await registry.execute("double", "1,2");

  assert(result.success);
  assertEquals(result.data, "2,4");
});

test("a failure of the pipeline comes back as it is, from either kind", async () => {
  const cause = Object.assign(new Error("no quota left"), { code: "RATE_LIMIT" });
  const fail = () => {
    throw cause;
  };
  const registry = new PipelineRegistry();
  registry.register("batch", Pipeline.start<number>().add("ask", createStep("ask", fail)));
  registry.register("streaming", StreamingPipeline.start<number>().map("ask", fail));

  for (const name of ["batch", "streaming"]) {
    const result = await registry.execute(name, 1);
    assert(!result.success);
    const { code, message, retryable } = result.error;
    assertEquals([code, message, retryable], ["RATE_LIMIT", "no quota left", true]);
    assertEquals(result.error.cause, cause);
  }
});

test("a run by name is aborted with its signal", async () => {
  const registry = new PipelineRegistry();
  const never = () => new Promise<number>(() => {});
  registry.register("streaming", StreamingPipeline.start<number>().map("wait", never));
  registry.register("batch", Pipeline.start<number[]>().map("wait", never));
  const reason = new DOMException("no longer wanted", "AbortError");

  for (const name of ["batch", "streaming"]) {
    const controller = new AbortController();
    const running = registry.execute(name, [1], { signal: controller.signal, closeTimeoutMs: 0 });
    controller.abort(reason);
    const result = await running;
    assert(!result.success);
    assertEquals([result.error.code, result.error.cause], ["AbortError", reason]);
  }
});

test("a name that is not there is a failed result that names those that are", async () => {
  const registry = new PipelineRegistry();
  const none = await registry.execute("titel", []);
  registry.register("titles", titles);
  const other = await registry.execute("titel", []);

  assert(!none.success && !other.success);
  assertEquals(none.error.message, 'There is no pipeline "titel"; there are: none');
  assertEquals(other.error.code, "PIPELINE_NOT_FOUND");
  assertEquals(other.error.message, 'There is no pipeline "titel"; there are: "titles"');
});

test("pipelines are found by name and by all of the tags", () => {
  const registry = new PipelineRegistry();
  registry.register("titles", titles, { tags: ["text", "small"], description: "Lists titles" });
  registry.register("double", double, { tags: ["small"] });

  const names = (tags: string[]) => registry.getByTags(tags).map(({ name }) => name);
  assertEquals([registry.has("titles"), registry.has("other")], [true, false]);
  assertEquals(registry.get("titles")?.pipeline, titles);
  assertEquals(registry.get("titles")?.description, "Lists titles");
  assertEquals(registry.get("other"), undefined);
  assertEquals(registry.getAll().map(({ name }) => name), ["titles", "double"]);
  assertEquals([names(["small"]), names(["small", "text"])], [["titles", "double"], ["titles"]]);
  assertEquals(names(["large"]), []);
});

test("[L9] register refuses what it cannot use, and says why", () => {
  const registry = new PipelineRegistry();
  registry.register("titles", titles);
  const given = (value: unknown) => value as never;
  const refusals: [() => void, string][] = [
    [
      () => registry.register("", titles),
      'Cannot register a pipeline: name must be a non-empty string, got ""',
    ],
    [
      () => registry.register("titles", titles),
      'Cannot register pipeline "titles": the name must be new, but it is taken',
    ],
    [
      () => registry.register("x", given({ execute() {} })),
      'Cannot register pipeline "x": its pipeline must be a Pipeline or a StreamingPipeline, ' +
      "got an object",
    ],
    [
      () => registry.register("x", titles, given({ inputs: Documents })),
      'Cannot register pipeline "x": unknown option "inputs"; it takes input, output, tags, ' +
      "description",
    ],
    [
      () => registry.register("x", titles, given({ input: {} })),
      'Cannot register pipeline "x": input must be a Standard Schema validator, got an object',
    ],
    [
      () => registry.register("x", titles, given({ tags: "text" })),
      'Cannot register pipeline "x": tags must be an array of strings, got "text"',
    ],
  ];
  for (const [register, message] of refusals) assertThrows(register, TypeError, message);
  assertEquals(registry.getAll().length, 1);
});

test("a schema of other values than the pipeline's does not compile", () => {
  const registry = new PipelineRegistry();
  // @ts-expect-error -- the pipeline reads documents
  registry.register("titles", titles, { input: v.object({ pages: v.number() }) });
  // @ts-expect-error -- the items of the pipeline are numbers
  registry.register("double", double, { output: v.array(v.string()) });
  assertEquals(registry.getAll().length, 2);
});

function schemaOf(
  validate: StandardSchema["~standard"]["validate"],
): StandardSchema<never, never> {
  return { "~standard": { version: 1, vendor: "test", validate } } as StandardSchema<never, never>;
}
