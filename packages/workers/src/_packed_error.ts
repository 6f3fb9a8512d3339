// Errors on their way from a worker: structured clone loses classes, codes and what cannot be cloned.

/** An error, or whatever else was thrown, as plain data. */
export interface PackedError {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** Its own properties that are plain values, such as `code`. */
  readonly own: Readonly<Record<string, unknown>>;
  readonly cause?: PackedError;
  /** Of an `AggregateError`. */
  readonly errors?: readonly PackedError[];
  /** What was thrown, where that is a plain value or a plain object, with its plain values, and no error. */
  readonly thrown?: { readonly value: unknown };
}

/** How deep causes are followed: one that is its own cause has no end. */
const MAX_DEPTH = 8;
/** How many errors and properties of one are kept. */
const MAX_ENTRIES = 50;

/** The built-in errors, which come out as what they were. */
const CLASSES: ReadonlyMap<string, new (message: string) => Error> = new Map(
  [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError]
    .map((builtIn) => [builtIn.name, builtIn]),
);

/** Packs what was thrown. It never throws, whatever that is. */
export function packError(thrown: unknown, depth = 0): PackedError {
  try {
    return isErrorLike(thrown) ? packOne(thrown, depth) : packValue(thrown);
  } catch {
    return describe("Error", "a value that cannot be read");
  }
}

/** The error again, in this realm. */
export function unpackError(packed: PackedError): unknown {
  if (packed.thrown !== undefined) return packed.thrown.value;
  const { name, message, stack, own, cause, errors } = packed;
  const error = create(name, message, errors?.map(unpackError));
  const define = (key: string, value: unknown, enumerable = false) =>
    Object.defineProperty(error, key, { value, enumerable, configurable: true, writable: true });
  if (error.name !== name) define("name", name);
  if (stack !== undefined) define("stack", stack);
  if (cause !== undefined) define("cause", unpackError(cause));
  for (const [key, value] of Object.entries(own)) define(key, value, true);
  return error;
}

function create(name: string, message: string, errors: readonly unknown[] | undefined): Error {
  if (errors !== undefined) return new AggregateError(errors, message);
  if (name === "AbortError" || name === "TimeoutError") return new DOMException(message, name);
  return new (CLASSES.get(name) ?? Error)(message);
}

/** Errors of other realms, and what libraries write by hand, are no `Error` of this one. */
function isErrorLike(thrown: unknown): thrown is Error {
  return typeof thrown === "object" && thrown !== null &&
    (thrown instanceof Error || "message" in thrown);
}

function packOne(error: Error, depth: number): PackedError {
  const { cause, errors } = error as { readonly cause?: unknown; readonly errors?: unknown };
  const isDeep = depth === MAX_DEPTH;
  return {
    ...describe(String(error.name ?? "Error"), String(error.message)),
    stack: typeof error.stack === "string" ? error.stack : undefined,
    own: plainEntries(error, (key) => key !== "name"),
    ...(cause !== undefined && !isDeep && { cause: packError(cause, depth + 1) }),
    ...(Array.isArray(errors) && !isDeep && {
      errors: errors.slice(0, MAX_ENTRIES).map((each) => packError(each, depth + 1)),
    }),
  };
}

function packValue(thrown: unknown): PackedError {
  if (isPlain(thrown)) return { ...describe("Error", String(thrown)), thrown: { value: thrown } };
  if (!isPlainObject(thrown)) return describe("Error", String(thrown));
  // Such as { code: "BUSY", status: 429 }, by which a retry is decided.
  return { ...describe("Error", "an object"), thrown: { value: plainEntries(thrown) } };
}

/** The properties of an object that are plain values; one that cannot be read is left out. */
function plainEntries(
  holder: object,
  isWanted: (key: string) => boolean = () => true,
): Record<string, unknown> {
  const entries = Object.keys(holder).filter(isWanted).flatMap((key) => {
    try {
      const value = (holder as Record<string, unknown>)[key];
      return isPlain(value) ? [[key, value] as const] : [];
    } catch {
      return [];
    }
  });
  return Object.fromEntries(entries.slice(0, MAX_ENTRIES));
}

/** An object without a class, of whatever realm. */
function isPlainObject(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function describe(name: string, message: string): PackedError {
  return { name, message, stack: undefined, own: {} };
}

function isPlain(value: unknown): boolean {
  return value === null || !["object", "function", "symbol"].includes(typeof value);
}
