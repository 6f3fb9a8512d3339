import {
  refuseValue,
  requireFunction,
  requireKnownOptions,
  requireNumber,
  requireShare,
  type Subject,
} from "../internal/validation.ts";

/**
 * How much is disturbed, and how.
 *
 * @category Testing
 */
export interface ChaosOptions {
  /** The share of answers that come some turns of the microtask queue late. @default {0.3} */
  readonly late?: number | undefined;
  /** The share of answers that take time, by the library's clock. @default {0.1} */
  readonly slow?: number | undefined;
  /** The longest time that one takes, in milliseconds. @default {100} */
  readonly slowMs?: number | undefined;
  /** The share of answers that fail. @default {0} */
  readonly fail?: number | undefined;
  /** The share of a source's items that come after the next one. @default {0} */
  readonly reorder?: number | undefined;
  /** Makes what a failure throws: a {@linkcode ChaosFailure} by default. */
  readonly createFailure?: ((step: ChaosStep) => unknown) | undefined;
  /** The ids of the steps that may be disturbed: all by default. It repeats what has failed. */
  readonly only?: readonly string[] | undefined;
}

/**
 * One disturbance.
 *
 * @category Testing
 */
export interface ChaosStep {
  /** Where it was: the name of the function or source, and the number of its call: `load#3`. */
  readonly id: string;
  /** What was done. */
  readonly kind: "late" | "slow" | "fail" | "reorder";
  /** Turns of the microtask queue where it was late, milliseconds where it was slow; 0 otherwise. */
  readonly amount: number;
}

/**
 * The error of an answer that chaos has made fail.
 *
 * @category Testing
 *
 * @example Which call it was
 * ```ts
 * import { ChaosFailure } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(new ChaosFailure("load#3").message, "Chaos has made load#3 fail");
 * ```
 */
export class ChaosFailure extends Error {
  /** The class's name. */
  override readonly name = "ChaosFailure";
  /** The step that failed. */
  readonly id: string;

  /** Makes the error of that step. */
  constructor(id: string) {
    super(`Chaos has made ${id} fail`);
    this.id = id;
  }
}

const SHARES = ["late", "slow", "fail", "reorder"] as const;

const OPTIONS = [...SHARES, "slowMs", "createFailure", "only"];

/** Throws unless all options are valid; `more` are those of the function beside them. */
export function requireChaosOptions(
  subject: Subject,
  options: ChaosOptions,
  more: readonly string[] = [],
): void {
  requireKnownOptions(subject, options, [...OPTIONS, ...more]);
  const { slowMs, createFailure, only } = options;
  for (const name of SHARES) {
    const share = options[name];
    if (share !== undefined) requireShare(subject, name, share, true);
  }
  if (slowMs !== undefined) requireNumber(subject, "slowMs", slowMs, 0);
  if (createFailure !== undefined) requireFunction(subject, "createFailure", createFailure);
  if (only !== undefined && !Array.isArray(only)) {
    refuseValue(subject, "only", `an array such as ["load#3"]`, only);
  }
}
