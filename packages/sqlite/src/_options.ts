// Checks arguments and options where they are handed in.

/** Throws where `options` is no object, or has others than those in `known`. */
export function requireKnown(name: string, options: object, known: readonly string[]): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Cannot call ${name}: options must be an object, got ${show(options)}`);
  }
  for (const option of Object.keys(options)) {
    if (known.includes(option)) continue;
    throw new TypeError(
      `Cannot call ${name}: unknown option "${option}"; it takes ${known.join(", ")}`,
    );
  }
}

/** Throws unless `database` has what is used of one. */
export function requireDatabase(name: string, database: unknown): void {
  const { exec, prepare } = (database ?? {}) as { exec?: unknown; prepare?: unknown };
  if (typeof exec === "function" && typeof prepare === "function") return;
  const rule = "a database of node:sqlite, of bun:sqlite or of openDatabase()";
  const hint = typeof database === "string" ? "; a path is opened by await openDatabase(path)" : "";
  throw new TypeError(
    `Cannot call ${name}: its database must be ${rule}, got ${show(database)}${hint}`,
  );
}

/** `value`, or `fallback` where it is left out; throws unless it is an integer of at least `least`. */
export function readInteger(
  name: string,
  option: string,
  value: number | undefined,
  fallback: number,
  least: 0 | 1 = 1,
): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value >= least) return value;
  const rule = least === 1 ? "a positive integer" : "a non-negative integer";
  throw new RangeError(`Cannot call ${name}: ${option} must be ${rule}, got ${show(value)}`);
}

/** The longest time that a timer, and SQLite, can hold: 32 bits. A longer one would be over at once. */
const MAX_MS = 2_147_483_647;

/** As {@linkcode readInteger}, for a time in milliseconds; throws where no timer can hold it. */
export function readMs(...of: Parameters<typeof readInteger>): number {
  const value = readInteger(...of);
  if (value <= MAX_MS) return value;
  const [name, option] = of;
  throw new RangeError(`Cannot call ${name}: ${option} must be at most ${MAX_MS} ms, got ${value}`);
}

/** Throws unless `value` is text that is not empty. */
export function requireText(name: string, what: string, value: unknown): asserts value is string {
  if (typeof value === "string" && value !== "") return;
  throw new TypeError(
    `Cannot call ${name}: ${what} must be a non-empty string, got ${show(value)}`,
  );
}

/** `value` as a list of names; throws unless it is one name or some. */
export function readNames(name: string, option: string, value: unknown): readonly string[] {
  const names = typeof value === "string" ? [value] : value;
  const isFine = Array.isArray(names) && names.length > 0 &&
    names.every((each) => typeof each === "string" && each !== "" && !each.includes("\0"));
  if (isFine) return names;
  const rule = "the name of a column, or an array of some";
  throw new TypeError(`Cannot call ${name}: ${option} must be ${rule}, got ${show(value)}`);
}

/** A name of a table or a column, as SQL writes any. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A value in a message. */
export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "bigint") return `${value}n`;
  if (typeof value === "function") return "a function";
  if (Array.isArray(value)) return "an array";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
