// What a random pipeline of lists must give on either side, worked out on plain arrays. Everything
// in which the sides differ by nature is here, in `predictSides`, and nowhere else.

import { createStages, type Stage } from "../chain.ts";
import { attemptsOf, isHit } from "../numbers.ts";
import { predict } from "../predict.ts";
import type { Program } from "../program.ts";
import { trace } from "../trace.ts";

/** A failure of one item. */
export interface ExpectedFailure {
  readonly key: string;
  readonly index: number;
}

/** How many items entered a stage, were taken on, have failed, and were left out. */
export type Counts = readonly [total: number, success: number, failure: number, skipped: number];

/** Whose rules hold on a side, whatever it looks like from outside. */
export type Nature = "batch" | "streaming" | "bridged";

/** What one side must give. */
export interface Expected {
  /** What comes out; absent where the run fails. */
  readonly data?: readonly unknown[];
  /** The failure that ends the run. */
  readonly failure?: ExpectedFailure;
  /** All failures of the stage that ends a batch run with `COLLECT_ERRORS`. */
  readonly listed?: readonly ExpectedFailure[];
  /** The failures that a streaming run keeps in its metadata; absent where it fails. */
  readonly collected?: readonly ExpectedFailure[];
  /** Of each stage, by its key, as far as the run comes and the figures are told. */
  readonly counts: ReadonlyMap<string, Counts>;
  /** How often the items of each stage are tried, by its key, as far as that is known. */
  readonly attempts: ReadonlyMap<string, readonly number[]>;
  /** What each stage has made, by its key; of a batch pipeline that ends well. */
  readonly made: ReadonlyMap<string, readonly unknown[]>;
}

/**
 * What each side must give. They are the same but for two things.
 *
 * - A batch pipeline finishes a stage before it begins the next, a streaming one an item. So where
 *   several stages fail for good, the first failure is that of the first stage in a batch pipeline,
 *   and that of the first item in a streaming one.
 * - With `COLLECT_ERRORS` a list of a batch pipeline ends the run when all of its items were worked
 *   on, with all failures as the cause. A streaming run goes on without them and keeps them in its
 *   metadata; where it is a batch pipeline to those outside, those of the first such stage are its
 *   failure at the end.
 */
export function predictSides(program: Program): Readonly<Record<Nature, Expected>> {
  const streaming = predictStreaming(program);
  return { batch: predictBatch(program), streaming, bridged: failAtEnd(streaming) };
}

const NOTHING = { counts: new Map(), attempts: new Map(), made: new Map() };

function failAtEnd(streaming: Expected): Expected {
  const [first] = streaming.collected ?? [];
  if (first === undefined) return streaming;
  const listed = streaming.collected!.filter(({ key }) => key === first.key);
  return { ...NOTHING, failure: first, listed, attempts: streaming.attempts };
}

/** Stage by stage, up to the first whose failures are not left out. */
function predictBatch({ input, stages }: Program): Expected {
  const counts = new Map<string, Counts>();
  const attempts = new Map<string, readonly number[]>();
  const outputs = new Map<string, readonly unknown[]>();
  let items: readonly unknown[] = range(input.count);
  for (const stage of createStages(stages)) {
    const { spec: { key, strategy } } = stage;
    const { made, kept, failed } = trace(stage, items, false);
    const failures = failed.map((index) => ({ key, index }));
    const worked = failures.length > 0 && strategy === undefined
      ? items.slice(0, failed[0]! + 1)
      : items;
    attempts.set(key, countAttempts(stage, worked));
    counts.set(key, count(stage, items.length, worked.length, made.length, failed.length));
    if (failures.length > 0 && strategy !== "SKIP_FAILED") {
      const [failure] = failures;
      const isListed = strategy === "COLLECT_ERRORS";
      return {
        failure: failure!,
        ...(isListed && { listed: failures }),
        counts,
        attempts,
        made: outputs,
      };
    }
    items = [...made, ...kept];
    outputs.set(key, items);
  }
  return { data: items, counts, attempts, made: outputs };
}

function predictStreaming(program: Program): Expected {
  const { items, error } = predict(program);
  if (error !== undefined) {
    return { ...NOTHING, failure: { key: error.key, index: error.itemIndex! } };
  }
  const collected: ExpectedFailure[] = [];
  const counts = new Map<string, Counts>();
  const attempts = new Map<string, readonly number[]>();
  let flow: readonly unknown[] = range(program.input.count);
  for (const stage of createStages(program.stages)) {
    const { spec: { key, strategy } } = stage;
    const { made, kept, failed } = trace(stage, flow, false);
    if (strategy === "COLLECT_ERRORS") collected.push(...failed.map((index) => ({ key, index })));
    counts.set(key, count(stage, flow.length, flow.length, made.length, failed.length));
    attempts.set(key, countAttempts(stage, flow));
    flow = [...made, ...kept];
  }
  return { ...NOTHING, data: items, collected, counts, attempts };
}

/** `skipped` is what a list that succeeds leaves out. */
function count(
  { spec }: Stage,
  total: number,
  worked: number,
  made: number,
  failed: number,
): Counts {
  const dropped = spec.op === "filter" ? worked - failed - made : 0;
  const skipped = dropped + (spec.strategy === "SKIP_FAILED" ? failed : 0);
  return [total, worked - failed - dropped, failed, skipped];
}

function countAttempts(stage: Stage, items: readonly unknown[]): number[] {
  const { spec, operator } = stage;
  if (!operator.traits.calls) return [];
  return items.map((item) => {
    const isFailing = spec.failure !== undefined && isHit(spec.failure, item);
    return isFailing ? Math.min(spec.failure!.times + 1, attemptsOf(spec)) : 1;
  });
}

function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}
