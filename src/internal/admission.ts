/**
 * What the engine and sources ask of a policy. They see no more of it, so that a program without
 * policies holds nothing of them.
 *
 * @module
 */

import type { StageOptions } from "../base/options.ts";
import type { Policy, StagePolicyFigures } from "../base/policy.ts";
import { readProperty } from "./thrown.ts";
import { refuseValue, type Subject } from "./validation.ts";

/** The code of an error that refuses an attempt, and all that come, for nothing is left to spend. */
export const BUDGET_SPENT = "BUDGET_SPENT";

/** The call that asks to begin an attempt. */
export interface Caller {
  /** Ends the wait. Read only where there is one, and where an attempt has failed. */
  readonly signal: AbortSignal;
}

/** Where the attempts of one stage, or of one source, begin. */
export interface Door {
  /**
   * Makes an attempt at `input`, at once or when it is its turn; what comes of it passes as it is.
   * Throws, or rejects, where it is refused, and rejects with the reason of an abort.
   */
  attempt(call: () => unknown, input: unknown, caller: Caller): unknown;
  /**
   * Resolves when an attempt at `input` may begin; the one that began so before it has ended by
   * then.
   */
  begin(input: unknown, caller: Caller): Promise<void>;
  /** The attempt that began so has ended, if there is one: with this, or by throwing this. */
  end(outcome?: unknown, isFailed?: boolean): void;
  /** What has happened here so far. */
  readonly figures: StagePolicyFigures;
}

/** How many attempts run at a time, and how their results come out. */
export interface Paces {
  /** The most calls that run at a time. */
  readonly concurrencyLimit: number;
  /** The most finished results that are buffered while no read is pending. */
  readonly highWaterMark: number;
  /** Whether results come out in the order of their items. */
  readonly ordered: boolean;
}

/** What a stage has settled beside its limit. */
export type PacesGiven = Pick<StageOptions, "highWaterMark" | "ordered">;

/** Lets attempts begin. */
export interface Admission {
  /** Makes a door, for one run; `onSpent` is called when it refuses with {@linkcode BUDGET_SPENT}. */
  openDoor(onSpent: () => void): Door;
  /** Whether what has failed so may be tried again; one more attempt counts as made then. */
  mayRetry(error: unknown): boolean;
  /** The admission to both. */
  and(other: Admission): Admission;
  /**
   * The limit that it sets, as it is at each moment, beside what else a stage has settled; absent
   * where it sets none.
   */
  readonly createPaces: ((given: PacesGiven) => Paces) | undefined;
}

/** The admission of a policy; absent for anything else. */
export function findAdmission(value: unknown): Admission | undefined {
  return readProperty(value, "~admission" satisfies keyof Policy) as Admission | undefined;
}

/** The admission of a policy; throws a `TypeError` for anything else. */
export function requirePolicy(subject: Subject, option: string, value: unknown): Admission {
  const admission = findAdmission(value);
  if (admission !== undefined) return admission;
  refuseValue(subject, option, "a policy such as semaphore(8)", value);
}
