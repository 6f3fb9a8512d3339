// Checks options where an operator is made.

/**
 * What options must be besides those that a format knows: they have no others.
 *
 * @typeParam TOptions The options that are given, inferred from them.
 * @typeParam TKnown The options that there are.
 * @category Text
 */
export type KnownOptions<TOptions, TKnown> = {
  readonly [
    // Always with a property, all of them optional: else anything without one in common would do.
    TName in keyof TKnown | keyof TOptions
  ]?: TName extends keyof TKnown ? TKnown[TName]
    : { readonly error: `unknown option '${TName & string}'` };
};

/** Throws where `options` is no object, or has others than those in `known`. */
export function requireKnown(format: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    const kind = Array.isArray(options) ? "an array" : options === null ? "null" : typeof options;
    throw new TypeError(`Cannot make ${format}(): its options must be an object, got ${kind}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(
      `Cannot make ${format}(): unknown option "${name}"; it has ${known.join(", ")}`,
    );
  }
}

/** `value`, or `fallback` where it is left out; throws unless it is a positive integer. */
export function readLimit(
  format: string,
  name: string,
  value: number | undefined,
  fallback: number,
): number {
  if (value === undefined || value === Infinity) return value ?? fallback;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `Cannot make ${format}(): ${name} must be a positive integer or Infinity, got ${show(value)}`,
  );
}

/** Throws unless `value`, where it is given, is one of `choices`. */
export function requireChoice(
  format: string,
  name: string,
  value: unknown,
  choices: readonly unknown[],
): void {
  if (value === undefined || choices.includes(value)) return;
  const listed = choices.map(show).join(" or ");
  throw new TypeError(`Cannot make ${format}(): ${name} must be ${listed}, got ${show(value)}`);
}

/** Throws unless `value` is one character that `taken` does not have. */
export function requireCharacter(
  format: string,
  name: string,
  value: unknown,
  taken: readonly string[],
): asserts value is string {
  const isFine = typeof value === "string" && value.length === 1 &&
    !["\n", "\r", "\uFEFF", ...taken].includes(value);
  if (isFine) return;
  throw new TypeError(
    `Cannot make ${format}(): ${name} must be one character, no line break and none that has another ` +
      `meaning, got ${show(value)}`,
  );
}

/** A value in a message. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
