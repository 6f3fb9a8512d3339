// What must hold of a random pipeline of lists on each side of the bridge, and of all sides together.

import { assert, assertEquals, assertLessOrEqual } from "@std/assert";
import type { ListOperationMetadata, StepError, StepResult } from "../../../mod.ts";
import type { Stage } from "../chain.ts";
import type { Program } from "../program.ts";
import { type Counts, type Expected, predictSides } from "./model.ts";
import { type Side, type SideRun, SIDES } from "./sides.ts";

/** Runs a program on one side and holds the run against the model. */
export async function checkSide({ run, nature }: Side, program: Program): Promise<void> {
  const made = await run(program);
  const expected = predictSides(program)[nature];
  expectAll(made, expected);
  if (made.result !== undefined) expectResult(made.result, made, expected);
  expectTidy(made);
}

/** Runs a program of which one stage fails at most on all sides: what one gives, all give. */
export async function checkAlike(program: Program): Promise<void> {
  const runs: SideRun[] = [];
  for (const { run } of SIDES) runs.push(await run(program));
  for (const [at, run] of runs.entries()) expectSame(SIDES[at]!, run, runs[0]!);
}

/** Data, failures, counts, state and attempts are those of the model. */
function expectAll(made: SideRun, expected: Expected): void {
  assertEquals(made.data, expected.data);
  assertEquals(made.failure, expected.failure);
  assertEquals(made.listed, expected.listed);
  if (expected.failure === undefined && made.collected !== undefined) {
    assertEquals(made.collected, expected.collected);
  }
  for (const stage of made.chain.stages) {
    const { key } = stage.spec;
    const [counts, wanted] = [made.counts?.get(key), expected.counts.get(key)];
    if (counts !== undefined && wanted !== undefined) {
      assertEquals(counts, withOthers(wanted, stage, expected), key);
    }
    expectAttempts(stage, expected);
    if ("state" in made && expected.data !== undefined) {
      assertEquals(made.state![key], expected.made.get(key), key);
    }
  }
  if ("state" in made && expected.data === undefined) assertEquals(made.state, undefined);
}

/** Side by side with a failure, others may have failed; what it has kept from being begun is left out. */
function withOthers(
  [total, success, failed, skipped]: Counts,
  { spec, work }: Stage,
  { failure, listed }: Expected,
): Counts {
  const isCutShort = failure?.key === spec.key && listed === undefined;
  if (!isCutShort) return [total, success, failed, skipped];
  return [total, success, work.failedLast.size, skipped + total - work.attempts.size];
}

/** Each item is tried as often as it needs, never with its neighbours. */
function expectAttempts({ spec, work }: Stage, { attempts, failure }: Expected): void {
  const wanted = attempts.get(spec.key);
  const made = [...work.attempts].sort(([one], [other]) => one - other).map(([, count]) => count);
  if (wanted === undefined) return;
  const isCutShort = failure?.key === spec.key && spec.parallel !== undefined;
  assertEquals(isCutShort ? made.slice(0, wanted.length) : made, wanted, spec.key);
}

/** What a batch result says beside. */
function expectResult(result: StepResult<unknown>, { chain }: SideRun, expected: Expected): void {
  for (const step of result.metadata.steps ?? []) {
    const stage = chain.stages.find(({ spec }) => spec.key === step.key);
    if (stage?.operator.traits.calls && step.listMetadata) {
      expectList(stage, step.listMetadata, expected);
    }
  }
  if (result.success) return assertEquals(result.metadata.stepName, "pipeline_complete");
  const { error, metadata } = result;
  const { failure, listed } = expected;
  assertEquals(metadata.steps?.at(-1)?.key, failure!.key);
  assertEquals(metadata.steps?.at(-1)?.stepName, metadata.stepName);
  if (listed === undefined) return;
  assertEquals(error.code, "LIST_PROCESSING_ERRORS");
  const [total] = expected.counts.get(failure!.key)!;
  assertEquals(error.message, `${listed.length} of ${total} items failed`);
  const items = error.cause as readonly { readonly error: StepError }[];
  assertEquals(error.retryable, items.some(({ error }) => error.retryable));
}

/** The figures of a list add up. */
function expectList({ spec }: Stage, list: ListOperationMetadata, { failure }: Expected): void {
  const { totalItems, successCount, failureCount, skippedCount } = list;
  const limit = spec.parallel?.limit;
  assertEquals(list.executionStrategy, limit === undefined ? "sequential" : "parallel");
  assertEquals(list.concurrencyLimit, limit);
  const skippedFailures = spec.strategy === "SKIP_FAILED" ? failureCount : 0;
  const sum = successCount + failureCount + skippedCount - skippedFailures;
  const isCutShort = failure?.key === spec.key && spec.strategy === undefined;
  if (!isCutShort || limit === undefined) assertEquals(sum, totalItems);
  assertLessOrEqual(sum, totalItems);
}

/** Nothing ran beyond its bounds, and nothing is left over. */
function expectTidy({ chain, timers, listeners }: SideRun): void {
  for (const { spec, work: { peak, running } } of chain.stages) {
    assertLessOrEqual(peak, spec.parallel?.limit ?? 1, spec.key);
    assertEquals(running, 0, spec.key);
  }
  assertEquals([timers, listeners], [0, 0], "timers and listeners");
}

function expectSame({ nature }: Side, run: SideRun, first: SideRun): void {
  // COLLECT_ERRORS ends a batch run alone: see `predictSides`.
  if (first.listed !== undefined && nature === "streaming") {
    if (run.collected !== undefined) assertEquals(run.collected, first.listed);
    return;
  }
  assertEquals([run.data, run.failure, run.listed], [first.data, first.failure, first.listed]);
  if (first.failure !== undefined) return;
  const attempts = ({ chain }: SideRun) => chain.stages.map(({ work }) => work.attempts);
  assertEquals(attempts(run), attempts(first));
  for (const [key, counts] of run.counts ?? []) {
    const own = first.counts!.get(key);
    assert(own !== undefined || !first.chain.stages.some(({ spec }) => spec.key === key));
    if (own !== undefined) assertEquals(counts, own, key);
  }
}
