// What the tests of the batch pipeline share.

import { fail } from "@std/assert";
import {
  createStep,
  type ListErrorStrategy,
  type ListOptions,
  Pipeline,
  type RetryOptions,
  singleToList,
  type Step,
  type StepError,
  type StepResult,
} from "../../mod.ts";

/** The two ways to work on a list, for tests that hold in both. */
export const MODES: readonly { readonly mode: string; readonly options: ListOptions }[] = [
  { mode: "one at a time", options: {} },
  { mode: "side by side", options: { parallel: true, concurrencyLimit: 3 } },
];

/** The data of a result that must be a success. */
export function dataOf<T>(result: StepResult<T>): T {
  if (!result.success) fail(`It failed: ${result.error.code} ${result.error.message}`);
  return result.data;
}

/** The error of a result that must be a failure. */
export function errorOf(result: StepResult<unknown>): StepError {
  if (result.success) fail("It must fail, and has not");
  return result.error;
}

/** What failed by index, of a list with COLLECT_ERRORS. */
export function failuresOf(
  result: StepResult<unknown>,
): { readonly index: number; readonly error: StepError }[] {
  return errorOf(result).cause as { index: number; error: StepError }[];
}

/** An error with a code of its own. */
export function coded(code: string, more: object = {}): Error & { code: string } {
  return Object.assign(new Error(`failed with ${code}`), { code, ...more });
}

/** What a stage does with an item: answers, throws, or promises. */
export type ItemWork = (item: number) => unknown;

/** A way to write work on a list, or on each of its items, with its retry. */
export interface WorkRow {
  readonly name: string;
  /** The calls of `work` get items of the list, and the list comes out with the answers. */
  readonly build: (
    work: ItemWork,
    options?: { retry?: number | RetryOptions; errorStrategy?: ListErrorStrategy },
  ) => Pipeline<number[], unknown[], unknown, unknown>;
}

const SIDE_BY_SIDE = { parallel: true, concurrencyLimit: 2 } as const;

const start = () => Pipeline.start<number[]>();

/** A step on one item that does `work`. */
export function itemStep(work: ItemWork, retry?: number | RetryOptions): Step<number, unknown> {
  return createStep(
    "the step",
    ({ input }: { input: number }) => work(input),
    retry === undefined ? {} : { retry },
  );
}

/** A step on one item whose answer is a list of one. */
export function manyStep(work: ItemWork, retry?: number | RetryOptions): Step<number, unknown[]> {
  return createStep(
    "the step",
    async ({ input }: { input: number }) => [await work(input)],
    retry === undefined ? {} : { retry },
  );
}

/** Every way to write work on the items of a list. */
export const ITEM_WORKS: readonly WorkRow[] = [
  {
    name: "a function",
    build: (work, options) => start().map("stage", (item) => work(item), options),
  },
  {
    name: "a function side by side",
    build: (work, options) =>
      start().map("stage", (item) => work(item), { ...SIDE_BY_SIDE, ...options }),
  },
  {
    name: "a step of map()",
    build: (work, { retry, ...options } = {}) =>
      start().map("stage", itemStep(work, retry), options),
  },
  {
    name: "a step of map() side by side",
    build: (work, { retry, ...options } = {}) =>
      start().map("stage", itemStep(work, retry), { ...SIDE_BY_SIDE, ...options }),
  },
  {
    name: "a step of map() whose stage asks for it",
    build: (work, options) => start().map("stage", itemStep(work), options),
  },
  {
    name: "a function of flatMap()",
    build: (work, options) => start().flatMap("stage", async (item) => [await work(item)], options),
  },
  {
    name: "a step of flatMap()",
    build: (work, { retry, ...options } = {}) =>
      start().flatMap("stage", manyStep(work, retry), options),
  },
  {
    name: "a step of flatMap() side by side",
    build: (work, { retry, ...options } = {}) =>
      start().flatMap("stage", manyStep(work, retry), { ...SIDE_BY_SIDE, ...options }),
  },
  {
    name: "a step of singleToList()",
    build: (work, { retry, ...options } = {}) =>
      start().add("stage", singleToList(itemStep(work, retry), options)),
  },
  {
    name: "a step of singleToList() side by side",
    build: (work, { retry, ...options } = {}) =>
      start().add("stage", singleToList(itemStep(work, retry), { ...SIDE_BY_SIDE, ...options })),
  },
  {
    name: "a step of singleToList() whose options ask for it",
    build: (work, options) => start().add("stage", singleToList(itemStep(work), options)),
  },
];
