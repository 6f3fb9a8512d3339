// What must hold of every random run.

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertLessOrEqual,
  assertNotEquals,
  assertStrictEquals,
} from "@std/assert";
import { StreamingError } from "../../mod.ts";
import { expectBalance } from "../../src/testing/balance.ts";
import type { SourceProbe } from "../../src/testing/source_probe.ts";
import type { Chain, Stage } from "./chain.ts";
import { type ExpectedError, isExact, isItemwise, predict, predictItems } from "./predict.ts";
import { findWrongs } from "./passages.ts";
import type { Program } from "./program.ts";
import { type Outcome, runProgram } from "./run.ts";
import { differsInItems } from "./sequences.ts";
import { CLOSE_FAILURE, FAULT, REASON, SOURCE_FAILURE, StageFailure } from "./world.ts";

/** Runs a program and holds the run against all laws; throws what is wrong. */
export async function checkProgram(program: Program): Promise<void> {
  const outcome = await runProgram(
    program,
    ({ steps }) => steps.forEach((step) => expectBalance(step)),
  );
  assertEquals(outcome.world.problems, []);
  const ended = findEnded(program, outcome);
  const isKnownEnd = !isDrained(program, outcome) || !hasOtherSources(outcome.chain);
  const isHasty = isHurried(program, outcome);
  if (isExact(program) && !isWritten(program) && isKnownEnd && !isHasty) {
    expectOneOf(ended, (each) => expectExactly(each, outcome));
  } else expectExplained(program, outcome);
  if (isItemwise(program)) expectOneOf(ended, (each) => expectItems(each, outcome));
  // Nothing here knows which item fails because of a timer that cannot be set.
  const isKnown = !outcome.world.isFaulty || program.fault?.point !== "timer";
  if (program.isObserved && isKnown && !isHasty) expectPassages(program, outcome);
  expectTidy(program, outcome);
}

/**
 * A run that is stopped does what it would if its source had ended there: after the last item that
 * it has given, or the one before if it owed that.
 */
function findEnded(program: Program, outcome: Outcome): readonly Program[] {
  const { consumer, input } = program;
  if (consumer.action !== "drains" && consumer.action !== "hurries") return [program];
  const read: Program = { ...program, consumer: { ...consumer, action: "reads all" } };
  if (isHurried(program, outcome)) return [program];
  if (!isDrained(program, outcome)) return [read];
  const { given, pulls } = outcome.probe;
  const { failAfter = Infinity } = input;
  const failures = pulls > failAfter ? [failAfter, undefined] : [undefined];
  return [given, given - 1].filter((count) => count >= 0).flatMap((count) =>
    failures.map((failAfter) => ({ ...read, input: { ...input, count, failAfter } }))
  );
}

function isDrained({ consumer }: Program, { seen }: Outcome): boolean {
  return consumer.action === "drains" && seen.length >= consumer.after;
}

/** What was in progress when it was stopped is lost, and nothing else is known. */
function isHurried({ consumer }: Program, { seen }: Outcome): boolean {
  return consumer.action === "hurries" && seen.length >= consumer.after;
}

/** Nothing here knows how far they were read when the run was stopped. */
function hasOtherSources(chain: Chain): boolean {
  return [...chain.all()].some(({ spec }) => spec.other !== undefined);
}

function expectOneOf(programs: readonly Program[], expect: (program: Program) => void): void {
  const [program, ...rest] = programs;
  try {
    expect(program!);
  } catch (wrong) {
    if (rest.length === 0) throw wrong;
    expectOneOf(rest, expect);
  }
}

/** The items and the error are those of the model, up to where the consumer stops. */
function expectExactly(program: Program, outcome: Outcome): void {
  const { consumer } = program;
  const flow = predict(program);
  if (consumer.action !== "reads all" && flow.items.length >= consumer.after) {
    assertEquals(outcome.seen, flow.items.slice(0, consumer.after));
    return expectStopped(program, outcome);
  }
  const isLost = flow.error !== undefined && consumer.end === "array";
  assertEquals(outcome.seen, isLost ? [] : flow.items);
  const { key } = outcome.error as ExpectedError ?? {};
  const other = flow.others.find((other) => other.key === key);
  expectEnd(program, outcome, flow.error?.key === key ? flow.error : other ?? flow.error);
}

/** Each item is one of the model's, and none is missing where nothing explains it. */
function expectItems(program: Program, outcome: Outcome): void {
  // What waits in a writer's queue when the run is stopped has not come in.
  const isCut = outcome.world.isHurried || (outcome.world.isStopped && isWritten(program));
  const isComplete = outcome.error === undefined && !hasStopped(program, outcome) && !isCut;
  const wrong = differsInItems(outcome.seen, predictItems(program), isComplete);
  assertEquals(wrong, undefined);
}

/** What a consumer gets that stopped before the end. */
function expectStopped({ consumer, input }: Program, outcome: Outcome): void {
  if (consumer.action === "breaks") {
    return expectCleanUp(input.failsOnClose ?? false, outcome);
  }
  if (consumer.action === "throws" && (consumer.end === "forEach" || consumer.end === "reduce")) {
    assertInstanceOf(outcome.error, StreamingError);
    const method = consumer.end === "forEach" ? "executeForEach" : "executeReduce";
    assertEquals(outcome.error.key, method);
    assertStrictEquals(outcome.error.cause, REASON);
  } else assertStrictEquals(outcome.error, REASON);
}

/** What a consumer gets that read to the end. */
function expectEnd(
  { consumer, input }: Program,
  outcome: Outcome,
  expected: ExpectedError | undefined,
): void {
  if (expected === undefined) {
    const isTold = consumer.end !== "array" && consumer.end !== "reduce";
    return expectCleanUp(isTold && (input.failsOnClose ?? false), outcome);
  }
  const { error } = outcome;
  assertInstanceOf(error, StreamingError);
  assertEquals(error.key, expected.key);
  if ("itemIndex" in expected) assertEquals(error.itemIndex, expected.itemIndex);
  if (expected.key === "source") return assertStrictEquals(error.cause, SOURCE_FAILURE);
  expectCause(error);
}

/** The error of a stage has what its function has thrown, for the item that it names. */
function expectCause(
  { key, itemIndex, cause, code, retryable }: StreamingError,
  isCounted = true,
): void {
  assertInstanceOf(cause, StageFailure);
  assertEquals([cause.key, cause.code], [key, code]);
  if (itemIndex !== undefined && isCounted) assertEquals(cause.index, itemIndex);
  assertEquals(retryable, code === "ECONNRESET");
}

/** A clean-up that fails is reported, unless nothing had to wait for it. */
function expectCleanUp(isTold: boolean, { probe, error }: Outcome): void {
  if (!isTold || probe.cleanUpsDue === 0 || probe.owedAtClose) {
    return assertEquals(error, undefined);
  }
  assertInstanceOf(error, StreamingError);
  assertEquals(error.key, "source");
  assertStrictEquals(error.cause, CLOSE_FAILURE);
}

/** Where the order is open, too: the run ends as something says that went wrong, or well. */
function expectExplained(program: Program, outcome: Outcome): void {
  const { error } = outcome;
  if (error === undefined) {
    const isCut = hasStopped(program, outcome) || isHurried(program, outcome);
    if (!isCut && !outcome.isRescued) expectNoFailure(outcome.chain);
    return;
  }
  if (error === REASON) {
    const { action } = program.consumer;
    const isOwn = hasStopped(program, outcome) && (action === "throws" || action === "aborts");
    return assert(isOwn || outcome.isRescued, "the run is aborted, and nothing has done so");
  }
  // A writer's failure is that of the stream that it writes to.
  if (isWritten(program) && (error === SOURCE_FAILURE || error === FAULT)) return;
  // A timer that cannot be set is the failure of no stage.
  if (program.fault?.point === "timer" && error === FAULT) return;
  assertInstanceOf(error, StreamingError);
  if (error.key === "executeForEach" || error.key === "executeReduce") {
    return assertStrictEquals(error.cause, REASON);
  }
  if (error.key === "errorsTo") return assertStrictEquals(error.cause, FAULT);
  if (error.key === "source") {
    return assert(isOfSource(error.cause), `the source has not failed: ${error.cause}`);
  }
  expectOwn(outcome.chain, error, outcome);
}

function isOfSource(cause: unknown): boolean {
  return cause === SOURCE_FAILURE || cause === CLOSE_FAILURE || cause === FAULT;
}

/** The error says which stage of the chain has failed on which of its items. */
function expectOwn(chain: Chain, error: StreamingError, outcome: Outcome): void {
  const { world } = outcome;
  const stage = chain.stages.find(({ spec }) => spec.key === error.key);
  assert(stage !== undefined, `there is no stage ${error.key}`);
  const { cause } = error;
  if (cause instanceof StreamingError) return expectInner(stage, cause, outcome);
  if (world.isFaulty && (cause === FAULT || error.code === "TimeoutError")) return;
  if (stage.spec.other && isOfSource(cause)) return;
  // A step that runs once per item counts what it reads: one that is aborted before has read nothing.
  const isCounted = stage.spec.op !== "step per item";
  expectCause(error, isCounted);
  if (error.itemIndex === undefined || !isCounted) return;
  const { failed } = stage.work;
  // A call that failed because it was aborted is not the first one that fails.
  if (outcome.world.isHurried) return assert(failed.includes(error.itemIndex));
  const isOrdered = stage.spec.parallel?.ordered ?? true;
  assertEquals(error.itemIndex, isOrdered ? Math.min(...failed) : failed[0], "the first failure");
}

/** As {@linkcode expectOwn}, of one of the pipelines that a stage runs. */
function expectInner({ spec, inner }: Stage, error: StreamingError, outcome: Outcome): void {
  const wrongs = inner.map((chain) => {
    try {
      expectOwn(chain, error, outcome);
      return undefined;
    } catch (wrong) {
      return (wrong as Error).message;
    }
  });
  assert(wrongs.includes(undefined), `no pipeline of ${spec.key} has failed: ${wrongs.join()}`);
}

/** No stage has failed for good, unless a later one has had enough. */
function expectNoFailure({ stages }: Chain): void {
  for (const stage of [...stages].reverse()) {
    const { spec, operator, work, inner } = stage;
    const model = operator.model?.(stage);
    if (operator.endsEarly || model?.isFull) return;
    // Side by side, some are called that turn out not to be needed: these fail nothing.
    const isNeeded = model?.calls === undefined || spec.parallel === undefined;
    const isFatal = (spec.strategy ?? "FAIL_FAST") === "FAIL_FAST" && isNeeded;
    assert(!isFatal || work.failed.length === 0, `${spec.key} has failed, and the run has not`);
    for (const chain of inner) expectNoFailure(chain);
  }
}

function hasStopped({ consumer }: Program, { seen }: Outcome): boolean {
  const goesOn = ["reads all", "drains", "hurries"].includes(consumer.action);
  return !goesOn && seen.length >= consumer.after;
}

/** Whether the run reads what a writer writes, which waits in queues that are lost. */
function isWritten({ consumer }: Program): boolean {
  return consumer.end === "toTransformStream";
}

/** Each stage has made of what it got what it must. */
function expectPassages(program: Program, outcome: Outcome): void {
  const { chain, error, seen } = outcome;
  const isComplete = !hasStopped(program, outcome) && !outcome.isRescued &&
    (error === undefined || isOfPipeline(error)) &&
    !(isWritten(program) && error !== undefined);
  const hasFailed = isComplete && error instanceof StreamingError && !isOfCleanup(program, error);
  const failedKey = hasFailed ? error.key : undefined;
  const { metadata } = outcome;
  assertEquals(findWrongs(chain, { isComplete, failedKey, metadata }), []);
  if (program.consumer.end === "array" && error !== undefined) return;
  const last = chain.seen.at(-1)!.items;
  assertEquals(seen, isComplete ? last : last.slice(0, seen.length));
}

/** Whether a stage or the source has failed, and not what takes failed items. */
function isOfPipeline(error: unknown): boolean {
  return error instanceof StreamingError && error.key !== "errorsTo";
}

/** Whether it is the source's that could not be closed: what came of its items is all there. */
function isOfCleanup({ fault }: Program, { key, cause }: StreamingError): boolean {
  return key === "source" && fault?.point === "return" && cause === FAULT;
}

/** Nothing ran beyond its bounds, and nothing is left over. */
function expectTidy(program: Program, outcome: Outcome): void {
  const { chain, probe, others, stillRunning, timers, lastTimers, listeners, metadata } = outcome;
  const { fault } = program;
  expectClosed("the source", probe, program);
  for (const other of others) expectClosed("another source", other, program);
  // A call that hangs, or whose time cannot be told, is let go of.
  const isHung = fault?.point === "call" && fault.kind === "hangs";
  const isUntimed = fault?.point === "timer" && fault.kind === "fails";
  const letGo = isHung ? 1 : 0;
  for (const { spec, work: { peak, late } } of chain.all()) {
    const limit = spec.parallel?.limit ?? 1;
    // All that are aborted are, where the deadline for them cannot be set, or was over at once.
    if (!isHurried(program, outcome)) {
      assertLessOrEqual(peak, limit + (isUntimed ? limit : letGo), spec.key);
    }
    assertEquals(late, 0, `${spec.key} is called after the run`);
  }
  assertNotEquals(metadata?.status, "running");
  assertEquals([lastTimers, listeners], [0, 0], "timers and listeners in the end");
  // Without a timer for the deadline nothing is waited for.
  if (isUntimed) return;
  assertLessOrEqual(stillRunning, letGo, "calls");
  assertEquals(timers, 0, "timers");
}

function expectClosed(name: string, probe: SourceProbe, { input, fault }: Program): void {
  const { opened, closed, cleaned, cleanUpsDue, isOver } = probe;
  assert(opened <= 1 && closed <= 1, `${name} is opened or closed twice`);
  assert(!probe.wasOverAtClose, `${name} is closed after its end`);
  assert(opened === 0 || isOver || closed === 1, `${name} is left open`);
  const canFail = input.failsOnClose || fault?.point === "return" || name !== "the source";
  if (closed === 1 && !probe.owedAtClose && !canFail) assertEquals(cleaned, cleanUpsDue);
}
