// Random pipelines, every function of which compares its state with what its item was made of.

import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { StageOptions } from "../../mod.ts";
import { test } from "../harness.ts";
import { build, KINDS, model, type Node, type StageSpec, type Value } from "./lineage.ts";
import { hops } from "../state/_support.ts";

const options: fc.Arbitrary<StageOptions> = fc.oneof(
  fc.constant({}),
  fc.record({
    parallel: fc.constant(true as const),
    concurrencyLimit: fc.integer({ min: 1, max: 5 }),
    ordered: fc.boolean(),
    highWaterMark: fc.nat(3),
  }),
);

const specs: fc.Arbitrary<StageSpec[]> = fc.array(
  fc.record({
    kind: fc.constantFrom(...Object.keys(KINDS)),
    options,
    turn: fc.nat(3),
    isAsync: fc.boolean(),
  }),
  { minLength: 1, maxLength: 7 },
);

const weights = fc.array(fc.nat(99), { maxLength: 12 });

test("every stage of a random pipeline sees the values of its item's own path", async () => {
  const property = fc.asyncProperty(specs, weights, fc.boolean(), async (stages, given, isSlow) => {
    const source = given.map((weight): Node => ({ weight, parent: undefined }));

    const problems: unknown[] = [];

    const items = await build(stages, problems).executeToArray(isSlow ? slowly(source) : source);

    assertEquals(problems, []);
    if (keepsOrder(stages)) assertEquals(items, model(stages, source));
    else if (!isOrderSeen(stages)) assertEquals(texts(items), texts(model(stages, source)));
  });

  await fc.assert(property, { numRuns: 150, seed: 11 });
});

test("runs of a random pipeline at the same time see their own items", async () => {
  const property = fc.asyncProperty(specs, weights, weights, async (stages, one, other) => {
    const problems: unknown[] = [];
    const pipeline = build(stages, problems);
    const sources = [one, other].map((given) =>
      given.map((weight): Node => ({ weight, parent: undefined }))
    );

    const runs = await Promise.all(
      sources.map((source) => pipeline.executeToArray(slowly(source))),
    );

    if (keepsOrder(stages)) assertEquals(runs, sources.map((source) => model(stages, source)));
  });

  await fc.assert(property, { numRuns: 40, seed: 12 });
});

function keepsOrder(stages: readonly StageSpec[]): boolean {
  return stages.every(({ kind, options }) => takesNoOptions(kind) || options.ordered !== false);
}

/** Whether what a stage makes depends on the order in which items reach it. */
function isOrderSeen(stages: readonly StageSpec[]): boolean {
  return stages.some(({ kind }) => kind === "batch" || kind === "step that gathers");
}

function takesNoOptions(kind: string): boolean {
  return ["batch", "buffer", "checkpoint", "step that gathers", "step that reads ahead"]
    .includes(kind);
}

function texts(items: readonly Value[]): string[] {
  return items.map((item) => JSON.stringify(item)).sort();
}

async function* slowly(items: readonly Value[]): AsyncGenerator<Value, void, undefined> {
  for (const [index, item] of items.entries()) {
    await hops((index * 5) % 7);
    yield item;
  }
}
