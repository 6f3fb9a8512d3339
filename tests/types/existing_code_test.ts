// Declarations as they were written for the existing pipeline: they compile as they are.

import { assert, assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import * as v from "valibot";
import {
  type AddToState,
  createBatchStep,
  createFilterStep,
  createFlattenStep,
  createListStep,
  createParallel,
  createStep,
  createTransform,
  ListErrorStrategy,
  type ListOperationMetadata,
  Pipeline,
  PipelineRegistry,
  type RegisteredPipeline,
  singleToList,
  type Step,
  type StepAccumulatedState,
  type StepError,
  type StepInput,
  type StepMetadata,
  type StepOutput,
  type StepResult,
  type ValidateNewKey,
} from "../../mod.ts";
import { test } from "../harness.ts";

interface Page {
  url: string;
  text: string;
}

interface Services {
  load: (url: string) => Promise<string>;
}

const services = (): Services => ({ load: async (url) => await `${url}!` });

/** The retry of the existing step, as helpers write it out. */
interface Retry {
  maxAttempts: number;
  backoffMs: number;
  retryableErrors?: string[] | undefined;
}

/** A factory of steps, as programs have them. */
function createLoadStep(
  name: string,
  options?: { retry?: Retry },
): Step<string, Page, unknown, Services> {
  const step: Step<string, Page, unknown, Services> = {
    name,
    execute: async ({ input, context }): Promise<StepResult<Page>> => {
      const metadata: StepMetadata = { stepName: name, startTime: 0, endTime: 0, durationMs: 0 };
      metadata.endTime = 1;
      metadata.durationMs = metadata.endTime - metadata.startTime;
      metadata.traceId = "trace";
      metadata.spanId = "span";
      try {
        return { success: true, data: { url: input, text: await context.load(input) }, metadata };
      } catch (error) {
        const failure: StepError = { code: "LOAD", message: String(error), retryable: false };
        failure.cause = error;
        failure.retryable = true;
        return { success: false, error: failure, metadata };
      }
    },
  };
  if (options?.retry) {
    step.retry = options.retry;
  }
  return step;
}

class CountStep implements Step<Page[], number, { pages: Page[] }, Services> {
  name = "count";
  retry: Retry = { maxAttempts: 2, backoffMs: 0, retryableErrors: ["ETIMEDOUT"] };

  async execute(
    ctx: { input: Page[]; state: { pages: Page[] }; context: Services },
  ): Promise<StepResult<number>> {
    const listMetadata: ListOperationMetadata = {
      totalItems: ctx.input.length,
      successCount: 0,
      failureCount: 0,
      skippedCount: 0,
      executionStrategy: "sequential",
    };
    listMetadata.successCount = await ctx.state.pages.length;
    const metadata = { stepName: this.name, startTime: 0, endTime: 0, durationMs: 0, listMetadata };
    return { success: true, data: ctx.input.length, metadata };
  }
}

function codesOf(step: { retry?: Retry | undefined }): string[] {
  return step.retry?.retryableErrors ?? [];
}

test("factories, classes and retries of steps", async () => {
  const load = createLoadStep("load", { retry: { maxAttempts: 3, backoffMs: 0 } });
  load.retry!.retryableErrors = ["LOAD"];
  load.retry!.retryableErrors.push("ETIMEDOUT");
  const pipeline = Pipeline.start<string[], Services>(services)
    .map("pages", load, { parallel: true })
    .add("count", new CountStep());

  const result = await pipeline.execute(["a"]);

  assertEquals(result.success && result.data, 1);
  assertEquals([codesOf(load), codesOf(new CountStep())], [["LOAD", "ETIMEDOUT"], ["ETIMEDOUT"]]);
});

test("list helpers with all their types, and with those that are inferred", async () => {
  const sort = createListStep<string, string, { words: string[] }, Services>(
    "sort",
    async ({ input, state, context }) => {
      assertType<IsExact<typeof input, string[]>>();
      assertType<IsExact<typeof context, Services>>();
      return await [...input, `${state.words.length}`].sort();
    },
    { retry: { maxAttempts: 2, backoffMs: 0, retryableErrors: ["ETIMEDOUT"] } },
  );
  const pairs = createBatchStep<string, { words: string[] }, Services>(2, "pairs");
  const options: { errorStrategy: ListErrorStrategy; parallel: boolean; concurrencyLimit: number } =
    {
      errorStrategy: ListErrorStrategy.SKIP_FAILED,
      parallel: true,
      concurrencyLimit: 5,
    };
  const lengths = singleToList(
    createStep<string, number>("length", async ({ input }) => await input.length),
    options,
  );
  assertType<IsExact<StepInput<typeof lengths>, string[]>>();
  assertType<IsExact<StepOutput<typeof lengths>, number[]>>();
  assertType<IsExact<StepAccumulatedState<typeof sort>, { words: string[] }>>();
  const pipeline = Pipeline.start<string, Services>(services)
    .add("words", createTransform<string, string[]>("split", (text) => text.split(" ")))
    .add("sorted", sort)
    .add("pairs", pairs)
    .add("flat", createFlattenStep())
    .add("long", createFilterStep((word) => word.length > 1, "long"))
    .add("unique", createListStep("unique", async ({ input }) => await [...new Set(input)]))
    .add("lengths", lengths);

  const result = await pipeline.execute("the mill the race");

  assertType<IsExact<typeof result, StepResult<number[]>>>();
  assertEquals(result.success && result.data, [4, 4, 3]);
});

test("createParallel with its types, of a tuple and of an array", async () => {
  const length = createStep<string, number>("length", async ({ input }) => await input.length);
  const words = createStep<string, string[]>("words", async ({ input }) => await input.split(" "));
  const both = createParallel<string, [number, string[]]>("both", [length, words]);
  const lengths: Step<string, number>[] = [length, length];
  const many = createParallel("many", lengths);
  const none = createParallel("none", []);

  assertType<IsExact<StepOutput<typeof both>, [number, string[]]>>();
  assertType<IsExact<StepOutput<typeof many>, number[]>>();
  assertType<IsExact<StepOutput<typeof none>, []>>();
  const result = await Pipeline.start<string>().add("both", both).execute("a b");
  assertEquals(result.success && result.data, [3, ["a", "b"]]);
  const counts = await Pipeline.start<string>().add("many", many).execute("a b");
  assertEquals(counts.success && counts.data, [3, 3]);
});

test("pipelines as parameters and results, and a failure that is passed on", async () => {
  type State = AddToState<AddToState<Record<never, never>, "words", string[]>, "count", number>;
  const build = (): Pipeline<string, number, State> =>
    Pipeline.start<string>()
      .add("words", createTransform("split", (text: string) => text.split(" ")))
      .add("count", createTransform("count", (words: string[]) => words.length));
  const twice = async (
    first: Pipeline<string, number, State>,
    // deno-lint-ignore no-explicit-any -- as existing code writes it
    second: Pipeline<number, string, any>,
  ): Promise<StepResult<string>> => {
    const one = await first.execute("mill race");
    if (!one.success) return one;
    return await second.execute(one.data);
  };
  const key: ValidateNewKey<State, "other"> = "other";

  const result = await twice(
    build(),
    Pipeline.start<number>().add(key, createTransform("text", (count: number) => `${count}`)),
  );
  assertEquals(result.success && result.data, "2");
});

test("a switch over strategies, and failures by index", async () => {
  const nameOf = (strategy: ListErrorStrategy): string => {
    switch (strategy) {
      case ListErrorStrategy.FAIL_FAST:
        return "fast";
      case ListErrorStrategy.COLLECT_ERRORS:
        return "all";
      case ListErrorStrategy.SKIP_FAILED:
        return "some";
    }
  };
  const errorStrategy: ListErrorStrategy = ListErrorStrategy.COLLECT_ERRORS;
  const fail = createStep<number, number>("fail", async () => {
    throw await new Error("no");
  });
  const result = await Pipeline.start<number[]>().map("a", fail, { errorStrategy }).execute([1]);

  assert(!result.success);
  const failures = result.error.cause as Array<{ index: number; error: StepError }>;
  assertEquals([nameOf(errorStrategy), failures[0]?.index], ["all", 0]);
});

test("registered pipelines with their types", async () => {
  function createEntry(): RegisteredPipeline<string, number, Services> {
    return {
      name: "length",
      description: "the length of a page",
      inputSchema: v.string(),
      outputSchema: v.number(),
      pipeline: Pipeline.start<string, Services>(services)
        .add("page", createLoadStep("load"))
        .add("length", createTransform("length", (page: Page) => page.text.length)),
      contextBuilder: services,
      examples: [{ input: "a", description: "one letter" }],
    };
  }
  const registry = new PipelineRegistry().register(createEntry()).register({
    ...createEntry(),
    name: "other",
  });
  const tools = registry.getAll().map((entry: RegisteredPipeline) => ({
    name: entry.name,
    description: entry.description.toUpperCase(),
    tags: entry.tags?.length ?? 0,
  }));
  const outcome: { success: boolean; data?: number; error?: string } = await registry
    .execute<string, number>("length", "abc");
  const direct = await registry.get("length")!.pipeline.execute("abc");

  assertEquals(tools.length, 2);
  assertEquals([outcome.data, direct.success && direct.data], [4, 4]);
});
