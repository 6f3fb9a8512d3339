// Mistakes with branches, the sides of a partition, and sources beside the stream.

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
};
