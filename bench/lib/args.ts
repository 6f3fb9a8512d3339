/** Reads the command line of the runners. @module */

/** The positive integer in `text`, which may be written as `10_000`. */
export function toCount(flag: string, text: string): number {
  const count = Number(text.replaceAll("_", ""));
  if (Number.isInteger(count) && count > 0) return count;
  throw new RangeError(`Cannot read --${flag}: it must be a positive integer, got "${text}"`);
}

/** The names in flags such as `--runtime deno,bun --runtime node`; `known` where there is none. */
export function toNames(
  flag: string,
  texts: readonly string[],
  known: readonly string[],
): readonly string[] {
  const names = texts.flatMap((text) => text.split(","));
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new RangeError(`Cannot read --${flag}: it takes ${known.join(", ")}, got "${unknown}"`);
  }
  return names.length > 0 ? names : known;
}
