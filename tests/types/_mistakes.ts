// What a user writes by mistake, and what the compiler's message about it says.

/** The module that programs import. */
export const MODULE: string = new URL("../../mod.ts", import.meta.url).href;

export interface Mistake {
  readonly code: string;
  /** What stands in the first two lines of the message. */
  readonly words: readonly string[];
}

export const mistake = (code: string, ...words: string[]): Mistake => ({ code, words });

export const MISTAKES: Readonly<Record<string, Mistake>> = {
  // Keys.
  "a key that is taken": mistake(
    `numbers.map("total", (item) => item).batch("total", 2);`,
    "duplicate key 'total'",
  ),
  "a key that is taken, in a method that takes steps too": mistake(
    `numbers.take("total", 1).map("total", (item) => item);`,
    "duplicate key 'total'",
  ),
  "a key that is taken in the small pipeline": mistake(
    `core.map("total", (item) => item).use("total", batch(2));`,
    "duplicate key 'total'",
  ),
  "a key that is taken in a batch pipeline": mistake(
    `lists.map("total", (item) => item).map("total", (item) => item);`,
    "duplicate key 'total'",
  ),
  "a key that was taken many stages ago": mistake(
    `numbers.map("total", (item) => item)
      .take("a", 1).take("b", 1).take("c", 1).take("d", 1).take("e", 1).take("f", 1)
      .filter("total", () => true);`,
    "duplicate key 'total'",
  ),
  "a key that both composed pipelines have": mistake(
    `numbers.take("total", 1).compose(numbers.take("total", 1));`,
    "duplicate key 'total'",
  ),
  "no key": mistake(`numbers.batch(50);`, "Expected 2 arguments, but got 1."),
  "an operator without a key": mistake(
    `numbers.use(batch(50));`,
    "Expected 2 arguments, but got 1.",
  ),

  // What is read.
  "a function of another item": mistake(
    `numbers.map("a", (item: string) => item);`,
    "'(item: string) => string'",
    "StageFunction<number, string,",
  ),
  "a step that reads something else": mistake(
    `numbers.map("upper", upper);`,
    "'CreatedStreamingStep<string, string,",
    "'CreatedStreamingStep<number, string,",
  ),
  "a step on one value that reads something else": mistake(
    `numbers.map("a", length);`,
    "'CreatedStep<string, number,",
    "'CreatedStep<number, number,",
  ),
  "a step that reads something else, in a batch pipeline": mistake(
    `lists.map("a", length);`,
    "'CreatedStep<string, number,",
    "'CreatedStep<number, number,",
  ),
  "an operator that reads something else": mistake(
    `numbers.use("a", map((item: string) => item.length));`,
    "Type 'number' is not assignable to type 'string'",
  ),
  "parts of a pipe that do not fit": mistake(
    "pipe(map((item: number) => `${item}`), map((item: number) => item));",
    "Type 'string' is not assignable to type 'number'",
  ),
  "a composed pipeline that reads something else": mistake(
    `numbers.compose(StreamingPipeline.start<string>());`,
    "it reads other items",
    "reads: string; given: number;",
  ),
  "a composed pipeline that needs another context": mistake(
    `numbers.compose(StreamingPipeline.start<number, { db: string }>());`,
    "it needs another context",
    "needs: { db: string; }",
  ),
  "a step that needs a key that does not exist": mistake(
    `StreamingPipeline.start<string>().map("needy", needy);`,
    "'CreatedStreamingStep<string, string, { length: number; }, unknown>'",
    "'CreatedStreamingStep<string, string, {}, unknown>'",
  ),
  "flatten on items that are not arrays": mistake(
    `numbers.flatten("items");`,
    "'StreamingPipeline<number, number,",
    "'PipelineOf<number, readonly unknown[],",
  ),
  "flatten as an operator on items that are not arrays": mistake(
    `numbers.use("items", flatten());`,
    "Type 'number' is not assignable to type 'readonly unknown[]'",
  ),
  "flatten on a value that is no list of lists": mistake(
    `Pipeline.start<number>().flatten("items");`,
    "Type 'number' is not assignable to type 'readonly (readonly unknown[])[]'",
  ),
  "flatMap with a function that gives one item": mistake(
    `numbers.flatMap("items", (item) => item);`,
    "'(item: number) => number'",
    "StageFunction<number, Many<unknown>,",
  ),
  "a source of other items": mistake(
    `numbers.executeToArray(["a"]);`,
    "Type 'string[]' is not assignable to type 'Iterable<number>'",
  ),
  "an iterable item that is not wrapped": mistake(
    `StreamingPipeline.start<number[]>().executeToArray([1, 2]);`,
    "Type 'number[]' is not assignable to type 'WrapIterableItem<number[]>'",
  ),
  "a function of an item where the whole stream is read": mistake(
    `numbers.add("a", (item: number) => item);`,
    "'(item: number) => number'",
    "StreamingFunction<number, ",
  ),

  // What a function gets, and gives.
  "the context in the index's place": mistake(
    `numbers.map("a", (item, { signal }) => [item, signal]);`,
    "Property 'signal' does not exist on type 'Number'",
  ),
  "the context in the index's place, in a batch pipeline": mistake(
    `lists.map("a", (item, { signal }) => [item, signal]);`,
    "Property 'signal' does not exist on type 'Number'",
  ),
  "state of a key that does not exist: the state is shown as one object": mistake(
    `numbers.take("a", 1).map("b", String)
      .map("c", (item, _, { state }) => item + state.accumulated.later);`,
    "Property 'later' does not exist on type '{ readonly a: number; readonly b: string; }'",
  ),
  "a predicate that answers with a number": mistake(
    `numbers.filter("a", (item) => item % 2);`,
    "Type 'number' is not assignable to type 'boolean | PromiseLike<boolean>'",
  ),
  "a group that gives no pipeline": mistake(
    `numbers.groupBy("a", (item) => item, (group) => [group]);`,
    "'StreamingPipeline<number, number, {}, unknown>[]'",
    "'PipelineOf<number, unknown,",
  ),
  "groupBy without what it does": mistake(
    `numbers.groupBy("a", (item) => item);`,
    "Expected 3-4 arguments, but got 2.",
  ),
  "a function where an operator is asked for": mistake(
    `numbers.use("a", (item: number) => item);`,
    "'(item: number) => number'",
    "'Operator<number, ",
  ),
  "a transform that all runs would share": mistake(
    `numbers.through("a", new TransformStream<number, number>());`,
    "'TransformStream<number, number>'",
    "'() => WebTransform<",
  ),

  // Options.
  "an option that does not exist": mistake(
    `numbers.map("a", (item) => item, { concurrency: 3 });`,
    "'concurrency' does not exist in type 'MapOptions<number, never>'",
  ),
  "an option that does not exist, of an operator": mistake(
    `numbers.use("a", map((item: number) => item, { concurrency: 3 }));`,
    "'concurrency' does not exist in type 'MapOptions<number, never>'",
  ),
  "an option that does not exist, in a batch pipeline": mistake(
    `lists.map("a", (item) => item, { concurrency: 3 });`,
    "'concurrency' does not exist in type 'ListOptions<number>'",
  ),
  "an option of a run that does not exist": mistake(
    `numbers.execute([1], { onProgress: () => {} });`,
    "'onProgress' does not exist in type 'RunOptions'",
  ),
  "an option of a run, given to a stage": mistake(
    `numbers.map("a", (item) => item, { signal: AbortSignal.abort() });`,
    "'signal' does not exist in type 'MapOptions<number, never>'",
  ),
  "an option of a stage, given to a run": mistake(
    `numbers.executeToArray([1], { concurrencyLimit: 3 });`,
    "'concurrencyLimit' does not exist in type 'RunOptions'",
  ),
  "an option of a stage, given to start": mistake(
    `StreamingPipeline.start<number>({ concurrencyLimit: 3 });`,
    "'concurrencyLimit' does not exist in type '() => unknown'",
  ),
  "options before the function": mistake(
    `numbers.map("a", { concurrencyLimit: 3 }, String);`,
    "'concurrencyLimit' does not exist in type 'MapWork<number,",
  ),
  "options beside a size": mistake(
    `numbers.batch("a", 2, { maxWaitMs: 3 });`,
    "Expected 2 arguments, but got 3.",
  ),
  "a second source": mistake(
    `numbers.mergeWith("a", [1], [2]);`,
    "Expected 2 arguments, but got 3.",
  ),
  "a signal in the place of the options of a run": mistake(
    `numbers.executeToArray([1], AbortSignal.abort());`,
    "Type 'AbortSignal' has no properties in common with type 'RunOptions'",
  ),
  "the options of a run in the place of a strategy": mistake(
    `numbers.toReadableStream([1], { signal: AbortSignal.abort() });`,
    "'signal' does not exist in type 'QueueOptions<number>'",
  ),
  "a policy in the place of retry": mistake(
    `numbers.map("a", (item) => item, { retry: semaphore(3) });`,
    "Type 'ConcurrencyPolicy<unknown>' is not assignable to type 'number | RetryOptions | undefined'",
  ),
  "a reducer without an initial value": mistake(
    `numbers.fold("a", (sum: number, item) => sum + item);`,
    "Expected 3-4 arguments, but got 2.",
  ),
  "options in the small pipeline": mistake(
    `core.map("a", (item) => item, { concurrencyLimit: 3 });`,
    "Expected 2 arguments, but got 3.",
  ),
  "an error strategy that does not exist": mistake(
    `numbers.map("a", (item) => item, { errorStrategy: "skip" });`,
    `Type '"skip"' is not assignable to type 'StreamingErrorStrategy | undefined'`,
  ),
  "a word for a boolean": mistake(
    `numbers.map("a", (item) => item, { parallel: true, ordered: "no" });`,
    "Type 'string' is not assignable to type 'boolean | undefined'",
  ),
  "a window of time in a window of items": mistake(
    `numbers.window("a", { sizeMs: 3 });`,
    "'sizeMs' does not exist in type 'WindowOptions'",
  ),

  // Functions over arrays.
  "a function of one item where there is a batch": mistake(
    `numbers.map("a", (item: number) => item, { batch: { size: 3 } });`,
    "'(item: number) => number'",
    "'LoadFunction<number, unknown, unknown>'",
  ),
  "a function over arrays that gives one answer": mistake(
    `numbers.map("a", (items) => items.length, { batch: { size: 3 } });`,
    "Type 'number' is not assignable to type 'readonly unknown[] | PromiseLike<readonly unknown[]>'",
  ),
  "a function over arrays without a batch": mistake(
    `numbers.map("a", (items: readonly number[]) => items);`,
    "'(items: readonly number[]) => readonly number[]'",
    "StageFunction<number, readonly number[],",
  ),
  "a batch that is a number": mistake(
    `numbers.map("a", (items) => items, { batch: 3 });`,
    "Type 'number' is not assignable to type 'CallBatching<",
  ),
  "a batch without a size": mistake(
    `numbers.map("a", (items) => items, { batch: { maxWaitMs: 3 } });`,
    "Property 'size' is missing in type '{ maxWaitMs: number; }'",
  ),
  "a batch with an option that does not exist": mistake(
    `numbers.map("a", (items) => items, { batch: { size: 3, maxWait: 3 } });`,
    "'maxWait' does not exist in type 'CallBatching<3>'",
  ),
  "a function over arrays that wants the state of one item": mistake(
    `numbers.map("a", (items, _number, { state }) => [...items, state], { batch: { size: 3 } });`,
    "Property 'state' does not exist on type 'ItemlessContext<unknown>'",
  ),

  // What a filter reads.
  "a filter that reads a key that does not exist": mistake(
    `numbers.map("page", String).filter("a", ({ page }) => page !== "", { reads: ["pages"] });`,
    `Type '"pages"' is not assignable to type '"page"'`,
  ),
  "a filter that reads a stage, and wants the item": mistake(
    `numbers.map("page", String)
      .filter("a", (item: string) => item !== "", { reads: ["page"] });`,
    "'(item: string) => boolean'",
    `'ReadingPredicate<{ page: string; }, "page", unknown>'`,
  ),
  "a filter that reads a stage, and looks at another": mistake(
    `numbers.map("page", String).map("row", String)
      .filter("a", ({ row }) => row !== "", { reads: ["page"] });`,
    "Property 'row' does not exist on type '{ readonly page: string; }'",
  ),
  "a filter that reads a stage, and wants its state": mistake(
    `numbers.map("page", String)
      .filter("a", (_read, { state }) => state !== undefined, { reads: ["page"] });`,
    "Property 'state' does not exist on type 'ItemlessContext<unknown>'",
  ),
  "optimize in the small pipeline": mistake(
    `CorePipeline.start<number>(undefined, { optimize: true });`,
    "'optimize' does not exist in type 'Omit<StartOptions, \"optimize\">'",
  ),

  // Names of other libraries.
  "from": mistake(
    `StreamingPipeline.from([1]);`,
    "Property 'from' does not exist on type 'typeof StreamingPipeline'",
  ),
  "a pipeline that is started with its items": mistake(
    `StreamingPipeline.start([1, 2, 3]);`,
    "'number[]' is not assignable to parameter of type '() => unknown'",
  ),
  "toArray": mistake(
    `numbers.toArray();`,
    "Property 'toArray' does not exist on type 'StreamingPipeline<",
  ),
  "merge": mistake(
    `numbers.merge([1]);`,
    "Property 'merge' does not exist on type 'StreamingPipeline<",
  ),
  "pipeline": mistake(
    `import { pipeline } from "${MODULE}";`,
    "has no exported member named 'pipeline'. Did you mean 'Pipeline'?",
  ),
  "a method that the small pipeline does not have": mistake(
    `core.batch("a", 3);`,
    "Property 'batch' does not exist on type 'CorePipeline<",
  ),
};
