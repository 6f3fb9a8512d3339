// How a stage can work on its items.

import type { StageOptions } from "../../mod.ts";
import { adaptive, type ConcurrencyPolicy, semaphore } from "../../src/policies/mod.ts";

/** One way for a function stage to run. */
export interface Mode {
  /** Follows the operator's name in titles; empty for the plainest. */
  readonly label: string;
  readonly isAsync: boolean;
  readonly options: StageOptions | undefined;
  /** The most calls that may run at a time. */
  readonly limit: number;
  /** The most finished results that may wait. */
  readonly highWaterMark: number;
  readonly ordered: boolean;
  readonly parallel: boolean;
}

const LIMITS = [1, 2, 16, 1000] as const;

/** One item at a time. */
export const SEQUENTIAL: Mode = {
  label: "",
  isAsync: false,
  options: undefined,
  limit: 1,
  highWaterMark: 0,
  ordered: true,
  parallel: false,
};

/** One item at a time, with a function that answers later. */
export const SEQUENTIAL_ASYNC: Mode = { ...SEQUENTIAL, label: " async", isAsync: true };

/** Side by side, at most `limit` at a time. */
export function parallelMode(limit: number, ordered: boolean, isAsync = true): Mode {
  const order = ordered ? "" : " unordered";
  return {
    label: ` parallel ${limit}${order}${isAsync ? "" : " with a sync function"}`,
    isAsync,
    options: { parallel: true, concurrencyLimit: limit, ordered },
    limit,
    highWaterMark: limit,
    ordered,
    parallel: true,
  };
}

/** As `mode`, with a policy that lets everything begin. */
export function policyMode(mode: Mode): Mode {
  const options = { ...mode.options, policy: semaphore(1_000_000) };
  return { ...mode, label: `${mode.label} with a policy`, options };
}

/** Side by side, with a limit that a policy says: one of its own for each pipeline. */
function limitMode(name: string, ordered: boolean, createLimit: () => ConcurrencyPolicy): Mode {
  const { limit } = createLimit();
  const plain = parallelMode(limit, ordered);
  return {
    ...plain,
    label: `${plain.label} by ${name}`,
    get options() {
      return { ordered, concurrencyLimit: createLimit() };
    },
  };
}

const BY_POLICY: readonly Mode[] = [
  limitMode("a semaphore", true, () => semaphore(2)),
  limitMode("a semaphore", false, () => semaphore(16)),
  limitMode("an adaptive limit", true, () => adaptive({ min: 16, max: 16 })),
  limitMode("an adaptive limit", false, () => adaptive({ min: 2, max: 2 })),
];

/** Every limit, ordered and not. */
export const PARALLEL: readonly Mode[] = [true, false].flatMap((ordered) =>
  LIMITS.map((limit) => parallelMode(limit, ordered))
);

/** Every mode that a function stage has. */
export const ALL_MODES: readonly Mode[] = [
  SEQUENTIAL,
  SEQUENTIAL_ASYNC,
  ...PARALLEL,
  parallelMode(2, true, false),
  parallelMode(2, false, false),
  ...[SEQUENTIAL, SEQUENTIAL_ASYNC, parallelMode(2, true), parallelMode(16, false)].map(policyMode),
  ...BY_POLICY,
];

/** The modes of functions that cannot be sync. */
export const ASYNC_MODES: readonly Mode[] = [
  SEQUENTIAL_ASYNC,
  ...PARALLEL,
  ...[SEQUENTIAL_ASYNC, parallelMode(2, true), parallelMode(2, false)].map(policyMode),
  ...BY_POLICY,
];

/** The modes of functions over arrays. */
export const BATCH_MODES: readonly Mode[] = [
  ...PARALLEL,
  policyMode(parallelMode(2, true)),
  policyMode(parallelMode(16, false)),
];

/** The modes of steps over the whole stream. */
export const STEP_MODES: readonly Mode[] = [SEQUENTIAL_ASYNC, policyMode(SEQUENTIAL_ASYNC)];

/** A few of them, for what differs little from another operator. */
export const SOME_ASYNC_MODES: readonly Mode[] = [
  SEQUENTIAL_ASYNC,
  parallelMode(2, true),
  parallelMode(16, false),
  policyMode(parallelMode(2, true)),
];
