// A type guard narrows the items that a stage lets pass, in state too, and those of its two sides.

import { assertEquals } from "@std/assert";
import { assertType, type IsExact } from "@std/testing/types";
import { createStep, StreamingPipeline } from "../../mod.ts";
import { branch, partition, takeWhile } from "../../src/operators/mod.ts";
import { test } from "../harness.ts";
import type { OutputOf, StateOf } from "./_types.ts";

type Shape =
  | { readonly kind: "circle"; readonly radius: number }
  | { readonly kind: "square"; readonly side: number };
type Circle = Extract<Shape, { kind: "circle" }>;

const SHAPES: readonly Shape[] = [{ kind: "circle", radius: 2 }, { kind: "square", side: 1 }];
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

test("a type guard narrows what takeWhile lets pass, in every face", async () => {
  const named = StreamingPipeline.start<Shape>().takeWhile("circle", isCircle);
  const inferred = StreamingPipeline.start<Shape>()
    .takeWhile("circle", (shape) => shape.kind === "circle", { parallel: true })
    .map("radius", (circle) => circle.radius);
  const operator = StreamingPipeline.start<Shape>().use("circle", takeWhile(isCircle));
  const plain = StreamingPipeline.start<Shape>()
    .takeWhile("sync", (shape) => shape.kind.length > 1)
    .takeWhile("async", async (shape) => await shape.kind.length > 1);

  assertType<IsExact<StateOf<typeof named>, { circle: Circle }>>();
  assertType<IsExact<OutputOf<typeof operator>, Circle>>();
  assertType<IsExact<OutputOf<typeof plain>, Shape>>();
  assertEquals(await inferred.executeToArray(SHAPES), [2]);
});

test("a type guard narrows what the two sides of branch get", async () => {
  const measure = createStep("measure", ({ input }: { input: Circle }) => input.radius);
  const start = StreamingPipeline.start<Shape>();
  const named = start.branch("size", isCircle, (circle) => circle.radius, ({ side }) => side);
  const inferred = start.branch(
    "size",
    (shape) => shape.kind === "circle",
    (circle) => circle.radius,
    async (square) => await `${square.side}`,
  );
  const step = start.branch("size", isCircle, measure, ({ side }) => side);
  const operator = start.use(
    "size",
    branch(isCircle, ({ radius }) => radius, ({ side }) => side),
  );
  const plain = start.branch(
    "size",
    async (shape) => await shape.kind === "circle",
    (shape) => shape,
    createStep("same", ({ input }) => input),
  );

  assertType<IsExact<OutputOf<typeof inferred>, number | string>>();
  assertType<IsExact<OutputOf<typeof operator>, number>>();
  assertType<IsExact<OutputOf<typeof plain>, Shape>>();
  assertEquals(await named.executeToArray(SHAPES), [2, 1]);
  assertEquals(await inferred.executeToArray(SHAPES), [2, "1"]);
  assertEquals(await step.executeToArray(SHAPES), [2, 1]);
  // @ts-expect-error a circle has no side
  start.branch("size", isCircle, ({ side }) => side, ({ side }) => side);
  // @ts-expect-error the step is for circles
  start.branch("size", isCircle, measure, measure);
});

test("a type guard narrows what the two pipelines of partition get", async () => {
  const start = StreamingPipeline.start<Shape>();
  const named = start.partition(
    "size",
    isCircle,
    (circles) => circles.map("radius", ({ radius }) => radius),
    (squares) => squares.map("side", ({ side }) => `${side}`),
  );
  const operator = start.use(
    "size",
    partition(
      (shape) => shape.kind === "circle",
      (circles) => circles.map("radius", ({ radius }) => radius),
      (squares) => squares,
    ),
  );
  const plain = start.partition("size", ({ kind }) => kind.length > 1, (all) => all, (all) => all);

  assertType<IsExact<OutputOf<typeof named>, number | string>>();
  assertType<IsExact<OutputOf<typeof operator>, number | Exclude<Shape, Circle>>>();
  assertType<IsExact<OutputOf<typeof plain>, Shape>>();
  assertEquals((await named.executeToArray(SHAPES)).toSorted(), ["1", 2].toSorted());
  // @ts-expect-error a square has no radius
  start.partition("size", isCircle, (all) => all, (all) => all.map("r", ({ radius }) => radius));
});
