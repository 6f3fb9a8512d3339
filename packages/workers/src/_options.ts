// Checks options where an operator or a pool is made.

/** Throws where `options` has others than those in `known`. */
export function requireKnown(what: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot ${what}: its options must be an object, got ${show(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(
      `Cannot ${what}: unknown option "${name}"; it has ${known.join(", ")}`,
    );
  }
}

/** `value`, or `fallback` where it is left out; throws unless it is an integer of at least `minimum`. */
export function readInteger(
  what: string,
  name: string,
  value: number | undefined,
  { minimum, fallback }: { readonly minimum: 0 | 1; readonly fallback: number },
): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value >= minimum) return value;
  const rule = minimum === 1 ? "a positive integer" : "a non-negative integer";
  throw new RangeError(`Cannot ${what}: ${name} must be ${rule}, got ${show(value)}`);
}

/** Throws unless `value`, where it is given, is at least 1 and no more than a timer can hold. */
export function requireTimeout(what: string, name: string, value: unknown): void {
  if (value === undefined) return;
  if (typeof value === "number" && value >= 1 && value <= MAX_TIMER_MS) return;
  const rule = `a number of milliseconds from 1 to ${MAX_TIMER_MS}`;
  throw new RangeError(`Cannot ${what}: ${name} must be ${rule}, got ${show(value)}`);
}

/** Throws unless `value`, where it is given, is a function. */
export function requireFunction(what: string, name: string, value: unknown): void {
  if (value === undefined || typeof value === "function") return;
  throw new TypeError(`Cannot ${what}: ${name} must be a function, got ${show(value)}`);
}

/** Throws unless `value` is a text that is not empty. */
export function requireName(what: string, name: string, value: unknown): void {
  if (typeof value === "string" && value !== "") return;
  throw new TypeError(
    `Cannot ${what}: ${name} must be the name of a function of the module, got ${show(value)}`,
  );
}

/** Throws unless `value` is a list of what can be moved. */
export function requireTransfer(what: string, value: unknown): void {
  const isList = Array.isArray(value) &&
    value.every((part) => typeof part === "object" && part !== null);
  if (isList) return;
  const found = Array.isArray(value) ? "an array with others" : show(value);
  throw new TypeError(`Cannot ${what}: transfer must give an array of objects, got ${found}`);
}

/** Throws unless `value` is a signal, of whatever realm. */
export function requireSignal(what: string, value: unknown): void {
  const { aborted, addEventListener } = (value ?? {}) as Partial<AbortSignal>;
  if (typeof aborted === "boolean" && typeof addEventListener === "function") return;
  throw new TypeError(`Cannot ${what}: signal must be an AbortSignal, got ${show(value)}`);
}

/** What a timer can hold: longer ones are due at once. */
export const MAX_TIMER_MS = 2_147_483_647;

/** A value in a message. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
