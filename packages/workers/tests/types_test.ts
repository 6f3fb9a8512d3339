// What the compiler infers of a module, and what it must refuse.

import { assertType, type IsExact } from "@std/testing/types";
import { StreamingPipeline } from "@headrace/pipeline/core";
import { test } from "../../../tests/harness.ts";
import { inWorkers, type WorkerExport, type WorkerPool, workerPool } from "../mod.ts";
import { TOOLS } from "./support/modules.ts";
import type { Box } from "./support/shapes.ts";

type Shapes = typeof import("./support/shapes.ts");
interface One {
  area(box: Box): Promise<number>;
}

test("a module's functions that need no more than a worker has can run in one", () => {
  assertType<IsExact<WorkerExport<Shapes>, "area" | "twice" | "default">>(true);
});

test("items and results have the types of the export", async () => {
  const start = StreamingPipeline.start<Box>();
  const areas = start.use("a", inWorkers<Shapes, "area">(TOOLS, { export: "area" }));
  assertType<IsExact<Awaited<ReturnType<typeof areas.executeToArray>>, number[]>>(true);
  const only = start.use("a", inWorkers<One>(TOOLS, { export: "area" }));
  assertType<IsExact<Awaited<ReturnType<typeof only.executeToArray>>, number[]>>(true);

  await using pool = workerPool<Shapes>(TOOLS);
  const twice = start.use("t", inWorkers(pool, { export: "twice" }));
  assertType<IsExact<Awaited<ReturnType<typeof twice.executeToArray>>, (Box & { at: number })[]>>(
    true,
  );
  const call = () => pool.call("area", { width: 1, height: 2 });
  assertType<IsExact<ReturnType<typeof call>, Promise<number>>>(true);
});

test("what does not fit does not compile", () => {
  const refuse = (pool: WorkerPool<Shapes>) => {
    // @ts-expect-error -- the module has no such function
    inWorkers<Shapes, "volume">(TOOLS, { export: "volume" });
    // @ts-expect-error -- what it has under that name is no function
    inWorkers(pool, { export: "unit" });
    // @ts-expect-error -- it asks for state
    inWorkers(pool, { export: "stateful" });
    // @ts-expect-error -- the types are those of another function
    inWorkers<Shapes, "area">(TOOLS, { export: "twice" });
    // @ts-expect-error -- numbers are no boxes
    StreamingPipeline.start<number>().use("a", inWorkers(pool, { export: "area" }));
    // @ts-expect-error -- a worker works on one item after the other
    inWorkers(pool, { export: "area", concurrencyLimit: 2 });
    // @ts-expect-error -- a text is no box
    pool.call("area", "box");
  };
  assertType<IsExact<Parameters<typeof refuse>, [WorkerPool<Shapes>]>>(true);
});
