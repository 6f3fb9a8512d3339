// All laws at once, over random pipelines, inputs, failures, orders of completion and consumers. A
// failure prints the seed and the smallest scenario that shows it.

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertNotEquals,
} from "@std/assert";
import { assertStrictEquals } from "@std/assert";
import fc from "fast-check";
import { type PipelineMetadata, StreamingError } from "../../mod.ts";
import { test } from "../harness.ts";
import { type ExpectedError, type Flow, predict, predictLoosely } from "./_random_model.ts";
import {
  CLOSE_FAILURE,
  type RandomRun,
  REASON,
  runScenario,
  SOURCE_FAILURE,
} from "./_random_runs.ts";
import { ORDERED_SCENARIOS, type Scenario, UNORDERED_SCENARIOS } from "./_random_specs.ts";
import { STAGE_FAILURE } from "./_random_world.ts";

const RUNS = 500;

/** The same scenarios everywhere and every time, so that a failure is found again. */
const SEED = 20261123;

test("[L3] [L6] random ordered pipelines do what their model does, whatever happens", () =>
  check(ORDERED_SCENARIOS, expectExactly));

test("[L3] [L6] random unordered pipelines lose nothing and invent nothing", () =>
  check(UNORDERED_SCENARIOS, expectLoosely));

type Expectation = (scenario: Scenario, run: RandomRun) => void;

function check(scenarios: fc.Arbitrary<Scenario>, expect: Expectation): Promise<void> {
  const property = fc.asyncProperty(scenarios, async (scenario) => {
    const run = await runScenario(scenario, expectBalance);
    expect(scenario, run);
    expectTidy(scenario, run);
  });
  return fc.assert(property, { numRuns: RUNS, seed: SEED });
}

/** The items and the error are those of the model, up to where the consumer stops. */
function expectExactly(scenario: Scenario, run: RandomRun): void {
  const flow = predict(scenario);
  const { after } = scenario.consumer;
  if (stops(scenario, flow.items.length)) {
    assertEquals(run.seen, flow.items.slice(0, after));
    return expectStopped(scenario, run);
  }
  const isLost = flow.error !== undefined && scenario.consumer.end === "array";
  assertEquals(run.seen, isLost ? [] : flow.items);
  const { error, other } = flow;
  const isOther = other !== undefined &&
    (run.error as ExpectedError | undefined)?.key === other.key;
  expectEnd(scenario, run, isOther ? other : error);
}

/** Each item is one of the model's, and none is missing where no error explains it. */
function expectLoosely(scenario: Scenario, run: RandomRun): void {
  const { items, errorKeys } = predictLoosely(scenario);
  expectSubset(run.seen, items);
  if (stops(scenario, run.seen.length)) return expectStopped(scenario, run);
  if (errorKeys.size === 0) {
    assertEquals(run.seen.length, items.length);
    return expectEnd(scenario, run, undefined);
  }
  const { error } = run;
  assertInstanceOf(error, StreamingError);
  assert(errorKeys.has(error.key), error.key);
  expectEnd(scenario, run, { key: error.key });
}

function stops({ consumer }: Scenario, length: number): boolean {
  return consumer.action !== "reads all" && length >= consumer.after;
}

/** What the consumer is told that stopped before the end. */
function expectStopped({ consumer, source }: Scenario, run: RandomRun): void {
  if (consumer.action === "breaks") return expectCleanUp(source.failsOnClose, run);
  if (consumer.end === "forEach" && consumer.action === "throws") {
    assertInstanceOf(run.error, StreamingError);
    assertEquals(run.error.key, "executeForEach");
    assertStrictEquals(run.error.cause, REASON);
  } else assertStrictEquals(run.error, REASON);
}

/** What the consumer is told that read to the end. */
function expectEnd({ consumer, source }: Scenario, run: RandomRun, expected: Flow["error"]): void {
  if (expected === undefined) {
    return expectCleanUp(source.failsOnClose && consumer.end !== "array", run);
  }
  assertInstanceOf(run.error, StreamingError);
  assertEquals(run.error.key, expected.key);
  if ("itemIndex" in expected) assertEquals(run.error.itemIndex, expected.itemIndex);
  assertStrictEquals(run.error.cause, expected.key === "source" ? SOURCE_FAILURE : STAGE_FAILURE);
}

/** A clean-up that fails is told of, unless nobody had to wait for it. */
function expectCleanUp(isTold: boolean, { probe, error }: RandomRun): void {
  if (!isTold || probe.cleanUpsDue === 0 || probe.owedAtClose) {
    return assertEquals(error, undefined);
  }
  assertInstanceOf(error, StreamingError);
  assertEquals(error.key, "source");
  assertStrictEquals(error.cause, CLOSE_FAILURE);
}

/** Nothing ran beyond its bounds, and nothing is left over. */
function expectTidy({ source }: Scenario, run: RandomRun): void {
  const { probe, stages, stillRunning, timers, metadata } = run;
  assert(probe.opened <= 1 && probe.closed <= 1, "the source is opened or closed twice");
  assert(!probe.wasOverAtClose, "the source is closed after its end");
  assert(probe.opened === 0 || probe.isOver || probe.closed === 1, "the source is left open");
  if (probe.closed === 1 && !probe.owedAtClose && !source.failsOnClose) {
    assertEquals(probe.cleaned, probe.cleanUpsDue);
  }
  for (const { spec, peak, late } of stages) {
    const isParallel = spec.isParallel || spec.op === "step per item";
    assertLessOrEqual(peak, isParallel ? spec.limit : 1, spec.key);
    assertEquals(late, 0, spec.key);
  }
  assertEquals([stillRunning, timers], [0, 0]);
  assertNotEquals(metadata.status, "running");
}

/** Whatever has entered a stage is accounted for. */
function expectBalance({ steps }: PipelineMetadata): void {
  for (const step of steps) {
    const { inputCount, passedCount, droppedCount, errorCount, inFlightCount } = step;
    const parts = [passedCount, droppedCount, errorCount, inFlightCount];
    assert(parts.every((count) => count >= 0), `${step.key}: ${parts.join(", ")}`);
    assertEquals(inputCount, parts.reduce((sum, count) => sum + count), step.key);
  }
}

function expectSubset(seen: readonly unknown[], items: readonly unknown[]): void {
  const left = new Map<string, number>();
  for (const item of items) left.set(String(item), (left.get(String(item)) ?? 0) + 1);
  for (const item of seen) {
    const count = left.get(String(item)) ?? 0;
    assert(count > 0, `${String(item)} is not one of ${items.join(", ")}`);
    left.set(String(item), count - 1);
  }
}
