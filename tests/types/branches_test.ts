// What the compiler knows of the branches of fanOut and route, and of those that end in a sink.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { StreamingPipeline } from "../../mod.ts";
import { StreamingPipeline as CorePipeline } from "../../src/core/mod.ts";
import { fanOut, route } from "../../src/operators/mod.ts";
import { test } from "../harness.ts";
import type { OutputOf } from "./_types.ts";

const numbers = StreamingPipeline.start<number>();
const texts = new WritableStream<string>();

test("nothing comes out of a branch with a sink, and everything out of one without", async () => {
  const maybe: WritableStream<string> | undefined = [texts][1];
  const sunk = numbers.fanOut("sunk", {
    out: (each) => each.map("text", (item) => `${item}`),
    sink: { build: (each) => each.map("pair", (item) => [item]), to: (pair: number[]) => pair },
  });
  const open = numbers.fanOut("open", {
    one: { build: (each) => each.map("text", (item) => `${item}`), to: undefined },
  });
  const either = numbers.fanOut("either", {
    one: { build: (each) => each.map("text", (item) => `${item}`), to: maybe },
  });

  assertType<IsExact<OutputOf<typeof sunk>, string>>();
  assertType<IsExact<OutputOf<typeof open>, string>>();
  assertType<IsExact<OutputOf<typeof either>, string>>();
  assertEquals(await sunk.executeToArray([1]), ["1"]);
  assertEquals(await open.executeToArray([1]), ["1"]);
});

test("a sink takes what its branch makes, or does not say what it takes", () => {
  const seen: unknown[] = [];
  const branches = [
    numbers.fanOut("f", { a: { build: (each) => each, to: (item) => seen.push(item) } }),
    numbers.fanOut("f", { a: { build: (each) => each, to: (item: number | string) => item } }),
    numbers.fanOut("f", { a: { build: (each) => each.map("text", String), to: texts } }),
    numbers.route("r", () => "a", { a: { build: (each) => each, to: new WritableStream() } }),
    numbers.use("f", fanOut({ a: { build: (each) => each, to: (item: number) => item } })),
    // @ts-expect-error the branch makes texts
    numbers.fanOut("f", { a: { build: (g) => g.map("text", String), to: (x: number) => x } }),
    // @ts-expect-error the branch makes numbers
    numbers.route("r", () => "a", { a: { build: (each) => each, to: texts } }),
    // @ts-expect-error the branch makes numbers
    numbers.use("f", fanOut({ a: { build: (each) => each, to: texts } })),
    // @ts-expect-error the branch makes numbers
    CorePipeline.start<number>().use("r", route(() => "a", { a: { build: (g) => g, to: texts } })),
  ];

  assertEquals(branches.length, 9);
});

test("what is neither a function nor a stream is no sink, and other options do not compile", () => {
  const refused = [
    // @ts-expect-error a number takes nothing
    () => numbers.fanOut("f", { a: { build: (each) => each, to: 5 } }),
    // @ts-expect-error an array takes nothing by itself
    () => numbers.route("r", () => "a", { a: { build: (each) => each, to: [] } }),
    // @ts-expect-error there is no such option
    () => numbers.fanOut("f", { a: { build: (each) => each, buffer: 3 } }),
    // @ts-expect-error there is no such option
    () => numbers.use("f", fanOut({ a: { build: (each) => each, buffer: 3 } })),
  ];

  for (const build of refused) assertThrows(build);
});

test("branches may have numbers as names, which choose returns as texts", async () => {
  const pipeline = numbers.route("shard", (item) => item % 2 === 0 ? "0" : "1", {
    0: (each) => each.map("even", (item) => `${item} is even`),
    1: (each) => each,
  });
  const operator = numbers.use(
    "shard",
    route(() => "7", { 7: (each) => each.map("pair", (item) => [item]) }),
  );
  // @ts-expect-error there is no such branch
  const wrong = numbers.route("shard", () => "2", { 0: (each) => each, 1: (each) => each });

  assertType<IsExact<OutputOf<typeof pipeline>, string | number>>();
  assertEquals((await pipeline.executeToArray([1, 2])).toSorted(), [1, "2 is even"].toSorted());
  assertEquals(await operator.executeToArray([1, 2]), [[1], [2]]);
  assertEquals(typeof wrong, "object");
});
