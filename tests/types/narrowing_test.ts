// A type guard in filter narrows the items that come out, in state too.

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { StreamingPipeline } from "../../mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

type Shape =
  | { readonly kind: "circle"; readonly radius: number }
  | { readonly kind: "square"; readonly side: number };
type Circle = Extract<Shape, { kind: "circle" }>;

const isCircle = (shape: Shape): shape is Circle => shape.kind === "circle";

test("a named type guard narrows", async () => {
  const pipeline = StreamingPipeline.start<Shape>()
    .filter("circle", isCircle)
    .map("radius", (circle) => circle.radius);

  assertType<IsExact<StateOf<typeof pipeline>, { circle: Circle; radius: number }>>();
  const shapes: Shape[] = [{ kind: "square", side: 1 }, { kind: "circle", radius: 2 }];
  assertEquals(await pipeline.executeToArray(shapes), [2]);
});

test("a type guard that reads the index and the state narrows", () => {
  const pipeline = StreamingPipeline.start<string | number>()
    .map("item", (item) => item)
    .filter("number", (item, index, { state }): item is number => {
      return typeof item === "number" && index >= 0 && state.accumulated.item === item;
    });

  assertType<IsExact<OutputOf<typeof pipeline>, number>>();
});

test("a type guard that the compiler infers narrows", () => {
  const pipeline = StreamingPipeline.start<string | undefined>()
    .filter("defined", (item) => item !== undefined);

  assertType<IsExact<OutputOf<typeof pipeline>, string>>();
});

test("a type guard narrows in a parallel stage", () => {
  const pipeline = StreamingPipeline.start<Shape>().filter("circle", isCircle, { parallel: true });

  assertType<IsExact<OutputOf<typeof pipeline>, Circle>>();
});

test("a plain predicate, sync or async, leaves the type as it is", () => {
  const pipeline = StreamingPipeline.start<Shape>()
    .filter("sync", (shape) => shape.kind.length > 1)
    .filter("async", async (shape) => await shape.kind.length > 1);

  assertType<IsExact<OutputOf<typeof pipeline>, Shape>>();
});

test("a predicate that answers with something else than a boolean does not compile", () => {
  // @ts-expect-error a number is no decision
  StreamingPipeline.start<number>().filter("a", (item) => item);
});
