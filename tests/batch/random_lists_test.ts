// Random lists and stages, all strategies, one at a time and side by side, against plain arrays. A
// failure prints the seed and the smallest scenario that shows it.

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import fc from "fast-check";
import type { ListOperationMetadata, StepError } from "../../mod.ts";
import { test } from "../harness.ts";
import { type Expected, type ExpectedStage, predict } from "./_random_model.ts";
import { type RandomRun, runScenario } from "./_random_runs.ts";
import { type Scenario, SCENARIOS, type StageSpec } from "./_random_specs.ts";

const RUNS = 400;

/** The same scenarios everywhere and every time, so that a failure is found again. */
const SEED = 20261123;

const SLOW = { hangAfterMs: 120_000 };

test(
  "random batch pipelines come to what plain arrays come to",
  () =>
    check((scenario, run, expected) => {
      expectOutcome(scenario, run, expected);
      assertEquals(run.timers, 0);
    }),
  SLOW,
);

test(
  "random batch pipelines keep whole outputs in their state",
  () =>
    check((scenario, { state }, expected) => {
      if (expected.data === undefined) return assertEquals(state, undefined);
      const seen = state as Record<string, unknown>;
      for (const position of scenario.stages.keys()) {
        assertEquals(seen[`s${position}`], expected.state[`s${position}`]);
      }
    }),
  SLOW,
);

test(
  "[L14] counts of random lists add up, and are those of plain arrays",
  () =>
    check((scenario, run, expected) => {
      for (const [position, stage] of expected.stages.entries()) {
        const list = listOf(run, `s${position}`);
        const begun = run.workers[position]!.attempts.length;
        if (list !== undefined) expectCounts(scenario.stages[position]!, list, stage, begun);
      }
    }),
  SLOW,
);

test(
  "[defect] work on random lists is tried as often as its items need, never with its neighbours",
  () =>
    check((scenario, { workers }, expected) => {
      for (const [position, { attempts, endsEarly }] of expected.stages.entries()) {
        const spec = scenario.stages[position]!;
        const { attempts: made, peak, running } = workers[position]!;
        assertLessOrEqual(peak, Math.max(spec.limit, 1));
        assertEquals(running, 0);
        if (!endsEarly || spec.limit < 2) assertEquals(made, attempts);
        else assertEquals(made.slice(0, attempts.length), attempts);
      }
      for (const { attempts } of workers.slice(expected.stages.length)) assertEquals(attempts, []);
    }),
  SLOW,
);

function check(
  expect: (scenario: Scenario, run: RandomRun, expected: Expected) => void,
): Promise<void> {
  const property = fc.asyncProperty(SCENARIOS, async (scenario) => {
    expect(scenario, await runScenario(scenario), predict(scenario));
  });
  return fc.assert(property, { numRuns: RUNS, seed: SEED });
}

function expectOutcome(scenario: Scenario, { result }: RandomRun, expected: Expected): void {
  const { data, failures = [], isCollected } = expected;
  if (data !== undefined) {
    assert(result.success);
    return assertEquals(result.data, data);
  }
  assert(!result.success);
  const { error, metadata } = result;
  const position = expected.stages.length - 1;
  assertEquals(metadata.steps?.at(-1)?.key, `s${position}`);
  assertEquals(metadata.steps?.at(-1)?.stepName, metadata.stepName);
  if (!isCollected) {
    assertEquals([error.code, indexOf(error)], [failures[0]!.code, failures[0]!.index]);
    return;
  }
  const { total } = expected.stages[position]!;
  assertEquals(error.code, "LIST_PROCESSING_ERRORS");
  assertEquals(error.message, `${failures.length} of ${total} items failed`);
  const told = error.cause as { index: number; error: StepError }[];
  assertEquals(told.map(({ index, error }) => ({ index, code: error.code })), failures);
  for (const { index, error } of told) assertEquals(indexOf(error), index);
  assertEquals(error.retryable, told.some(({ error }) => error.retryable));
  assertEquals(scenario.stages[position]!.strategy, "COLLECT_ERRORS");
}

/** The index that the thrown error was made with. */
function indexOf({ cause }: StepError): number {
  return (cause as { index: number }).index;
}

function listOf({ result }: RandomRun, key: string): ListOperationMetadata | undefined {
  return result.metadata.steps?.find((step) => step.key === key)?.listMetadata;
}

function expectCounts(
  spec: StageSpec,
  list: ListOperationMetadata,
  stage: ExpectedStage,
  begun: number,
): void {
  if (spec.method === "batch and flatten") return;
  const { totalItems, successCount, failureCount, skippedCount } = list;
  const isParallel = spec.limit > 0;
  assertEquals(list.executionStrategy, isParallel ? "parallel" : "sequential");
  assertEquals(list.concurrencyLimit, isParallel ? spec.limit : undefined);
  assertEquals(totalItems, stage.total);
  const skippedFailures = spec.strategy === "SKIP_FAILED" ? failureCount : 0;
  const sum = successCount + failureCount + skippedCount - skippedFailures;
  if (!stage.endsEarly || !isParallel) assertEquals(sum, totalItems);
  assertLessOrEqual(sum, totalItems);
  const notBegun = stage.endsEarly ? stage.total - begun : 0;
  assertEquals([successCount, failureCount, skippedCount], [
    stage.success,
    stage.failure,
    stage.skipped + notBegun,
  ]);
}
