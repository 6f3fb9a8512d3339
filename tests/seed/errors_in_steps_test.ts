// The document's "Basic Streaming Step" and "Error Handling in Steps": what a step can do about a
// failure by itself.

import { assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { createStreamingStep, StreamingError, StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import { Printer } from "./_seed.ts";

type Input = number;

interface Output {
  readonly doubled: number;
}

interface ErrorItem {
  readonly error: true;
  readonly message: string;
}

const FAILURE = new Error("odd");

/** Fails for odd numbers. */
async function processItem(item: Input): Promise<Output> {
  if (await item % 2 === 1) throw FAILURE;
  return { doubled: item * 2 };
}

test("a step reads files and skips those that it cannot read", async () => {
  const console = new Printer();
  const files = new Map([["a.md", "A"], ["c.md", "C"]]);
  const notFound = new Error("not found");
  const readFile = async (path: string): Promise<string> => {
    const content = await files.get(path);
    if (content === undefined) throw notFound;
    return content;
  };
  const readFilesStep = createStreamingStep<string, string>(
    "readFiles",
    async function* ({ input }) {
      // input is an async generator of file paths
      for await (const path of input) {
        try {
          const content = await readFile(path);
          yield content;
        } catch (error) {
          console.warn(`Error reading ${path}:`, error);
          // Skip failed files
        }
      }
    },
  );
  const pipeline = StreamingPipeline.start<string>().add("contents", readFilesStep);

  assertEquals(await pipeline.executeToArray(["a.md", "b.md", "c.md"]), ["A", "C"]);
  assertEquals(console.lines, [["Error reading b.md:", notFound]]);
});

test("option 1: skip and log", async () => {
  const console = new Printer();
  const robustStep = createStreamingStep<Input, Output>(
    "robustStep",
    async function* ({ input }) {
      for await (const item of input) {
        try {
          const result = await processItem(item);
          yield result;
        } catch (error) {
          // Option 1: Skip and log
          console.warn(`Failed to process item:`, error);
          continue;
        }
      }
    },
  );
  const pipeline = StreamingPipeline.start<Input>().map("robust", robustStep);

  assertEquals(await pipeline.executeToArray([2, 3, 4]), [{ doubled: 4 }, { doubled: 8 }]);
  assertEquals(console.lines, [["Failed to process item:", FAILURE]]);
});

test("option 2: yield an error item", async () => {
  const robustStep = createStreamingStep<Input, Output | ErrorItem>(
    "robustStep",
    async function* ({ input }) {
      for await (const item of input) {
        try {
          const result = await processItem(item);
          yield result;
        } catch (error) {
          // Option 2: Yield error item
          yield { error: true, message: (error as Error).message };
        }
      }
    },
  );
  const pipeline = StreamingPipeline.start<Input>()
    .map("robust", robustStep)
    .filter("failed", (item): item is ErrorItem => "error" in item);

  assertEquals(await pipeline.executeToArray([2, 3, 4]), [{ error: true, message: "odd" }]);
});

test("option 3: throw", async () => {
  const robustStep = createStreamingStep<Input, Output>(
    "robustStep",
    async function* ({ input }) {
      for await (const item of input) {
        try {
          const result = await processItem(item);
          yield result;
        } catch (error) {
          // Option 3: Throw (let retry/error strategy handle it)
          throw error;
        }
      }
    },
  );
  const pipeline = StreamingPipeline.start<Input>().map("robust", robustStep);
  const results: Output[] = [];
  let failure: unknown;

  try {
    for await (const result of pipeline.execute([2, 3, 4])) results.push(result);
  } catch (error) {
    failure = error;
  }

  assertEquals(results, [{ doubled: 4 }]);
  assertInstanceOf(failure, StreamingError);
  assertStrictEquals(failure.cause, FAILURE);
  assertEquals(
    [failure.key, failure.stepName, failure.itemIndex, failure.item],
    ["robust", "robustStep", 1, 3],
  );
});
