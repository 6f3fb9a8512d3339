/**
 * Reads what was thrown. That can be anything: nothing in here throws or loops, whatever reading
 * the value does.
 *
 * Errors are known by what they carry and not by their class: those of another realm, and of a
 * polyfill, have other classes of the same names. `instanceof` is avoided for another reason, too:
 * it asks a proxy for its prototype, and that one's, and so on.
 *
 * @module
 */

/** How many errors of a chain are looked at: it may be a circle, or made anew at each look. */
const MAX_CAUSES = 100;

/** What `Object.prototype.toString` makes of errors of any realm. */
const ERROR_TAG = /^\[object (Error|DOMException)\]$/;

/** Whether a value can have properties; functions are not looked into. */
export function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** What `read` returns; `otherwise` where it throws: what cannot be read counts as absent. */
export function attempt<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}

/** A property of an object; `undefined` where there is none, or where reading it throws. */
export function readProperty(value: unknown, key: PropertyKey): unknown {
  if (!isObject(value)) return undefined;
  return attempt(() => (value as Record<PropertyKey, unknown>)[key], undefined);
}

/** Whether an object has a property, readable or not. */
export function hasProperty(value: unknown, key: PropertyKey): boolean {
  return isObject(value) && attempt(() => key in value, false);
}

/** As {@linkcode readProperty}, for a text that is not empty. */
export function readText(value: unknown, key: PropertyKey): string | undefined {
  const text = readProperty(value, key);
  return typeof text === "string" && text !== "" ? text : undefined;
}

/** `thrown`, its cause, the cause of that, and so on. */
export function* causesOf(thrown: unknown): Generator<unknown, void, undefined> {
  let error = thrown;
  for (let depth = 0; depth < MAX_CAUSES && error !== undefined; depth++) {
    yield error;
    error = readProperty(error, "cause");
  }
}

/** A code or a name as programs write them: one that comes from outside may hold data, or escapes. */
const LABEL = /^[\w$.:/-]{1,64}$/;

/** Whether a text may stand in a message as a code or a name. */
export function isLabel(text: string): boolean {
  return LABEL.test(text);
}

/** The name of an error; for anything else what kind of value was thrown, without its data. */
export function nameOf(thrown: unknown): string {
  if (isError(thrown)) {
    const name = readText(thrown, "name");
    return name !== undefined && isLabel(name) ? name : "Error";
  }
  return `it threw ${thrown === null ? "null" : typeof thrown}`;
}

/**
 * What was thrown, in a few words: the message of an error, or of any object that has one; a text
 * or another primitive as it is.
 */
export function messageOf(thrown: unknown): string {
  if (typeof thrown === "string") return thrown === "" ? "threw an empty string" : thrown;
  if (typeof thrown === "function") return "threw a function";
  if (!isObject(thrown)) return String(thrown);
  return readText(thrown, "message") ?? (isError(thrown) ? nameOf(thrown) : "threw an object");
}

/** Whether a value is an error, of this realm or another. */
export function isError(value: unknown): boolean {
  if (!isObject(value)) return false;
  return ERROR_TAG.test(tagOf(value)) ||
    typeof readProperty(value, "message") === "string" && readText(value, "stack") !== undefined;
}

/**
 * What `Object.prototype.toString` makes of an object; empty for a revoked proxy, and where
 * `Symbol.toStringTag` throws.
 */
export function tagOf(value: object): string {
  return attempt(() => Object.prototype.toString.call(value), "");
}
