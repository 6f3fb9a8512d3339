import { assert } from "@std/assert";
import fc from "fast-check";
import { durable } from "../../src/durable/mod.ts";
import { killAtEveryPoint } from "../../src/testing/mod.ts";
import { test } from "../harness.ts";
import { buildPipeline, MAKER_COUNT } from "./_random_pipeline.ts";

const choice = fc.tuple(fc.nat(MAKER_COUNT - 1), fc.integer({ min: 1, max: 4 }));

const program = fc.record({
  choices: fc.array(choice, { minLength: 1, maxLength: 4 }),
  items: fc.array(fc.nat(50), { maxLength: 7 }),
  commit: fc.integer({ min: 1, max: 4 }),
  sink: fc.constantFrom("transactional" as const, "plain" as const),
});

test("[L17] a job of any stages killed at any point goes on exactly", async () => {
  let kills = 0;
  await fc.assert(
    fc.asyncProperty(program, async ({ choices, items, commit, sink }) => {
      const { runs } = await killAtEveryPoint({
        createJob: (store) =>
          durable(buildPipeline(choices), {
            id: "job",
            mode: "snapshots",
            store,
            commit: { items: commit },
          }),
        items,
        sink,
      });
      kills += runs;
    }),
    { numRuns: 40 },
  );
  assert(kills > 400);
});
