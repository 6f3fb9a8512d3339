// How fast-check makes programs.

import fc from "fast-check";
import { StreamingErrorStrategy } from "../../mod.ts";
import { SOURCE_KINDS } from "../../src/testing/source_probe.ts";
import { findOperator, OPERATORS } from "./operators.ts";
import {
  type ConsumerSpec,
  END_NAMES,
  type EndName,
  type FailureSpec,
  FAULT_POINTS,
  type FaultSpec,
  FOR_GOOD,
  type InputSpec,
  type ParallelSpec,
  POLICY_NAMES,
  type Program,
  type StageSpec,
} from "./program.ts";

type Keyless = Omit<StageSpec, "key">;

const STRATEGIES = Object.values(StreamingErrorStrategy);

const FAILURE: fc.Arbitrary<FailureSpec> = fc.record({
  modulus: fc.integer({ min: 4, max: 16 }),
  remainder: fc.nat(3),
  times: fc.constantFrom(1, 2, FOR_GOOD),
  passes: fc.boolean(),
});

const PARALLEL: fc.Arbitrary<ParallelSpec> = fc.record({
  limit: fc.constantFrom(1, 2, 3, 16),
  ordered: fc.boolean(),
  highWaterMark: fc.constantFrom(undefined, 0, 1, 5),
});

const input = (maxCount: number): fc.Arbitrary<InputSpec> =>
  fc.record({
    kind: fc.constantFrom(...SOURCE_KINDS),
    count: fc.nat(maxCount),
    failAfter: fc.option(fc.nat(20), { freq: 4, nil: undefined }),
    failsOnClose: fc.option(fc.constant(true), { freq: 1, nil: undefined }),
    isSlow: fc.option(fc.constant(true), { freq: 1, nil: undefined }),
  });

/** All fields; {@linkcode fit} leaves out what the operator does not care for. */
function stage(names: readonly string[], inner: fc.Arbitrary<readonly StageSpec[]>) {
  return fc.record<Keyless>({
    op: fc.constantFrom(...names),
    count: fc.nat(12),
    isAsync: fc.boolean(),
    obeys: fc.boolean(),
    parallel: fc.option(PARALLEL, { freq: 2, nil: undefined }),
    failure: fc.option(FAILURE, { freq: 2, nil: undefined }),
    strategy: fc.constantFrom(...STRATEGIES),
    maxAttempts: fc.constantFrom(1, 1, 2, 3),
    timeoutMs: fc.constantFrom(undefined, undefined, 50),
    policy: fc.constantFrom(undefined, undefined, undefined, ...POLICY_NAMES),
    other: input(8),
    inner: fc.array(inner, { minLength: 2, maxLength: 2 }),
  });
}

/** A chain of some of these operators. */
function chain(
  names: readonly string[],
  inner: fc.Arbitrary<readonly StageSpec[]>,
  { minLength, maxLength }: { readonly minLength: number; readonly maxLength: number },
): fc.Arbitrary<readonly StageSpec[]> {
  return fc.array(stage(names, inner), { minLength, maxLength, size: "max" })
    .map((stages) =>
      withArrays(stages).map((each, at) => ({ ...fit(each), key: `${each.op} ${at}` }))
    );
}

/** Takes apart only what is an array: where nothing is, arrays are made. */
function withArrays(stages: readonly Keyless[]): Keyless[] {
  let depth = 0;
  return stages.map((spec) => {
    const op = spec.op === "flatten" && depth === 0 ? "batch" : spec.op;
    const { makes } = findOperator(op).traits;
    if (op === "flatten") depth--;
    else if (makes === "arrays") depth++;
    else if (makes === undefined) depth = 0;
    return { ...spec, op };
  });
}

/** Leaves out what an operator does not have. */
function fit(spec: Keyless): Keyless {
  const { traits } = findOperator(spec.op);
  const { op, count, isAsync, obeys, failure, strategy, maxAttempts, timeoutMs, policy } = spec;
  const { parallel = { limit: 1, ordered: true }, other, inner } = spec;
  const canRetry = traits.retries && maxAttempts !== 1;
  const isParallel = traits.parallel === "always" || (traits.parallel && spec.parallel);
  return {
    op,
    count,
    ...(traits.isAsync && isAsync && { isAsync, ...(obeys && { obeys }) }),
    ...(isParallel && { parallel }),
    ...(traits.calls && failure && {
      failure: traits.retries ? failure : { ...failure, times: FOR_GOOD, passes: false },
    }),
    ...(traits.strategies && strategy !== "FAIL_FAST" && { strategy }),
    ...(canRetry && { maxAttempts }),
    ...(traits.timeouts && timeoutMs && { timeoutMs }),
    ...(traits.retries && policy && { policy }),
    ...(traits.other && { other }),
    ...(traits.inner && { inner: inner!.slice(0, traits.inner) }),
  };
}

/** Not every end can stop in every way. */
const CONSUMERS: readonly Omit<ConsumerSpec, "after">[] = END_NAMES.flatMap((end) =>
  (["reads all", "breaks", "throws", "aborts", "drains", "hurries"] as const)
    .filter((action) => canStop(end, action))
    .map((action) => ({ end, action }))
);

function canStop(end: EndName, action: ConsumerSpec["action"]): boolean {
  if (end === "array") return action === "reads all";
  if (action === "hurries") return end === "run" || end === "run.readable";
  return action !== "breaks" || (end !== "forEach" && end !== "reduce");
}

const CONSUMER: fc.Arbitrary<ConsumerSpec> = fc.record({
  kind: fc.constantFrom(...CONSUMERS),
  after: fc.integer({ min: 1, max: 8 }),
}).map(({ kind, after }) => ({ ...kind, after }));

const FAULT: fc.Arbitrary<FaultSpec> = fc.record({
  point: fc.constantFrom(...FAULT_POINTS),
  nth: fc.integer({ min: 1, max: 8 }),
  kind: fc.constantFrom("fails", "hangs"),
});

const PICKS = fc.array(fc.nat(1_000), { minLength: 1, maxLength: 30 });

function program(
  stages: fc.Arbitrary<readonly StageSpec[]>,
  fault: fc.Arbitrary<FaultSpec | undefined>,
): fc.Arbitrary<Program> {
  return fc.record({
    input: input(25),
    stages,
    consumer: CONSUMER,
    isSinkSlow: fc.boolean(),
    isObserved: fc.boolean(),
    fault,
    picks: PICKS,
  }).map((made) =>
    made.consumer.end === "toTransformStream"
      ? { ...made, input: { ...made.input, kind: "a ReadableStream" } }
      : made
  );
}

const ALL = OPERATORS.map(({ name }) => name);
const WITHOUT_INNER = OPERATORS.filter(({ traits }) => !traits.inner).map(({ name }) => name);
const EXACT = OPERATORS
  .filter(({ model, isExact }) => model !== undefined && isExact !== false)
  .map(({ name }) => name);

const ITEMWISE = OPERATORS.filter(({ isItemwise }) => isItemwise).map(({ name }) => name);

const NOTHING = fc.constant([]);
const INNERMOST = chain(WITHOUT_INNER, NOTHING, { minLength: 0, maxLength: 3 });
const INNER = fc.oneof(
  { weight: 5, arbitrary: INNERMOST },
  { weight: 1, arbitrary: chain(ALL, INNERMOST, { minLength: 1, maxLength: 2 }) },
);
const NO_FAULT = fc.constant(undefined);

/** Stages that all keep the order, so that their result is exactly known. */
export const EXACT_PROGRAMS: fc.Arbitrary<Program> = program(
  chain(EXACT, NOTHING, { minLength: 1, maxLength: 8 }).map((stages) => stages.map(keepOrder)),
  NO_FAULT,
);

/**
 * Stages that look at each item alone, in order or not: which items come out is known, but not when.
 */
export const ITEMWISE_PROGRAMS: fc.Arbitrary<Program> = program(
  chain(ITEMWISE, NOTHING, { minLength: 1, maxLength: 8 }),
  NO_FAULT,
);

/** Any stages. */
export const ANY_PROGRAMS: fc.Arbitrary<Program> = program(
  chain(ALL, INNER, { minLength: 1, maxLength: 6 }),
  NO_FAULT,
);

/** Any stages, and something that goes wrong beside them. */
export const FAULTY_PROGRAMS: fc.Arbitrary<Program> = program(
  chain(ALL, INNER, { minLength: 1, maxLength: 4 }),
  FAULT,
);

/** Runs of the operators with these names that read a list to its end, all in order. */
export function listPrograms(names: readonly string[]): fc.Arbitrary<Program> {
  return fc.record({
    count: fc.nat(14),
    stages: chain(names, NOTHING, { minLength: 1, maxLength: 6 }),
    picks: PICKS,
  }).map(({ count, stages, picks }) => ({
    input: { kind: "a sync iterable", count },
    stages: stages.map(keepOrder),
    consumer: { end: "array", action: "reads all", after: 1 },
    picks,
  }));
}

function keepOrder(spec: StageSpec): StageSpec {
  const { parallel, other } = spec;
  return {
    ...spec,
    ...(parallel && { parallel: { ...parallel, ordered: true } }),
    // Which of two sources has failed first is a matter of time.
    ...(other && { other: { ...other, failAfter: undefined } }),
  };
}
