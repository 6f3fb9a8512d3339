// What must come out of a random run: a model over plain arrays, without any notion of time.

import { type FailureSpec, FUNCTION_OPS, type Scenario, type StageSpec } from "./_random_specs.ts";

/** An error that the run must end with. */
export interface ExpectedError {
  readonly key: string;
  /** Absent for the source, whose errors belong to no item. */
  readonly itemIndex?: number;
}

/** What flows out of a stage, and how it ends. */
export interface Flow {
  readonly items: readonly unknown[];
  readonly error: ExpectedError | undefined;
  /**
   * How many of the items came out before `error` happened: the rest is what batches had gathered.
   * All of them, where absent.
   */
  readonly before?: number;
  /**
   * An error that may be told in place of `error`: how far a web transform reads ahead, and so which
   * of the two is the first, differs by runtime.
   */
  readonly other?: ExpectedError | undefined;
  /** Whether a web transform stands between `error` and what comes next. */
  readonly isReadAhead?: boolean;
}

/** The number of an item: stages work on numbers, and batches hold several. */
export function toNumber(item: unknown): number {
  if (!Array.isArray(item)) return item as number;
  return item.reduce((sum: number, each) => sum + toNumber(each), item.length);
}

/** What the functions of the stages answer for an item with this number. */
export const ANSWERS = {
  map: (item: number): number => item * 3 + 1,
  many: (item: number): number[] => [item, item + 1].slice(0, item % 3),
  filter: (item: number): boolean => item % 3 !== 1,
  takeWhile: (item: number): boolean => item % 11 !== 7,
  skipWhile: (item: number): boolean => item % 5 < 3,
  isOdd: (item: number): boolean => item % 2 === 1,
  whenOdd: (item: number): number => item + 3,
  whenEven: (item: number): number => item * 2,
} as const;

/** Whether the function of `spec` fails on the item, whatever is tried. */
export function failsForGood({ failure, maxAttempts }: StageSpec, item: unknown): boolean {
  return failure !== undefined && isHit(failure, item) && failure.times >= maxAttempts;
}

/** Whether the item is one of those that the function fails on. */
export function isHit({ modulus, remainder }: FailureSpec, item: unknown): boolean {
  return toNumber(item) % modulus === remainder;
}

/** What comes out of the whole run when it is read to its end. */
export function predict({ source, stages }: Scenario): Flow {
  const fails = source.failAfter !== undefined && source.failAfter <= source.count;
  const count = fails ? source.failAfter! : source.count;
  const items = Array.from({ length: count }, (_, index) => index);
  let flow: Flow = { items, error: fails ? { key: "source" } : undefined };
  for (const stage of stages) flow = predictStage(stage, flow);
  return flow;
}

/** What can come out where the order is open: all of `items`, unless one of the errors comes. */
export interface LooseFlow {
  readonly items: readonly unknown[];
  readonly errorKeys: ReadonlySet<string>;
}

/** As {@linkcode predict}, for stages that do not depend on order. */
export function predictLoosely(scenario: Scenario): LooseFlow {
  const errorKeys = new Set<string>();
  let { items, error } = predict({ ...scenario, stages: [] });
  if (error !== undefined) errorKeys.add(error.key);
  for (const spec of scenario.stages) {
    const isFailing = items.some((item) => failsForGood(spec, item)) && isFunction(spec);
    if (isFailing && spec.strategy === "FAIL_FAST") errorKeys.add(spec.key);
    ({ items, error } = predictStage({ ...spec, strategy: "SKIP_FAILED" }, { items, error }));
  }
  return { items, errorKeys };
}

function isFunction({ op }: StageSpec): boolean {
  return (FUNCTION_OPS as readonly string[]).includes(op);
}

function predictStage(spec: StageSpec, flow: Flow): Flow {
  const { items, before = items.length } = flow;
  switch (spec.op) {
    case "take":
      return items.length >= spec.count
        ? { items: items.slice(0, spec.count), error: undefined }
        : flow;
    case "skip":
      return { ...flow, items: items.slice(spec.count), before: Math.max(0, before - spec.count) };
    case "batch": {
      const size = spec.count + 1;
      return { ...flow, items: toBatches(items, size), before: Math.floor(before / size) };
    }
    case "through":
      return { ...flow, isReadAhead: true };
    case "buffer":
      return flow;
    default:
      return predictFunction(spec, flow);
  }
}

function predictFunction(spec: StageSpec, flow: Flow): Flow {
  const { items, error, before = items.length } = flow;
  const out: unknown[] = [];
  let outBefore = 0;
  let isSkipping = spec.op === "skipWhile";
  for (const [itemIndex, item] of items.entries()) {
    const isCalled = spec.op !== "skipWhile" || isSkipping;
    if (isCalled && failsForGood(spec, item)) {
      if (spec.strategy !== "FAIL_FAST") continue;
      const own = { key: spec.key, itemIndex };
      if (error !== undefined && itemIndex >= before) {
        // The first failure is the root.
        const other = flow.isReadAhead ? own : flow.other;
        return { ...flow, items: out, other, before: outBefore };
      }
      return { items: out, error: own, other: flow.isReadAhead ? error : undefined };
    }
    const number = toNumber(item);
    if (spec.op === "takeWhile" && !ANSWERS.takeWhile(number)) {
      return { items: out, error: undefined };
    }
    if (spec.op === "skipWhile") isSkipping &&= ANSWERS.skipWhile(number);
    if (spec.op !== "skipWhile" || !isSkipping) out.push(...predictItem(spec, item, number));
    if (itemIndex < before) outBefore = out.length;
  }
  return { ...flow, items: out, before: outBefore };
}

/** What one item becomes. */
function predictItem({ op }: StageSpec, item: unknown, number: number): readonly unknown[] {
  switch (op) {
    case "map":
    case "step":
    case "step per item":
      return [ANSWERS.map(number)];
    case "flatMap":
    case "flatMap later":
      return ANSWERS.many(number);
    case "filter":
      return ANSWERS.filter(number) ? [item] : [];
    case "branch":
      return [ANSWERS.isOdd(number) ? ANSWERS.whenOdd(number) : ANSWERS.whenEven(number)];
    default:
      return [item];
  }
}

function toBatches(items: readonly unknown[], size: number): unknown[][] {
  const batches: unknown[][] = [];
  for (let at = 0; at < items.length; at += size) batches.push(items.slice(at, at + size));
  return batches;
}
