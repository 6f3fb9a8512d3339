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
  /** What was thrown, where that is a plain value and no error. */
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
    own: Object.fromEntries(
      Object.entries(error).filter(([key, value]) => key !== "name" && isPlain(value))
        .slice(0, MAX_ENTRIES),
    ),
    ...(cause !== undefined && !isDeep && { cause: packError(cause, depth + 1) }),
    ...(Array.isArray(errors) && !isDeep && {
      errors: errors.slice(0, MAX_ENTRIES).map((each) => packError(each, depth + 1)),
    }),
  };
}

function packValue(thrown: unknown): PackedError {
  const packed = describe("Error", String(thrown));
  return isPlain(thrown) ? { ...packed, thrown: { value: thrown } } : packed;
}

function describe(name: string, message: string): PackedError {
  return { name, message, stack: undefined, own: {} };
}

function isPlain(value: unknown): boolean {
  return value === null || !["object", "function", "symbol"].includes(typeof value);
}
