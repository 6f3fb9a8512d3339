/**
 * Checks of what a caller passes in when a stage is built. Each failure is a sentence that names the
 * stage, the rule and the value.
 *
 * @module
 */

import { ignoreLateOutcome, isPromiseLike } from "./promises.ts";
import { attempt, hasProperty, isObject, readProperty, tagOf } from "./thrown.ts";

/** How alike two words are where one may be meant by the other: 1 where they have the same letters. */
const LEAST_LIKENESS = 0.48;

/** What cannot be done, for the messages: `Cannot add the stage "rows" (batch)`. */
export interface Subject {
  /** The operator, or the function that was called. */
  readonly operator: string;
  /** The key of the stage; absent where there is no stage, as in `start()`. */
  readonly key?: string;
}

/** Throws a `TypeError` unless `value` is a non-empty string; `hint` is for what is no string at all. */
export function requireText(
  subject: Subject,
  what: string,
  value: unknown,
  hint?: string,
): asserts value is string {
  if (typeof value === "string" && value !== "") return;
  refuseValue(subject, what, "a non-empty string", value, value === "" ? "" : hint);
}

/** Throws unless `value` is the key of a stage. */
export function requireKey(operator: string, value: unknown): asserts value is string {
  const hint = `; the key comes first: ${operator}("key", …)`;
  requireText({ operator: `add a stage (${operator})` }, "its key", value, hint);
}

/** Throws unless `value` is the name of something that is made. */
export function requireName(operator: string, value: unknown): asserts value is string {
  requireText({ operator }, "name", value);
}

/** Throws a `TypeError` if one of `stages` has the key already. */
export function requireNewKey(
  operator: string,
  key: string,
  stages: readonly { readonly key: string }[],
): void {
  if (stages.every((stage) => stage.key !== key)) return;
  refuse({ operator, key }, "its key must be new, but it is taken");
}

/** Throws a `RangeError` unless `value` is an integer of at least `minimum`. */
export function requireInteger(
  subject: Subject,
  option: string,
  value: unknown,
  minimum: 0 | 1,
): asserts value is number {
  if (Number.isSafeInteger(value) && (value as number) >= minimum) return;
  const rule = `a ${minimum === 1 ? "positive" : "non-negative"} integer`;
  refuseNumber(subject, option, rule, value, guessNumber(value, minimum));
}

/** Throws a `RangeError` unless `value` is a finite number of at least `minimum`. */
export function requireNumber(
  subject: Subject,
  option: string,
  value: unknown,
  minimum: number,
): asserts value is number {
  if (typeof value === "number" && value >= minimum && value < Infinity) return;
  const rule = `a finite number of at least ${minimum}`;
  refuseNumber(subject, option, rule, value, guessNumber(value, minimum));
}

/** Throws a `RangeError` unless `value` is a share: from 0, or above it, up to 1. */
export function requireShare(
  subject: Subject,
  option: string,
  value: unknown,
  isZeroAllowed: boolean,
): asserts value is number {
  if (typeof value === "number" && value <= 1 && (isZeroAllowed ? value >= 0 : value > 0)) return;
  const rule = `a number ${isZeroAllowed ? "from 0" : "above 0, up"} to 1`;
  refuseNumber(subject, option, rule, value);
}

/** Throws a `RangeError` unless `value` is a positive number. */
export function requirePositive(subject: Subject, option: string, value: unknown): void {
  if (typeof value === "number" && value > 0 && value < Infinity) return;
  refuseNumber(subject, option, "a positive number", value);
}

/** Throws a `TypeError` unless `value` is a boolean; `hint` is the end of its message. */
export function requireBoolean(
  subject: Subject,
  option: string,
  value: unknown,
  hint?: string,
): asserts value is boolean {
  if (typeof value !== "boolean") refuseValue(subject, option, "a boolean", value, hint);
}

/** Throws a `TypeError` unless `value` is a function; `hint` is the end of its message. */
export function requireFunction(
  subject: Subject,
  what: string,
  value: unknown,
  hint?: string,
): void {
  if (typeof value !== "function") refuseValue(subject, what, "a function", value, hint);
}

/** Throws a `TypeError` unless `value` has all `methods`; `rule` says what has. */
export function requireMethods(
  subject: Subject,
  what: string,
  value: unknown,
  methods: readonly string[],
  rule: string,
): void {
  if (!hasMethods(value, methods)) refuseValue(subject, what, rule, value);
}

/** Whether `value` has all `methods`. */
export function hasMethods(value: unknown, methods: readonly string[]): boolean {
  return methods.every((name) => typeof readProperty(value, name) === "function");
}

/** Throws a `TypeError` unless `value` is one of `choices`. */
export function requireOneOf(
  subject: Subject,
  option: string,
  value: unknown,
  choices: readonly string[],
): void {
  if (choices.includes(value as string)) return;
  refuseValue(subject, option, `one of ${choices.join(", ")}`, value, guess(value, choices));
}

/** Throws a `TypeError` unless `options` is an object whose keys are all in `known`. */
export function requireKnownOptions(
  subject: Subject,
  options: unknown,
  known: readonly string[],
  name = "options",
): void {
  const names = isRecord(options) ? attempt(() => Object.keys(options), undefined) : undefined;
  // A signal, a promise and a map have no keys, and nothing in them would have an effect.
  if (names === undefined || names.length === 0 && describeKind(options) !== "an object") {
    refuseValue(subject, name, "an object", options);
  }
  for (const option of names) {
    if (known.includes(option)) continue;
    refuse(
      subject,
      `unknown option "${option}"; it takes ${known.join(", ")}${guess(option, known)}`,
    );
  }
}

/** Whether options can stand in it. */
export function isRecord(value: unknown): value is object {
  return isObject(value) && !isArray(value);
}

/** As `Array.isArray`, which throws for a revoked proxy. */
function isArray(value: unknown): boolean {
  return attempt(() => Array.isArray(value), false);
}

/** What was probably meant: the word that has most pairs of letters in common with the one given. */
function guess(given: unknown, known: readonly string[]): string {
  if (typeof given !== "string") return "";
  const pairs = toPairs(given);
  let best = LEAST_LIKENESS;
  let hint = "";
  for (const word of known) {
    const others = toPairs(word);
    const common = pairs.filter((pair) => others.includes(pair)).length;
    const likeness = 2 * common / (pairs.length + others.length);
    if (likeness > best) {
      best = likeness;
      hint = didYouMean(word);
    }
  }
  return hint;
}

function toPairs(text: string): string[] {
  const letters = text.replaceAll("_", "").toLowerCase();
  return [...letters].map((_, index) => letters.slice(index, index + 2)).slice(0, -1);
}

function guessNumber(value: unknown, minimum: number): string {
  const isNumber = typeof value === "string" && /^\d+$/.test(value) && Number(value) >= minimum;
  return isNumber ? didYouMean(value) : "";
}

/** Says so where `value` has a property of ours without being ours. */
export function guessCopy(value: unknown, property: string): string {
  return hasProperty(value, property) ? " of another copy of this package" : "";
}

function didYouMean(meant: string): string {
  return `. Did you mean ${meant}?`;
}

/** Throws a `TypeError` with the sentence of a failed check; `hint` is its end. */
export function refuseValue(
  subject: Subject,
  what: string,
  rule: string,
  value: unknown,
  hint: string = "",
): never {
  throw new TypeError(complaint(subject, what, rule, value) + hint);
}

/** As {@linkcode refuseValue}, with a `RangeError`. */
export function refuseNumber(
  subject: Subject,
  what: string,
  rule: string,
  value: unknown,
  hint: string = "",
): never {
  throw new RangeError(complaint(subject, what, rule, value) + hint);
}

/** Throws a `TypeError` for what is refused for another reason than one value. */
export function refuse(subject: Subject, problem: string): never {
  throw new TypeError(refusal(subject, problem));
}

/** The sentence of a failed check of a value. */
export function complaint(subject: Subject, what: string, rule: string, value: unknown): string {
  return refusal(subject, `${what} must be ${rule}, got ${describe(value)}`);
}

/** The sentence of what is refused for another reason than one value. */
export function refusal({ operator, key }: Subject, problem: string): string {
  // A name of several words is that of a function; one word reads as a verb.
  const action = /^[a-z]+[A-Z]/.test(operator) ? `call ${operator}` : operator;
  return key === undefined
    ? `Cannot ${action}: ${problem}`
    : `Cannot add the stage "${key}" (${operator}): ${problem}`;
}

/** The sentence of a stage that fails while it runs. */
export function failure({ operator, key }: Subject, problem: string): string {
  return `Cannot run the stage "${key}" (${operator}): ${problem}`;
}

/**
 * Throws a `TypeError`, for `what` of a stage has returned something else than `rule`. That may be a
 * promise: the stage has failed already, whatever becomes of it.
 */
export function refuseReturned(
  subject: Subject,
  what: string,
  rule: string,
  value: unknown,
  hint: string = value === undefined ? "; is a return missing?" : "",
): never {
  ignoreLateOutcome(value);
  const problem = `${what} must return ${rule}, got ${describeKind(value)}${hint}`;
  throw new TypeError(failure(subject, problem));
}

/** As {@linkcode refuseReturned}, for a step over the stream that has returned no items. */
export function refuseItems(subject: Subject, value: unknown): never {
  // A step on one item is known by its mark, or by its async function.
  const hint = isPromiseLike(value) ? "; a step on one item has isStep: true" : undefined;
  refuseReturned(subject, "its step", "an async iterable", value, hint);
}

/** A short name for a value that is safe to show: primitives as they are, objects by their kind. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  return isObject(value) ? describeKind(value) : String(value);
}

/** What a function has returned in place of a fitting number: any number as it is, else its kind. */
export function describeNumber(value: unknown): string {
  return typeof value === "number" ? String(value) : describeKind(value);
}

/** Throws unless `value` is an amount; see {@linkcode describeNumber}. */
export function requireAmount(what: string, value: unknown): asserts value is number {
  if (typeof value === "number" && value >= 0 && value < Infinity) return;
  ignoreLateOutcome(value);
  throw new RangeError(`${what} must be a non-negative number, got ${describeNumber(value)}`);
}

/** The kind of an item such as `number` or `a Set`, without its data, which no message may show. */
export function describeKind(item: unknown): string {
  if (isArray(item)) return "an array";
  if (item === null) return "null";
  if (typeof item !== "object") return typeof item;
  const kind = tagOf(item).slice(8, -1);
  if (/^(Object)?$|\W/.test(kind)) {
    return hasProperty(item, "compose") ? "a StreamingPipeline" : "an object";
  }
  return `${/^[AEIO]/.test(kind) ? "an" : "a"} ${kind}`;
}
