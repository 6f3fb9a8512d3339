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

/** Throws unless `sql` has the methods of postgres.js that are used. */
export function requireClient(name: string, sql: unknown, ...methods: readonly string[]): void {
  const has = (method: string) =>
    typeof (sql as Record<string, unknown> | undefined | null)?.[method] === "function";
  if (["unsafe", ...methods].every(has)) return;
  const rule = methods.length === 0
    ? "sql of postgres.js, or that of a transaction"
    : "sql of postgres.js, as postgres() makes it";
  throw new TypeError(`Cannot call ${name}: its sql must be ${rule}, got ${show(sql)}`);
}

/** `value`, or `fallback` where it is left out; throws unless it is a positive integer. */
export function readInteger(
  name: string,
  option: string,
  value: number | undefined,
  fallback: number,
): number {
  if (value === undefined) return fallback;
  if (Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(
    `Cannot call ${name}: ${option} must be a positive integer, got ${show(value)}`,
  );
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

/** The name of a table as SQL writes it, with that of its schema; throws where one is no name. */
export function readTableName(
  caller: string,
  { table, schema }: { readonly table: string; readonly schema?: string | undefined },
): string {
  requireText(caller, "table", table);
  if (schema === undefined) return quote(table);
  requireText(caller, "schema", schema);
  return `${quote(schema)}.${quote(table)}`;
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
