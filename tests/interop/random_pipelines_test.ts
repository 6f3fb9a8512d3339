// Random pipelines and inputs come to the same on both sides of the bridge and over it: the same
// data, the same failures by index, the same counts. A failure prints the seed and the smallest
// scenario that shows it.

import { assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import { test } from "../harness.ts";
import { type Expected, predict } from "./_random_model.ts";
import { type SideRun, SIDES } from "./_random_runs.ts";
import { ONE_FAILING, SCENARIOS } from "./_random_specs.ts";

const RUNS = 300;

/** The same scenarios everywhere and every time, so that a failure is found again. */
const SEED = 20261123;

const SLOW = { hangAfterMs: 120_000 };

for (const { name, nature, run } of SIDES) {
  test(`random pipelines come to what plain arrays come to: ${name}`, () => {
    const property = fc.asyncProperty(SCENARIOS, async (scenario) => {
      const made = await run(scenario);
      expectAll(made, predict(scenario)[nature]);
      expectTidy(made);
    });
    return fc.assert(property, { numRuns: RUNS, seed: SEED });
  }, SLOW);
}

test("random pipelines of which one stage fails come to the same on all sides", () => {
  const property = fc.asyncProperty(ONE_FAILING, async (scenario) => {
    const runs: SideRun[] = [];
    for (const { run } of SIDES) runs.push(await run(scenario));
    expectSame(runs);
  });
  return fc.assert(property, { numRuns: RUNS, seed: SEED });
}, SLOW);

/** Data, failures, counts and calls are those of the model. */
function expectAll(made: SideRun, expected: Expected): void {
  assertEquals(made.data, expected.data);
  assertEquals(made.failure, expected.failure);
  assertEquals(made.listed, expected.listed);
  if (expected.failure === undefined && made.collected !== undefined) {
    assertEquals(made.collected, expected.collected);
  }
  if (made.counts !== undefined) {
    assertEquals(made.counts.slice(0, expected.counts.length), expected.counts);
  }
  const calls = made.works.map((work) => work.calls);
  assertEquals(calls.slice(0, expected.calls.length), expected.calls);
}

/** Nothing ran beyond its bounds, and nothing is left over. */
function expectTidy({ works, timers }: SideRun): void {
  for (const { spec, peak, running } of works) {
    assertLessOrEqual(peak, Math.max(spec.limit, 1), spec.key);
    assertEquals(running, 0, spec.key);
  }
  assertEquals(timers, 0);
}

/** Without the model: what one side gives, all give. */
function expectSame(runs: readonly SideRun[]): void {
  const [first] = runs;
  // COLLECT_ERRORS ends a batch run alone: see `predict`.
  const isCollected = first!.listed !== undefined;
  for (const [index, run] of runs.entries()) {
    if (isCollected && SIDES[index]!.nature === "streaming") {
      if (run.collected !== undefined) assertEquals(run.collected, first!.listed);
      continue;
    }
    assertEquals([run.data, run.failure, run.listed], [first!.data, first!.failure, first!.listed]);
    if (first!.failure !== undefined) continue;
    if (run.counts !== undefined) assertEquals(run.counts, first!.counts);
    assertEquals(
      run.works.map(({ calls }) => calls),
      first!.works.map(({ calls }) => calls),
    );
  }
}
