import { AnyOperator } from "../core/operator.ts";
import {
  refusal,
  refuse,
  refuseValue,
  requireBoolean,
  requireFunction,
  requireInteger,
  requireKnownOptions,
  requireName,
  requireNumber,
} from "../internal/validation.ts";
import { readProperty } from "../internal/thrown.ts";
import { LAWS_OF_ACCOUNTS } from "./_laws_of_accounts.ts";
import { LAWS_OF_CLOSING } from "./_laws_of_closing.ts";
import { LAWS_OF_FAILURES } from "./_laws_of_failures.ts";
import { LAWS_OF_LEAVING } from "./_laws_of_leaving.ts";
import { LAWS_OF_READING } from "./_laws_of_reading.ts";
import { isSame } from "./_same.ts";
import { type Candidate, Trial } from "./_trial.ts";
import type { LawCheck, LawOptions, LawSubject } from "./law_options.ts";

const SUBJECT = { operator: "operatorLaws" };
const CHECKS = [
  ...LAWS_OF_READING,
  ...LAWS_OF_CLOSING,
  ...LAWS_OF_FAILURES,
  ...LAWS_OF_LEAVING,
  ...LAWS_OF_ACCOUNTS,
];
const OPTIONS = [
  ...["items", "model", "ahead", "ordered", "badItem", "anyItems"],
  ...["acks", "restores", "isEqual", "waitMs"],
];

/**
 * Lists the laws that every operator keeps, as checks that any test runner can run: lazy (L1), demand
 * (L2), order (L3), closing (L4), idle sources (L5), errors (L6), values (L7), separate runs (L8), no
 * waiting on the source (L10), nothing left over (L12), abort (L13); for operators and pipelines the
 * conservation of figures (L14) as well, and where they claim it acknowledgements (L16) and restored
 * states (L17).
 *
 * The checks run with the library on a clock of their own, one after the other, also where they are
 * begun together. A function of an operator may take real time, up to `waitMs`.
 *
 * @typeParam TInput The items that it reads.
 * @typeParam TOutput The items that come out.
 * @param name What titles call it.
 * @param createSubject Makes what is tested, anew for each run but those of L8.
 * @param options What must come out, and what else is promised.
 * @returns The checks, in groups: reading, closing, failures, leaving, accounts. None has been run.
 * @throws {TypeError | RangeError} If an argument or option is not valid, or nothing comes out of
 * `items`, so that no law could be broken.
 * @category Testing
 *
 * @example The laws of an operator of one's own
 * ```ts
 * import { pipe, filter, map } from "@headrace/pipeline/operators";
 * import { operatorLaws } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const lengths = () => pipe(filter((word: string) => word !== ""), map((word) => word.length));
 * const laws = operatorLaws("lengths", lengths, {
 *   items: ["a", "", "mill", "wheel"],
 *   model: (words) => words.filter((word) => word !== "").map(({ length }) => length),
 *   acks: true,
 *   restores: true,
 * });
 * for (const { run } of laws) await run(); // in a test file: test(title, run)
 *
 * assertEquals(laws[0]?.title, "[L1] lengths does nothing before the first pull");
 * ```
 */
export function operatorLaws<TInput, TOutput>(
  name: string,
  createSubject: () => LawSubject<TInput, TOutput>,
  options: LawOptions<TInput, TOutput>,
): LawCheck[] {
  requireName("operatorLaws", name);
  requireFunction(SUBJECT, "its function", createSubject);
  requireLawOptions(options as LawOptions<unknown, unknown>);
  const candidate = createCandidate(name, createSubject as never, options as never);
  return CHECKS.filter(({ isFor }) => isFor?.(candidate) ?? true).map((check) => ({
    law: check.law,
    title: `[${check.law}] ${name} ${check.says}`,
    run: () => runAlone(() => new Trial(candidate, check.law).run(check)),
  }));
}

/** The check that was begun last: there is one clock. */
let last: Promise<unknown> = Promise.resolve();

/** Runs a check after all that were begun before. */
function runAlone(run: () => Promise<void>): Promise<void> {
  const running = last.then(run);
  last = running.catch(() => {});
  return running;
}

function requireLawOptions(options: LawOptions<unknown, unknown>): void {
  requireKnownOptions(SUBJECT, options, OPTIONS);
  const { items, model, ahead, ordered, badItem, anyItems, acks, restores, isEqual } = options;
  if (!Array.isArray(items)) {
    refuseValue(SUBJECT, "items", "an array of at least two items", items);
  }
  if (items.length < 2) {
    refuseValue(SUBJECT, "the number of items", "at least 2", items.length);
  }
  requireFunction(SUBJECT, "model", model);
  if (isEqual !== undefined) requireFunction(SUBJECT, "isEqual", isEqual);
  if (ahead !== undefined) requireInteger(SUBJECT, "ahead", ahead, 0);
  if (options.waitMs !== undefined) requireNumber(SUBJECT, "waitMs", options.waitMs, 0);
  for (const [option, value] of Object.entries({ ordered, anyItems, acks, restores })) {
    if (value !== undefined) requireBoolean(SUBJECT, option, value);
  }
  if (badItem !== undefined && !("item" in Object(badItem))) {
    refuseValue(SUBJECT, "badItem", "an object such as { item: -1 }", badItem);
  }
  const all: unknown = model(items, true);
  if (!Array.isArray(all)) {
    refuseValue(SUBJECT, "what model returns", "an array", all);
  }
  if (all.length === 0) {
    throw new RangeError(refusal(SUBJECT, "model gives nothing for items, so no law can be tried"));
  }
}

function createCandidate(
  name: string,
  createSubject: () => LawSubject<unknown, unknown>,
  options: LawOptions<unknown, unknown>,
): Candidate {
  const subject = createSubject();
  const isFunction = typeof subject === "function";
  if (!isFunction && !AnyOperator.is(subject) && !isPipeline(subject)) {
    const rule = "an operator, a pipeline, or a function over an async iterable";
    refuseValue(SUBJECT, "what its function makes", rule, subject);
  }
  if (isFunction && (options.acks || options.restores)) {
    refuse(SUBJECT, "a function has neither acks nor restores: make an operator of it");
  }
  const flowing = options.model(options.items, false).length;
  const { items, ahead = 0, ordered = true, isEqual = isSame, waitMs = 1_000 } = options;
  const settings = { ...options, ahead, ordered, isEqual, waitMs };
  return { name, createSubject, options: settings, isFunction, flowing, copies: copy(items) };
}

function isPipeline(value: unknown): boolean {
  return typeof readProperty(value, "compose") === "function";
}

/** The items once more, where they have parts that can change, and can be copied. */
function copy(items: readonly unknown[]): readonly unknown[] | undefined {
  if (!items.some((item) => typeof item === "object" && item !== null)) return undefined;
  try {
    const copies = structuredClone(items);
    return isSame(copies, items) ? copies : undefined;
  } catch {
    // Functions and the like cannot be copied: then there is nothing to compare with.
    return undefined;
  }
}
