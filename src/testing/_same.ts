/**
 * Comparison and text of items and errors, for checks and their messages.
 *
 * @module
 */

const MAX_SHOWN = 200;

/**
 * Whether two values are the same, looked into: arrays, plain objects, maps, sets, dates, errors and
 * bytes by what they hold, all others by identity.
 */
export function isSame(left: unknown, right: unknown, within: readonly unknown[] = []): boolean {
  if (Object.is(left, right)) return true;
  if (typeof left !== "object" || typeof right !== "object") return false;
  if (left === null || right === null) return false;
  if (Object.getPrototypeOf(left) !== Object.getPrototypeOf(right)) return false;
  // What contains itself is compared once.
  if (within.includes(left)) return true;
  const isSameInside = (a: unknown, b: unknown) => isSame(a, b, [...within, left]);
  if (left instanceof Date) return Object.is(left.getTime(), (right as Date).getTime());
  if (left instanceof Error) {
    const { name, message } = right as Error;
    return left.name === name && left.message === message;
  }
  if (left instanceof Map || left instanceof Set) {
    return isSameInside([...left], [...right as Iterable<unknown>]);
  }
  if (!Array.isArray(left) && !ArrayBuffer.isView(left) && !isPlain(left)) return false;
  const keys = Object.keys(left);
  return keys.length === Object.keys(right).length &&
    keys.every((key) =>
      key in right && isSameInside(Reflect.get(left, key), Reflect.get(right, key))
    );
}

/** How items are compared. */
export interface Comparison {
  readonly ordered: boolean;
  readonly isEqual: (found: unknown, expected: unknown) => boolean;
}

/** Whether both have the same items, in the same order or, where not `ordered`, in any. */
export function haveSame(
  found: readonly unknown[],
  expected: readonly unknown[],
  { ordered, isEqual }: Comparison,
): boolean {
  if (found.length !== expected.length) return false;
  if (ordered) return found.every((item, index) => isEqual(item, expected[index]));
  const left = [...expected];
  return found.every((item) => {
    const at = left.findIndex((candidate) => isEqual(item, candidate));
    if (at >= 0) left.splice(at, 1);
    return at >= 0;
  });
}

/** Whether `error` is `cause`, or has it for a cause. */
export function isBecauseOf(error: unknown, cause: unknown): boolean {
  if (error === cause) return true;
  return error instanceof Error && error.cause !== undefined && isBecauseOf(error.cause, cause);
}

/** The text of a value in a message, cut where it is long. */
export function show(value: unknown): string {
  const text = toText(value);
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

/** A number of things in a message. */
export function plural(count: number, what = "item"): string {
  return `${count} ${what}${count === 1 ? "" : "s"}`;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype.constructor?.name === "Object";
}

function toText(value: unknown): string {
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`;
    return JSON.stringify(value, (_, inner) => isTold(inner) ? inner : String(inner)) ??
      String(value);
  } catch {
    return "a value that cannot be shown";
  }
}

/** Whether JSON says what a value is. */
function isTold(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value === "string" || typeof value === "boolean" || typeof value === "object";
}
