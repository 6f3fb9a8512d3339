// What a registry is given, what it refuses, and what it gives back.

import { assertEquals, assertThrows } from "@std/assert";
import * as v from "valibot";
import { PipelineRegistry } from "../../../mod.ts";
import { test } from "../../harness.ts";
import { Documents, double, titles } from "./_registry.ts";

test("what was registered is found as it was given, with what was left out filled in", () => {
  const given = {
    name: "titles",
    description: "Lists titles",
    inputSchema: Documents,
    outputSchema: v.array(v.string()),
    pipeline: titles,
    contextBuilder: () => ({ user: "miller" }),
    tags: ["text"],
    examples: [{ input: { documents: [] }, description: "none" }],
    owner: "the mill",
  };
  const registry = new PipelineRegistry().register(given).register("bare", titles);

  assertEquals<unknown>(registry.get("titles"), given);
  const bare = registry.get("bare")!;
  assertEquals([bare.description, bare.tags, bare.examples], ["", [], []]);
  assertEquals([bare.contextBuilder(), bare.pipeline === titles], [{}, true]);
});

test("[L9] register refuses what it cannot use, and says why", () => {
  const registry = new PipelineRegistry().register("titles", titles);
  const given = (value: unknown) => value as never;
  const refusals: [() => unknown, string][] = [
    [
      () => registry.register("", titles),
      'Cannot register a pipeline: name must be a non-empty string, got ""',
    ],
    [
      () => registry.register(given(undefined)),
      "Cannot register a pipeline: name must be a non-empty string, got undefined",
    ],
    [
      () => registry.register(given(null)),
      "Cannot register a pipeline: registration must be an object, got null",
    ],
    [
      () => registry.register(given({ pipeline: titles })),
      "Cannot register a pipeline: name must be a non-empty string, got undefined",
    ],
    [
      () => registry.register("titles", titles),
      'Cannot register the pipeline "titles": its name must be new, but it is taken',
    ],
    [
      () => registry.register({ name: "titles", pipeline: titles }),
      'Cannot register the pipeline "titles": its name must be new, but it is taken',
    ],
    [
      () => registry.register("x", given({ execute() {} })),
      'Cannot register the pipeline "x": its pipeline must be a Pipeline or a StreamingPipeline, ' +
      "got an object",
    ],
    [
      () => registry.register("x", titles, given({ inputs: Documents })),
      'Cannot register the pipeline "x": unknown option "inputs"; it takes input, output, tags, ' +
      "description",
    ],
    [
      () => registry.register("x", titles, given({ input: {} })),
      'Cannot register the pipeline "x": inputSchema must be a Standard Schema validator, ' +
      "got an object",
    ],
    [
      () => registry.register({ name: "x", pipeline: titles, outputSchema: given(5) }),
      'Cannot register the pipeline "x": outputSchema must be a Standard Schema validator, got 5',
    ],
    [
      () => registry.register({ name: "x", pipeline: titles, contextBuilder: given({}) }),
      'Cannot register the pipeline "x": contextBuilder must be a function, got an object',
    ],
    [
      () => registry.register({ name: "x", pipeline: titles, description: given(5) }),
      'Cannot register the pipeline "x": description must be a string, got 5',
    ],
    [
      () => registry.register({ name: "x", pipeline: titles, examples: given({}) }),
      'Cannot register the pipeline "x": examples must be an array, got an object',
    ],
    [
      () => registry.register("x", titles, given({ tags: "text" })),
      'Cannot register the pipeline "x": tags must be an array of strings, got "text"',
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
  const inputSchema = v.object({ pages: v.number() });
  // @ts-expect-error -- the pipeline reads documents
  registry.register({ name: "other", pipeline: titles, inputSchema });
  assertEquals(registry.getAll().length, 3);
});
