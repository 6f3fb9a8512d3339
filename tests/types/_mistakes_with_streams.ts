// Mistakes with branches, the sides of a partition, sources, and sources beside the stream.

import { type Mistake, mistake } from "./_mistakes.ts";

export const MISTAKES_WITH_STREAMS: Readonly<Record<string, Mistake>> = {
  "a function of another item behind sides that come out as they are": mistake(
    `numbers.batch("rows", 2).partition("sides", () => true, (all) => all, (all) => all)
      .map("a", (item: string) => item);`,
    "'(item: string) => string'",
    "StageFunction<number[], string,",
  ),
  "an option of a branch that does not exist": mistake(
    `numbers.fanOut("a", { one: { build: (each) => each, buffer: 3 } });`,
    "unknown option 'buffer'",
  ),
  "a sink of a branch that is none": mistake(
    `numbers.fanOut("a", { one: { build: (each) => each, to: "a.log" } });`,
    "Type 'string' is not assignable to type 'BranchSink<never>'",
  ),
  "a sink of a branch that takes something else": mistake(
    `numbers.fanOut("a", { one: { build: (each) => each, to: (item: string) => item } });`,
    "'(item: string) => string'",
    "'(item: number) => unknown'",
  ),
  "a stream as the sink of a branch that makes something else": mistake(
    `numbers.fanOut("a", { one: { build: (each) => each, to: new WritableStream<string>() } });`,
    "Type 'WritableStream<string>' is not assignable to type 'WritableStream<number>'",
  ),
  "a branch that does not exist": mistake(
    `numbers.route("a", () => "two", { one: (each) => each });`,
    `Type '"two"' is not assignable to type '"one" |`,
  ),
  "a branch that does not exist, where their names are numbers": mistake(
    `numbers.route("a", () => "2", { 1: (each) => each });`,
    `Type '"2"' is not assignable to type '"1" |`,
  ),
  "a string as the other source": mistake(
    `numbers.mergeWith("a", "file.txt");`,
    "Argument of type 'string' is not assignable to parameter of type 'OtherSource<string,",
  ),
  "a function that gives a string as the other source": mistake(
    `numbers.zipWith("a", () => "file.txt");`,
    "'() => string' is not assignable to parameter of type 'OtherSource<string,",
  ),
  "a source that is no function, where it is opened again": mistake(
    `retrySource([1], 3);`,
    "Argument of type 'number[]' is not assignable to parameter of type '(from: ResumePoint<unknown>)",
  ),
  "an option that does not exist, where a source is opened again": mistake(
    `retrySource(() => [1], { attempts: 3 });`,
    "'attempts' does not exist in type 'RetrySourceOptions'",
  ),
  "a source that is one item, where it is opened again": mistake(
    `retrySource(() => 5, 3);`,
    "Type 'number' is not assignable to type 'Many<unknown>",
  ),
  "a source that goes on with other items": mistake(
    `retrySource(({ last }: ResumePoint<string>) => [last === "a" ? 1 : 2], 3);`,
    "'number[]' is not assignable to type 'Many<string>",
  ),
  "the reducer of an end after its initial value": mistake(
    `numbers.executeReduce([1], 0, (sum: number, item: number) => sum + item);`,
    "Argument of type 'number' is not assignable to parameter of type '(accumulator:",
  ),
  "a pipeline where an operator is asked for": mistake(
    `numbers.use("a", numbers);`,
    "'StreamingPipeline<number, number, {}, unknown>'",
    "'Operator<number, unknown, {}, unknown, unknown>'",
  ),
  "state without accumulated": mistake(
    `numbers.take("first", 1).map("a", (item, _, { state }) => [item, state.first]);`,
    "Property 'first' does not exist on type 'StreamingState<{ first: number; }>'",
  ),
  "a group that is run": mistake(
    `numbers.groupBy("a", (item) => item, (group) => group.executeToArray([1]));`,
    "missing in type 'Promise<number[]>' but required in type 'PipelineOf<number,",
  ),
  "a transform that gives one item": mistake(
    `numbers.transform("a", () => ({ transform: (item) => item }));`,
    "Type 'number' is not assignable to type 'Many<unknown> | PromiseLike<Many<unknown>>'",
  ),
  "keys of windows by the clock": mistake(
    `numbers.windowTime("a", { sizeMs: 3, by: (item) => item });`,
    "is not assignable to type 'OptionFunction<number, StageContext<{}, unknown>, undefined>'",
  ),
};
