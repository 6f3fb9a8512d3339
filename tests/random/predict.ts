// What must come out of a random run whose stages all keep the order and do not look at the time: a
// model over plain arrays.

import { createStages, type Stage } from "./chain.ts";
import type { Program } from "./program.ts";
import { trace } from "./trace.ts";

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
  /** How many of the items came out before `error` happened: the rest is what was kept. */
  readonly before: number;
  /**
   * Errors that may come out in place of `error`: failures on what was kept, and came out because of
   * `error`, or on what a web transform had read ahead.
   */
  readonly others: readonly ExpectedError[];
  /** Whether a web transform stands between `error` and what comes next. */
  readonly isReadAhead?: boolean;
}

/** Whether the result of a program follows from its numbers alone. */
export function isExact({ stages, fault }: Program): boolean {
  return fault === undefined &&
    createStages(stages).every(({ operator, spec }) =>
      operator.model !== undefined && operator.isExact !== false &&
      (spec.parallel?.ordered ?? true) && spec.other?.failAfter === undefined
    );
}

/** Whether which items come out follows from the numbers alone, whatever their order. */
export function isItemwise({ stages, fault }: Program): boolean {
  return fault === undefined && createStages(stages).every(({ operator }) => operator.isItemwise);
}

/** All items that can come out of itemwise stages: those that do where nothing ends the run. */
export function predictItems({ input, stages }: Program): readonly unknown[] {
  const { count, failAfter = count } = input;
  const items = Array.from({ length: Math.min(count, failAfter) }, (_, index) => index);
  return createStages(stages.map((spec) => ({ ...spec, strategy: "SKIP_FAILED" as const })))
    .reduce((flow: readonly unknown[], stage) => trace(stage, flow, false).made, items);
}

/** What comes out of the whole run when it is read to its end. */
export function predict({ input, stages }: Program): Flow {
  const { count, failAfter = Infinity } = input;
  const items = Array.from({ length: Math.min(count, failAfter) }, (_, index) => index);
  const error = failAfter <= count ? { key: "source" } : undefined;
  let flow: Flow = { items, error, before: items.length, others: [] };
  for (const stage of createStages(stages)) flow = flowOn(stage, flow);
  return flow;
}

function flowOn(stage: Stage, flow: Flow): Flow {
  const { error, before } = flow;
  const isCutShort = error !== undefined;
  const through = trace(stage, flow.items, isCutShort, before);
  const { made, madeBefore, kept, failed, isFailing, isFull } = through;
  if (isFull) return { items: made, error: undefined, before: made.length, others: [] };
  const items = [...made, ...kept];
  if (!isFailing) {
    const isReadAhead = flow.isReadAhead || stage.spec.op === "through";
    return { ...flow, items, before: error ? madeBefore : made.length, isReadAhead };
  }
  const own = { key: stage.spec.key, itemIndex: failed.at(-1)! };
  if (error === undefined || own.itemIndex < before) {
    const others = error !== undefined && flow.isReadAhead ? [error] : [];
    return { items, error: own, before: made.length, others };
  }
  return { ...flow, items, before: madeBefore };
}
