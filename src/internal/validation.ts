/**
 * Checks of what a caller hands in when a stage is built. Each failure is a sentence that names the
 * stage, the rule and the value.
 *
 * @module
 */

/** What is being built, for the messages: `Cannot batch stage "batches"`. */
export interface Subject {
  /** The method that the caller called. */
  readonly operator: string;
  /** The key of the stage; absent where there is no stage, as in `start()`. */
  readonly key?: string;
}

/** Throws unless `value` is a non-empty string. */
export function requireKey(operator: string, value: unknown): asserts value is string {
  if (typeof value !== "string" || value === "") {
    const hint = typeof value === "function" || (typeof value === "object" && value !== null)
      ? `; a stage begins with its key: ${operator}("key", …)`
      : "";
    throw new TypeError(
      `Cannot ${operator} stage: key must be a non-empty string, got ${describe(value)}${hint}`,
    );
  }
}

/** Throws a `TypeError` unless `value` is a non-empty string. */
export function requireName(operator: string, value: unknown): asserts value is string {
  if (typeof value === "string" && value !== "") return;
  throw new TypeError(complaint({ operator }, "name", "a non-empty string", value));
}

/** Throws a `TypeError` if one of `stages` has the key already. */
export function requireNewKey(
  operator: string,
  key: string,
  stages: readonly { readonly key: string }[],
): void {
  if (stages.every((stage) => stage.key !== key)) return;
  throw new TypeError(`Cannot ${operator} stage "${key}": key must be new, but it is taken`);
}

/** Throws a `RangeError` unless `value` is an integer of at least `minimum`. */
export function requireInteger(
  subject: Subject,
  option: string,
  value: unknown,
  minimum: 0 | 1,
): asserts value is number {
  if (!Number.isSafeInteger(value) || (value as number) < minimum) {
    const rule = minimum === 1 ? "a positive integer" : "a non-negative integer";
    throw new RangeError(complaint(subject, option, rule, value));
  }
}

/** Throws a `RangeError` unless `value` is a finite number from `minimum` to `maximum`. */
export function requireNumber(
  subject: Subject,
  option: string,
  value: unknown,
  minimum: number,
  maximum: number = Number.MAX_VALUE,
): asserts value is number {
  if (typeof value !== "number" || !(value >= minimum && value <= maximum)) {
    const rule = maximum === Number.MAX_VALUE
      ? `a finite number of at least ${minimum}`
      : `a number from ${minimum} to ${maximum}`;
    throw new RangeError(complaint(subject, option, rule, value));
  }
}

/** Throws a `TypeError` unless `value` is a boolean. */
export function requireBoolean(
  subject: Subject,
  option: string,
  value: unknown,
): asserts value is boolean {
  if (typeof value !== "boolean") {
    throw new TypeError(complaint(subject, option, "a boolean", value));
  }
}

/** Throws a `TypeError` unless `value` is a function. */
export function requireFunction(subject: Subject, what: string, value: unknown): void {
  if (typeof value !== "function") {
    throw new TypeError(complaint(subject, what, "a function", value));
  }
}

/** Throws a `TypeError` unless `value` is one of `choices`. */
export function requireOneOf(
  subject: Subject,
  option: string,
  value: unknown,
  choices: readonly string[],
): void {
  if (!choices.includes(value as string)) {
    const rule = `one of ${choices.join(", ")}`;
    throw new TypeError(complaint(subject, option, rule, value) + guess(value, choices));
  }
}

/** Throws a `TypeError` unless `options` is an object whose keys are all in `known`. */
export function requireKnownOptions(
  subject: Subject,
  options: unknown,
  known: readonly string[],
  name = "options",
): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(complaint(subject, name, "an object", options));
  }
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    throw new TypeError(
      `${sentenceStart(subject)}: unknown option "${option}"; it takes ${known.join(", ")}` +
        guess(option, known),
    );
  }
}

/** What was probably meant, where one of the words that would have done is like the one given. */
function guess(given: unknown, known: readonly string[]): string {
  if (typeof given !== "string" || given === "") return "";
  const word = toWord(given);
  const near = known.find((each) => toWord(each) === word) ??
    known.find((each) => toWord(each).startsWith(word) || word.startsWith(toWord(each)));
  return near === undefined ? "" : `. Did you mean ${near}?`;
}

function toWord(text: string): string {
  return text.replaceAll("_", "").toLowerCase();
}

/** The sentence of a failed check. */
export function complaint(subject: Subject, what: string, rule: string, value: unknown): string {
  return `${sentenceStart(subject)}: ${what} must be ${rule}, got ${describe(value)}`;
}

/** A short name for a value that is safe to show: primitives as they are, objects by their kind. */
export function describe(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  if (typeof value === "object" && value !== null) return "an object";
  return String(value);
}

/** The kind of an item, without its data, which no message may show. */
export function describeKind(item: unknown): string {
  return item === null || typeof item === "object" ? describe(item) : typeof item;
}

function sentenceStart({ operator, key }: Subject): string {
  return key === undefined ? `Cannot ${operator}` : `Cannot ${operator} stage "${key}"`;
}
