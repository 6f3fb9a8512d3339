// As existing_code_test.ts: a longer program as it was written for the existing batch pipeline: names, arguments and shapes are its.

import { assert, assertEquals } from "@std/assert";
import { createStep, ListErrorStrategy, Pipeline, type Step, type StepResult } from "../../mod.ts";
import { test } from "../harness.ts";
import { dataOf } from "./_helpers.ts";

interface Page {
  readonly url: string;
  readonly text: string;
}

interface Services {
  readonly pages: ReadonlyMap<string, string>;
  readonly embed: (text: string) => Promise<number[]>;
}

const PAGES = new Map([
  ["a", "water turns the wheel"],
  ["b", "the wheel turns the stone"],
  ["c", ""],
]);

const fetchPage = createStep<string, Page, unknown, Services>(
  "fetchPage",
  async ({ input, context }) => {
    const text = await Promise.resolve(context.pages.get(input));
    if (text === undefined) throw Object.assign(new Error(`no page ${input}`), { code: "NO_PAGE" });
    return { url: input, text };
  },
  { retry: { maxAttempts: 2, backoffMs: 0, retryableErrors: ["ETIMEDOUT"] } },
);

const split: Step<Page, string[]> = {
  name: "split",
  async execute({ input }) {
    const startTime = Date.now();
    const data = await Promise.resolve(input.text.split(" "));
    return {
      success: true,
      data,
      metadata: { stepName: "split", startTime, endTime: Date.now(), durationMs: 0 },
    };
  },
};

class EmbedStep implements Step<string[], number[][], { words: string[] }, Services> {
  readonly name = "embed";
  readonly retry = { maxAttempts: 3, backoffMs: 1 };

  async execute(
    { input, context }: { input: string[]; state: { words: string[] }; context: Services },
  ): Promise<StepResult<number[][]>> {
    const data: number[][] = [];
    for (const text of input) data.push(await context.embed(text));
    return {
      success: true,
      data,
      metadata: { stepName: this.name, startTime: 0, endTime: 0, durationMs: 0 },
    };
  }
}

const summarise = createStep(
  "summarise",
  async ({ input, state }: {
    input: number[][];
    state: { pages: Page[]; words: string[]; vectors: number[][] };
  }): Promise<string> =>
    await `${state.pages.length} pages, ${state.words.length} words, ${input.length} vectors`,
);

const noSummary = createStep(
  "noSummary",
  async (_: { input: number[][] }): Promise<string> => await "nothing to say",
);

function createServices(): Services {
  return { pages: PAGES, embed: async (text) => await [text.length] };
}

function createPipeline() {
  return Pipeline.start<string[], Services>(createServices)
    .map("pages", fetchPage, {
      parallel: true,
      concurrencyLimit: 2,
      errorStrategy: ListErrorStrategy.SKIP_FAILED,
    })
    .filter("full", (page, index) => page.text !== "" && index >= 0)
    .flatMap("words", split)
    .filter("long", async (word) => await Promise.resolve(word.length > 3))
    .batch("batches", 2)
    .map("vectorBatches", new EmbedStep(), { parallel: true })
    .flatten("vectors")
    .branch(
      "summary",
      (vectors, state, context) =>
        vectors.length > 0 && state.words.length > 0 && context.pages.size > 0,
      summarise,
      noSummary,
    );
}

test("a program written for the existing pipeline gives what it gave", async () => {
  const result = await createPipeline().execute(["a", "missing", "b", "c"]);

  assert(result.success);
  assertEquals(result.data, "3 pages, 9 words, 6 vectors");
  assertEquals(result.metadata.stepName, "pipeline_complete");
});

test("the other side of a branch runs where the condition does not hold", async () => {
  assertEquals(dataOf(await createPipeline().execute(["c"])), "nothing to say");
});

test("[L8] one pipeline runs many times, at the same time too", async () => {
  const pipeline = createPipeline();

  const results = await Promise.all(
    [["a"], ["b"], ["c"], ["a", "b"]].map((urls) => pipeline.execute(urls)),
  );

  assertEquals(results.map(dataOf), [
    "1 pages, 4 words, 3 vectors",
    "1 pages, 5 words, 3 vectors",
    "nothing to say",
    "2 pages, 9 words, 6 vectors",
  ]);
});
