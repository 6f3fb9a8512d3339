// The table that the laws are run against: each operator in each of its modes.

import { type StageOptions, StreamingPipeline } from "../../mod.ts";
import type { CallProbe } from "../../src/testing/call_probe.ts";
import { COMBINING_OPERATORS } from "./_combining_operators.ts";
import {
  type AnyPipeline,
  FUNCTION_OPERATORS,
  KEY,
  type Model,
  type PlainOperator,
} from "./_function_operators.ts";
import { type Mode, SEQUENTIAL } from "./_modes.ts";
import { WINDOWED_FUNCTION_OPERATORS, WINDOWED_OPERATORS } from "./_windowed_operators.ts";

export { type AnyPipeline, KEY, type Model } from "./_function_operators.ts";

/** An operator in one of its modes. */
export interface Row {
  /** Its name in titles. */
  readonly title: string;
  readonly mode: Mode;
  /** A pipeline of the one stage, which calls `calls` and takes `options` where `isProbed`. */
  readonly build: (calls: CallProbe, options?: StageOptions) => AnyPipeline;
  /** What must come out, in order where the mode is ordered. */
  readonly model: (items: readonly number[], ended?: boolean) => unknown[];
  /** Whether its function can be observed, held back and made to fail. */
  readonly isProbed: boolean;
  /** Whether its function is notified when its result is no longer wanted. */
  readonly hasSignal: boolean;
  /** Whether what it keeps back comes out before its own failure. */
  readonly handsOutKept: boolean;
  /** Whether nothing comes out before the end: an endless source gives nothing. */
  readonly answersAtEnd: boolean;
  /** Whether calls that began together end together: what one call does is not seen alone. */
  readonly endsTogether: boolean;
  /** The most items it may have read beyond those that its output needs. */
  readonly ahead: number;
  /** Whether its own rule drops items. */
  readonly drops: boolean;
}

const start = () => StreamingPipeline.start<number>();
const same: Model = (items) => [...items];

const PLAIN_OPERATORS: readonly PlainOperator[] = [
  { name: "take()", build: () => start().take(KEY, 10), model: (items) => items.slice(0, 10) },
  {
    name: "skip()",
    build: () => start().skip(KEY, 4),
    model: (items) => items.slice(4),
    drops: true,
  },
  { name: "batch()", build: () => start().batch(KEY, 3), model: batches },
  {
    name: "flatten()",
    build: () => start().map("pairs", (item) => [item, -item]).flatten(KEY),
    model: (items) => items.flatMap((item) => [item, -item]),
  },
  // Its own queues hold one chunk before it and none after it.
  {
    name: "through()",
    build: () => start().through(KEY, () => new TransformStream<number, number>()),
    model: same,
    ahead: 2,
  },
  { name: "buffer(1)", build: () => start().buffer(KEY, 1), model: same, ahead: 1 },
  { name: "buffer(16)", build: () => start().buffer(KEY, 16), model: same, ahead: 16 },
];

/** Every operator in every mode. */
export const ROWS: readonly Row[] = [
  ...[...FUNCTION_OPERATORS, ...WINDOWED_FUNCTION_OPERATORS].flatMap((
    {
      name,
      modes,
      answer,
      build,
      model,
      hasSignal = true,
      handsOutKept = false,
      answersAtEnd = false,
      endsTogether = false,
      drops = false,
    },
  ) =>
    modes.map((mode): Row => ({
      title: name + mode.label,
      mode,
      build: (calls, options) =>
        build(calls.wrap(answer, mode.isAsync), mergeOptions(mode.options, options)),
      model: (items, ended = true) => model(items, ended),
      isProbed: true,
      hasSignal,
      handsOutKept,
      answersAtEnd,
      endsTogether,
      ahead: mode.parallel ? mode.limit + mode.highWaterMark : 0,
      drops,
    }))
  ),
  ...[...PLAIN_OPERATORS, ...WINDOWED_OPERATORS, ...COMBINING_OPERATORS].map((
    { name, build, model, ahead = 0, drops = false },
  ): Row => ({
    title: name,
    mode: SEQUENTIAL,
    build,
    model: (items, ended = true) => model(items, ended),
    isProbed: false,
    hasSignal: false,
    handsOutKept: false,
    answersAtEnd: false,
    endsTogether: false,
    ahead,
    drops,
  })),
];

/** Those that give something before the end. */
export const FLOWING_ROWS: readonly Row[] = ROWS.filter(({ answersAtEnd }) => !answersAtEnd);

/** Those whose function can be held back. */
export const ASYNC_ROWS: readonly Row[] = ROWS.filter(({ isProbed, mode }) =>
  isProbed && mode.isAsync
);

/** Those of which each call ends for itself. */
export const SEPARATE_ROWS: readonly Row[] = ASYNC_ROWS.filter(({ endsTogether }) => !endsTogether);

/** Those that work side by side. */
export const PARALLEL_ROWS: readonly Row[] = ASYNC_ROWS.filter(({ mode }) => mode.parallel);

/** Those whose calls end on demand. */
export const ABORTABLE_ROWS: readonly Row[] = ASYNC_ROWS.filter(({ hasSignal }) => hasSignal);

/** One sequential and one parallel row, for laws on what stands around the stages. */
export const TYPICAL_ROWS: readonly Row[] = ["map()", "map() parallel 16"].map(findRow);

/** The row with this title. */
export function findRow(title: string): Row {
  const row = ROWS.find((candidate) => candidate.title === title);
  if (row === undefined) throw new Error(`There is no row "${title}"`);
  return row;
}

/** 0, 1, 2… up to, not including, `count`. */
export function range(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index);
}

/** How many items the stage must read, at least, before `count` have come out. */
export function neededFor(row: Row, count: number): number {
  for (let needed = 0; needed < 1_000; needed++) {
    if (row.model(range(needed), false).length >= count) return needed;
  }
  throw new Error(`${row.title} never gives ${count} items`);
}

/** The items in a comparable order, where the row does not promise one. */
export function inOrder(row: Row, items: readonly unknown[]): unknown[] {
  return row.mode.ordered ? [...items] : [...items].sort((a, b) => Number(a) - Number(b));
}

function mergeOptions(
  base: StageOptions | undefined,
  more: StageOptions | undefined,
): StageOptions | undefined {
  return base && more ? { ...base, ...more } : base ?? more;
}

function batches(items: readonly number[], ended: boolean): unknown[] {
  const all: number[][] = [];
  for (let at = 0; at < items.length; at += 3) all.push(items.slice(at, at + 3));
  return ended ? all : all.filter(({ length }) => length === 3);
}
