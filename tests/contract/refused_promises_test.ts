// A promise that is refused, for something else was asked for, and that is rejected later: the run
// has failed for the former, and the latter is no unhandled rejection, which would end the process.

import { assertEquals, assertRejects } from "@std/assert";
import { StreamingPipeline } from "../../mod.ts";
import { budget, rateLimit } from "../../src/policies/mod.ts";
import { asStreams } from "../../src/streams/mod.ts";
import { test } from "../harness.ts";

const start = StreamingPipeline.start<number>();

const LATE = new Error("late");

/** What an `async` function gives where it should give something else. */
const late = (): never => Promise.reject(LATE) as never;
const step = { name: "step", execute: late };
const same = (items: typeof start) => items;

/** Everything that calls a function and refuses a promise of what it asks for. */
const ROWS: Readonly<Record<string, () => Promise<unknown>>> = {
  "add()": () => start.add("stage", late).executeToArray([1]),
  "add() with a step": () => start.add("stage", step).executeToArray([1]),
  "add() with a step that is started again": () =>
    start.add("stage", step, { errorStrategy: "SKIP_FAILED" }).executeToArray([1]),
  "map() with a step": () => start.map("stage", step as never).executeToArray([1]),
  "flatMap() with a step": () => start.flatMap("stage", step).executeToArray([1]),
  "branch()": () => start.branch("stage", () => true, step, step).executeToArray([1]),
  "groupBy()": () => start.groupBy("stage", () => 1, late).executeToArray([1]),
  "partition()": () => start.partition("stage", () => true, late, same).executeToArray([1]),
  "fanOut()": () => start.fanOut("stage", { one: late }).executeToArray([1]),
  "route()": () => start.route("stage", () => "one", { one: late }).executeToArray([1]),
  "through()": () => start.through("stage", late).executeToArray([1]),
  "transform()": () => start.transform("stage", late).executeToArray([1]),
  "rateLimit()": () =>
    start.map("stage", (item) => item, {
      policy: rateLimit({ limit: 1, intervalMs: 1, cost: late }),
    }).executeToArray([1]),
  "budget()": () =>
    start.map("stage", (item) => item, { policy: budget({ limit: 1, cost: late }) })
      .executeToArray([1]),
  "asStreams()": async () => {
    const stages = start.map("one", (item) => item).add("two", async function* ({ input }) {
      yield* input;
    });
    // workerd reports the failure of any stream that `for await` reads as unhandled.
    await asStreams(stages, [1], { highWaterMark: 1, between: late }).getReader().read();
  },
  "a source whose method is async": () =>
    start.executeToArray({ [Symbol.asyncIterator]: late } as never),
  "a source whose sync method is async": () =>
    start.executeToArray({ [Symbol.iterator]: late } as never),
  "a sync source that answers with promises": () =>
    start.executeToArray({ [Symbol.iterator]: () => ({ next: late }) } as never),
  "such a source of flatMap()": () =>
    start.flatMap("stage", () => ({ [Symbol.iterator]: () => ({ next: late }) }) as never)
      .executeToArray([1]),
  "such a source of mergeWith()": () =>
    start.mergeWith("stage", { [Symbol.iterator]: () => ({ next: late }) } as never)
      .executeToArray([1]),
};

for (const [title, run] of Object.entries(ROWS)) {
  test(`[L6] ${title}: a promise that is refused is no unhandled rejection`, async () => {
    const error = await assertRejects(run) as Error;

    assertEquals([error === LATE, error.cause === LATE], [false, false]);
  });
}
