// What a random pipeline must come to on either side, worked out on plain arrays. Everything in
// which the sides differ by nature is here, in `predict`, and nowhere else.

import type { Scenario, StageSpec } from "./_random_specs.ts";

/** An item: a number in an object, so that equal numbers can be told apart, or a batch of items. */
export type Item = { readonly n: number } | readonly Item[];

/** A failure of one item. */
export interface ExpectedFailure {
  readonly key: string;
  readonly index: number;
}

/** How many items entered a stage, were taken on, have failed, and were left out. */
export type Counts = readonly [total: number, success: number, failure: number, skipped: number];

/** Whose rules hold on a side, whatever it looks like from outside. */
export type Nature = "batch" | "streaming" | "bridged";

/** What one side must come to. */
export interface Expected {
  /** The numbers that come out; absent where the run fails. */
  readonly data?: unknown;
  /** The failure that ends the run. */
  readonly failure?: ExpectedFailure;
  /** All failures of the stage that ends a batch run with `COLLECT_ERRORS`. */
  readonly listed?: readonly ExpectedFailure[];
  /** The failures that a streaming run keeps in its metadata; absent where it fails. */
  readonly collected?: readonly ExpectedFailure[];
  /** Of each stage that has worked on all of its items. */
  readonly counts: readonly Counts[];
  /** How often the work of each of these stages is called. */
  readonly calls: readonly number[];
}

/** The number of an item. */
export function toNumber(item: Item): number {
  if ("n" in item) return item.n;
  return item.reduce((sum, each) => sum + toNumber(each), item.length);
}

/** An item as plain numbers. */
export function toPlain(item: Item): unknown {
  return "n" in item ? item.n : item.map(toPlain);
}

/** What the work of a stage makes of a number. */
export const ANSWERS = {
  map: (number: number): number => number * 3 + 1,
  many: (number: number): number[] => [number, number + 1].slice(0, number % 3),
  filter: (number: number): boolean => number % 4 !== 1,
  whenTrue: (number: number): number => number + 3,
  whenFalse: (number: number): number => number * 2,
} as const;

/** Whether the work of `spec` fails on the item, once or more often. */
export function isHit({ failure }: StageSpec, item: Item): boolean {
  return failure !== undefined && toNumber(item) % failure.modulus === failure.remainder;
}

/** What flows out of a stage. */
interface Flow {
  readonly items: readonly Item[];
  readonly failure?: ExpectedFailure | undefined;
  /** How many of the items came out before the failure; batches hand out the rest after it. */
  readonly before: number;
}

/**
 * What each side must come to. They are the same but for two things.
 *
 * - A batch pipeline finishes a stage before it begins the next, a streaming one an item. So where
 *   several stages fail for good, the first failure is that of the first stage in a batch pipeline,
 *   and that of the first item in a streaming one.
 * - With `COLLECT_ERRORS` a list of a batch pipeline ends the run when all of its items were worked
 *   on, with all failures as the cause. A streaming run goes on without them and keeps them in its
 *   metadata; where it is a batch pipeline to those outside, those of the first such stage are its
 *   failure at the end.
 */
export function predict(scenario: Scenario): Readonly<Record<Nature, Expected>> {
  const streaming = predictStreaming(scenario);
  return { batch: predictBatch(scenario), streaming, bridged: failAtEnd(streaming) };
}

function failAtEnd(streaming: Expected): Expected {
  const [first] = streaming.collected ?? [];
  if (first === undefined) return streaming;
  const listed = streaming.collected!.filter(({ key }) => key === first.key);
  return { failure: first, listed, counts: [], calls: streaming.calls };
}

/** Stage by stage, up to the first whose failures are not left out. */
function predictBatch({ input, stages }: Scenario): Expected {
  let items: readonly Item[] = input.map((n) => ({ n }));
  const counts: Counts[] = [];
  const calls: number[] = [];
  for (const spec of stages) {
    const failures = listFailures(spec, items);
    if (failures.length > 0 && spec.strategy === "FAIL_FAST") {
      return { failure: failures[0]!, counts, calls };
    }
    calls.push(countCalls(spec, items));
    const made = runStage(spec, items);
    if (failures.length > 0 && spec.strategy === "COLLECT_ERRORS") {
      return { failure: failures[0]!, listed: failures, counts, calls };
    }
    counts.push(count(spec, items, failures));
    items = made;
  }
  return { data: items.map(toPlain), counts, calls };
}

/** Stage by stage as well, but a stage sees of the one before it only what came before a failure. */
function predictStreaming({ input, stages }: Scenario): Expected {
  let flow: Flow = { items: input.map((n) => ({ n })), before: input.length };
  const counts: Counts[] = [];
  const calls: number[] = [];
  const collected: ExpectedFailure[] = [];
  for (const spec of stages) {
    const { items } = flow;
    const failures = listFailures(spec, items);
    if (spec.strategy === "COLLECT_ERRORS") collected.push(...failures);
    counts.push(count(spec, items, failures));
    calls.push(countCalls(spec, items));
    flow = flowOn(spec, flow, failures[0]);
  }
  if (flow.failure !== undefined) return { failure: flow.failure, counts: [], calls: [] };
  return { data: flow.items.map(toPlain), collected, counts, calls };
}

function flowOn(spec: StageSpec, flow: Flow, first: ExpectedFailure | undefined): Flow {
  const { items, before, failure } = flow;
  if (first === undefined || spec.strategy !== "FAIL_FAST") {
    const outBefore = spec.op === "batch"
      ? Math.floor(before / (spec.count + 1))
      : runStage(spec, items.slice(0, before)).length;
    return { failure, items: runStage(spec, items), before: outBefore };
  }
  const made = runStage(spec, items.slice(0, first.index));
  if (failure === undefined || first.index < before) {
    return { items: made, failure: first, before: made.length };
  }
  // What a batch hands out after a failure fails too: the first failure is the root.
  return { items: made, failure, before: runStage(spec, items.slice(0, before)).length };
}

/** What comes out of a stage that leaves out what fails for good. */
function runStage(spec: StageSpec, items: readonly Item[]): Item[] {
  const { op, count } = spec;
  if (op === "batch") return toBatches(items, count + 1);
  if (op === "flatten") return items.flatMap((item) => item as readonly Item[]);
  return items.filter((item) => !failsForGood(spec, item)).flatMap((item) => answer(spec, item));
}

function answer({ op, isTrue }: StageSpec, item: Item): Item[] {
  const number = toNumber(item);
  const one = (n: number): Item[] => [{ n }];
  switch (op) {
    case "filter":
      return ANSWERS.filter(number) ? [item] : [];
    case "flatMap":
    case "streaming step":
      return ANSWERS.many(number).flatMap(one);
    case "branch":
      return one(isTrue ? ANSWERS.whenTrue(number) : ANSWERS.whenFalse(number));
    default:
      return one(ANSWERS.map(number));
  }
}

function listFailures(spec: StageSpec, items: readonly Item[]): ExpectedFailure[] {
  return items.flatMap((item, index) => failsForGood(spec, item) ? [{ key: spec.key, index }] : []);
}

function failsForGood(spec: StageSpec, item: Item): boolean {
  return isHit(spec, item) && spec.failure!.times >= spec.maxAttempts;
}

function count(
  spec: StageSpec,
  items: readonly Item[],
  failures: readonly ExpectedFailure[],
): Counts {
  const dropped = spec.op === "filter"
    ? items.filter((item) => !failsForGood(spec, item) && !ANSWERS.filter(toNumber(item))).length
    : 0;
  const failed = failures.length;
  return [items.length, items.length - failed - dropped, failed, dropped + failed];
}

function countCalls(spec: StageSpec, items: readonly Item[]): number {
  if (spec.op === "batch" || spec.op === "flatten") return 0;
  return items.reduce((sum, item) => sum + attemptsOn(spec, item), 0);
}

function attemptsOn(spec: StageSpec, item: Item): number {
  return isHit(spec, item) ? Math.min(spec.failure!.times + 1, spec.maxAttempts) : 1;
}

function toBatches(items: readonly Item[], size: number): Item[] {
  const batches: Item[] = [];
  for (let at = 0; at < items.length; at += size) batches.push(items.slice(at, at + size));
  return batches;
}
