// Every way to write work that is tried again: stages of a stream, of a list and of one value, and
// steps that cross the bridge.

import { assertEquals } from "@std/assert";
import { Pipeline, type RetryOptions, StreamingError } from "../../mod.ts";
import { ITEM_WORKS, itemStep } from "../batch/_helpers.ts";
import { CROSSINGS, type Failure, outcomeOfResult } from "../batch/bridge/_helpers.ts";
import { TestClock } from "../../src/testing/test_clock.ts";
import { watch, type Watched } from "../../src/testing/turns.ts";
import { Attempts, type ItemWork, WORKS } from "./_work.ts";

/** What a stage is given beside its work. */
export interface RowOptions {
  readonly retry?: number | RetryOptions;
  readonly errorStrategy?: "SKIP_FAILED";
}

/** What came of a run. */
export interface RowOutcome {
  /** What came out for each item; absent after a failure. */
  readonly data?: readonly unknown[];
  readonly failure?: Failure & Partial<Pick<StreamingError, "attempts" | "item" | "itemIndex">>;
}

export interface RetryRow {
  readonly name: string;
  /** What its failure is attributed to. */
  readonly stepName?: string;
  /** Whether it works on one value, not on many items. */
  readonly isSingle: boolean;
  /** Whether it takes an error strategy. */
  readonly takesStrategy: boolean;
  readonly run: (
    work: ItemWork,
    options: RowOptions,
    items: readonly number[],
    signal?: AbortSignal,
  ) => Promise<RowOutcome>;
}

const withSignal = (signal: AbortSignal | undefined) => signal === undefined ? {} : { signal };

const STREAMING_ROWS: readonly RetryRow[] = WORKS.map(({ name, build }) => ({
  name: `${name} of a stream`,
  isSingle: false,
  takesStrategy: true,
  async run(work, options, items, signal) {
    try {
      return { data: await build(work, options).executeToArray(items, withSignal(signal)) };
    } catch (error) {
      if (!(error instanceof StreamingError)) throw error;
      const { code, cause, retryable, stepName, attempts, item, itemIndex } = error;
      return { failure: { code, cause, retryable, stepName, attempts, item, itemIndex } };
    }
  },
}));

const LIST_ROWS: readonly RetryRow[] = ITEM_WORKS.map(({ name, build }) => ({
  name: `${name} of a list`,
  isSingle: false,
  takesStrategy: true,
  run: async (work, options, items, signal) =>
    outcomeOfResult(await build(work, options).execute([...items], withSignal(signal))),
}));

type BuildValue = (
  work: ItemWork,
  retry: RowOptions["retry"],
) => Pipeline<number, unknown, unknown>;

const other = itemStep(() => "the other side");
const VALUE_WORKS: readonly [name: string, stepName: string, build: BuildValue][] = [
  [
    "a step of add()",
    "the step",
    (work, retry) => Pipeline.start<number>().add("stage", itemStep(work, retry)),
  ],
  [
    "the true side of branch()",
    "branch(the step|the step)",
    (work, retry) =>
      Pipeline.start<number>().branch("stage", () => true, itemStep(work, retry), other),
  ],
  [
    "the false side of branch()",
    "branch(the step|the step)",
    (work, retry) =>
      Pipeline.start<number>().branch("stage", () => false, other, itemStep(work, retry)),
  ],
];

const VALUE_ROWS: readonly RetryRow[] = VALUE_WORKS.map(([name, stepName, build]) => ({
  name: `${name} of a value`,
  stepName,
  isSingle: true,
  takesStrategy: false,
  async run(work, { retry }, [item], signal) {
    const result = await build(work, retry).execute(item!, withSignal(signal));
    return result.success ? { data: [result.data] } : outcomeOfResult(result);
  },
}));

const CROSSING_ROWS: readonly RetryRow[] = CROSSINGS.map(({ name, stepName, run }) => ({
  name: `over the bridge, ${name}`,
  stepName: stepName ?? "the step",
  isSingle: false,
  takesStrategy: false,
  run: (work, { retry }, items, signal) =>
    run(work, retry === undefined ? {} : { retry })(items, withSignal(signal)),
}));

export const RETRY_ROWS: readonly RetryRow[] = [
  ...STREAMING_ROWS,
  ...LIST_ROWS,
  ...VALUE_ROWS,
  ...CROSSING_ROWS,
];

/** Three items, or the one in the middle where a row works on one value. */
export function itemsOf({ isSingle }: RetryRow): readonly number[] {
  return isSingle ? [2] : [1, 2, 3];
}

/** Longer than all waits of a run. */
export const LONG_MS = 1e9;

/** How often an item fails, and with what. */
interface Failing {
  readonly times?: (item: number) => number;
  readonly cause?: (attempt: number) => unknown;
  /** What the work answers in place of the item's double. */
  readonly answer?: (item: number) => unknown;
}

/** A run that is over, or waits for something else than the clock. */
export interface Tried {
  readonly attempts: Attempts;
  readonly result: Watched<RowOutcome>;
  readonly clock: TestClock;
}

/** Runs a row on a clock that goes on as long as there is something to wait for. */
export function tryOut(
  row: RetryRow,
  options: RowOptions,
  { times, cause, answer }: Failing = {},
  items: readonly number[] = [5],
): Promise<Tried> {
  return new TestClock().use(async (clock) => {
    const attempts = new Attempts(clock, times, cause);
    const work: ItemWork = answer === undefined
      ? attempts.work
      : (item) => (attempts.work(item), answer(item));
    const result = watch(row.run(work, options, items));
    await clock.advance(LONG_MS);
    assertEquals(clock.timerCount, 0);
    return { attempts, result, clock };
  });
}
