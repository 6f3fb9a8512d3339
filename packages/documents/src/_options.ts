// Checks what a function is called with.

/** Throws where `options` is no object, or has others than those in `known`. */
export function requireKnown(name: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw new TypeError(complaint(name, "its options", "an object", options));
  }
  const unknown = Object.keys(options).find((option) => !known.includes(option));
  if (unknown === undefined) return;
  throw new TypeError(
    `Cannot call ${name}: unknown option "${unknown}"; it has ${known.join(", ")}`,
  );
}

/** Throws unless `items` can be read one after the other. */
export function requireIterable(name: string, what: string, rule: string, items: unknown): void {
  const isIterable = typeof items === "object" && items !== null &&
    (Symbol.asyncIterator in items || Symbol.iterator in items);
  if (!isIterable) throw new TypeError(complaint(name, what, rule, items));
}

/** Throws unless `text` is a string. */
export function requireText(name: string, text: unknown): asserts text is string {
  if (typeof text !== "string") throw new TypeError(complaint(name, "text", "a string", text));
}

/** The message for a value that is not what `rule` says. */
export function complaint(name: string, option: string, rule: string, value: unknown): string {
  return `Cannot call ${name}: ${option} must be ${rule}, got ${show(value)}`;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number" || value === undefined || value === null) return String(value);
  return Array.isArray(value) ? "an array" : typeof value;
}
