// A key that is taken does not compile, in any method that takes one, and throws where types are
// stripped. What the compiler says about it is tested on Deno alone.

import { assertEquals, assertThrows } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { Pipeline, StreamingPipeline, type ValidateNewKey } from "../../mod.ts";
import { test } from "../harness.ts";
import type { StateOf } from "./_types.ts";

const keep = (items: number[]): number[] => items;

test("each method refuses a key that is taken", () => {
  const pipeline = StreamingPipeline.start<number[]>().map("taken", keep);
  const attempts = [
    // @ts-expect-error taken
    () => pipeline.add("taken", ({ input }) => input),
    // @ts-expect-error taken
    () => pipeline.map("taken", keep),
    // @ts-expect-error taken
    () => pipeline.flatMap("taken", keep),
    // @ts-expect-error taken
    () => pipeline.filter("taken", () => true),
    // @ts-expect-error taken
    () => pipeline.tap("taken", keep),
    // @ts-expect-error taken
    () => pipeline.take("taken", 1),
    // @ts-expect-error taken
    () => pipeline.skip("taken", 1),
    // @ts-expect-error taken
    () => pipeline.takeWhile("taken", () => true),
    // @ts-expect-error taken
    () => pipeline.skipWhile("taken", () => true),
    // @ts-expect-error taken
    () => pipeline.batch("taken", 1),
    // @ts-expect-error taken
    () => pipeline.flatten("taken"),
    // @ts-expect-error taken
    () => pipeline.branch("taken", () => true, keep, keep),
    // @ts-expect-error taken
    () => pipeline.through("taken", () => new TransformStream<number[], number>()),
    // @ts-expect-error taken
    () => pipeline.buffer("taken", 1),
  ];

  for (const attempt of attempts) {
    assertThrows(attempt, TypeError, "its key must be new, but it is taken");
  }
});

test("a key that differs in case or by a space is another key", () => {
  const pipeline = StreamingPipeline.start<number>()
    .take("key", 1)
    .take("Key", 1)
    .take("key ", 1);

  assertType<IsExact<StateOf<typeof pipeline>, { key: number; Key: number; "key ": number }>>();
});

test("a key that objects inherit is a key like any other", () => {
  const pipeline = StreamingPipeline.start<number>()
    .take("constructor", 1)
    .take("toString", 1)
    .take("__proto__", 1);

  // @ts-expect-error taken
  assertThrows(() => pipeline.take("constructor", 1), TypeError, "taken");
  // @ts-expect-error taken
  assertThrows(() => pipeline.take("__proto__", 1), TypeError, "taken");
});

test("a key that is not a literal compiles and is checked when the stage is built", () => {
  const key: string = "key";
  const pipeline = StreamingPipeline.start<number>().take(key, 1);

  assertThrows(() => (pipeline as unknown as Anything).take(key, 1), TypeError, "taken");
});

test("a key that is a type parameter, or made of one, is a literal for the helper's caller", async () => {
  function begun<TKey extends string>(key: TKey) {
    return StreamingPipeline.start<number>().map("first", (item) => item).tap(key, () => {});
  }
  function doubled<TInput, TState, TContext, TName extends string>(
    pipeline: StreamingPipeline<TInput, number, TState, TContext>,
    name: TName,
  ) {
    return pipeline.map(`${name} once` as const, (item) => item).map(
      `${name} twice` as const,
      (item) => 2 * item,
    );
  }
  function listed<TKey extends string>(key: TKey) {
    return Pipeline.start<number[]>().map("first", String).map(key, (item) => item.length);
  }
  const pipeline = doubled(begun("seen"), "twice")
    .map("sum", (item, _, { state }) => {
      return item + state.accumulated.seen + state.accumulated["twice once"];
    });

  assertType<IsExact<StateOf<typeof pipeline>["seen"], number>>();
  assertType<IsExact<StateOf<typeof pipeline>["twice twice"], number>>();
  assertEquals(await pipeline.executeToArray([1]), [4]);
  assertEquals((await listed("length").execute([10])).success, true);
  // @ts-expect-error the helper has taken this key
  assertThrows(() => begun("seen").take("seen", 1), TypeError, "taken");
  // @ts-expect-error the helper has taken this key
  assertThrows(() => doubled(begun("a"), "b").take("b once", 1), TypeError, "taken");
  assertThrows(() => begun("first"), TypeError, "taken");
});

test("ValidateNewKey takes the key where it is new, and no key where it is taken", () => {
  assertType<IsExact<ValidateNewKey<{ a: 1 }, "b">, "b">>();
  // @ts-expect-error "a" is taken
  const _taken: ValidateNewKey<{ a: 1 }, "a"> = "a";
});

interface Anything {
  take(key: string, count: number): unknown;
}
