// Checks what functions are called with, when they are called.

/** Throws where `options` is no object, or has others than those in `known`. */
export function requireKnown(name: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(complaint(name, "its options", "an object", options));
  }
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown === undefined) return;
  throw new TypeError(
    `Cannot call ${name}: unknown option "${unknown}"; it has ${known.join(", ")}`,
  );
}

/** `value`, or `fallback` where it is left out; throws unless it is an integer of at least `least`. */
export function readInteger(
  name: string,
  option: string,
  value: unknown,
  { fallback, least = 1 }: { readonly fallback: number; readonly least?: 0 | 1 },
): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && (value as number) >= least) return value as number;
  const rule = least === 1 ? "a positive integer" : "a non-negative integer";
  throw new RangeError(complaint(name, option, rule, value));
}

/** The longest time that a timer can hold: 32 bits. A longer one would be over at once. */
const MAX_TIMER_MS = 2_147_483_647;

/** As {@linkcode readInteger}, for a time in milliseconds; throws where no timer can hold it. */
export function readMs(...of: Parameters<typeof readInteger>): number {
  const value = readInteger(...of);
  if (value <= MAX_TIMER_MS) return value;
  const [name, option] = of;
  throw new RangeError(complaint(name, option, `at most ${MAX_TIMER_MS} ms`, value));
}

/** Whether a value is a `Uint8Array`, of whichever realm: tests in a page of jsdom have another. */
export function isBytes(value: unknown): value is Uint8Array {
  return ArrayBuffer.isView(value) &&
    Object.prototype.toString.call(value) === "[object Uint8Array]";
}

/** Throws unless `value`, where it is given, is a function. */
export function requireFunction(name: string, option: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw new TypeError(complaint(name, option, "a function", value));
}

/** Throws unless `value` is one of `choices`. */
export function requireChoice(
  name: string,
  option: string,
  value: unknown,
  choices: readonly unknown[],
): void {
  if (choices.includes(value)) return;
  const listed = choices.map((choice) => JSON.stringify(choice)).join(", ");
  throw new TypeError(complaint(name, option, `one of ${listed}`, value));
}

/** The message for a value that is not what `rule` says. */
export function complaint(name: string, option: string, rule: string, value: unknown): string {
  return `Cannot call ${name}: ${option} must be ${rule}, got ${show(value)}`;
}

/** A value in a message, without what is in it. */
export function show(value: unknown): string {
  if (typeof value === "string") {
    return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value);
  }
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
