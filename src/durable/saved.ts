/**
 * What jobs save as text: JSON in which the values that it has no form for are tagged.
 *
 * @module
 */

import { attempt, isObject } from "../internal/thrown.ts";
import { describe, isRecord } from "../internal/validation.ts";
import { DurableError } from "./durable_error.ts";
import { fromBase64, toBase64 } from "./_base64.ts";

/** The format of what is written; any other is refused. */
const FORMAT = 1;
/**
 * The key under which a value that is not plain has the name of its kind, and what it is made from.
 */
const TAG = "$";
/** Deeper nesting would overflow the stack of smaller runtimes. */
const MAX_DEPTH = 500;
/** The most characters of a checkpoint: more is a mistake, and takes seconds to write. */
export const MAX_SAVED_LENGTH: number = 2 ** 26;

type Tagged = { readonly [TAG]: string; readonly v?: unknown };

/** What is saved as what it holds. */
const CONTAINERS = [Array, Date, Map, Set];

type BytesConstructor = new (buffer: ArrayBuffer) => ArrayBufferView;

/** The names of the views of bytes. */
const VIEWS: readonly string[] = [
  ...["Int8Array", "Uint8Array", "Uint8ClampedArray", "Int16Array", "Uint16Array", "Int32Array"],
  ...["Uint32Array", "Float32Array", "Float64Array", "BigInt64Array", "BigUint64Array"],
];

/**
 * The text of what a job saves. Throws a `DurableError` with the code `NOT_SERIALIZABLE`, which names
 * the path of a value that has no form: a function, a symbol, an object of a class, a circle.
 */
export function writeSaved(id: string, value: unknown): string {
  const text = JSON.stringify({ format: FORMAT, value: new Writer(id).write(value, "", 0) });
  if (text.length <= MAX_SAVED_LENGTH) return text;
  const problem = `it has ${text.length} characters, and ${MAX_SAVED_LENGTH} are the most`;
  throw createUnwritable(id, "the checkpoint", problem);
}

/**
 * The value that {@linkcode writeSaved} has made a text of. Throws a `DurableError` with the code
 * `CHECKPOINT_UNREADABLE` for any other text.
 */
export function readSaved(id: string, text: string): unknown {
  const read: unknown = attempt(() => JSON.parse(text), undefined);
  if (!isRecord(read) || !("format" in read)) throw createUnreadable(id, "it is cut or changed");
  if (read.format !== FORMAT) {
    const problem = `its format is ${describe(read.format)}, and ${FORMAT} is what is read`;
    throw createUnreadable(id, problem);
  }
  return readValue(id, (read as { readonly value?: unknown }).value, 0);
}

/** The error for a checkpoint that is not what was written. */
export function createUnreadable(id: string, problem: string): DurableError {
  const message = `Cannot read the checkpoint of the job "${id}": ${problem}`;
  return new DurableError(message, { code: "CHECKPOINT_UNREADABLE", id });
}

/** The error for a value that cannot be saved. */
export function createUnwritable(
  id: string,
  what: string,
  problem: string,
  cause?: unknown,
): DurableError {
  const message = `Cannot save the job "${id}": ${what} cannot be written, for ${problem}`;
  return new DurableError(message, { code: "NOT_SERIALIZABLE", id, cause });
}

/** Whether a value that was read says how many. */
export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

class Writer {
  readonly #id: string;
  /** The objects that contain the value that is being written. */
  readonly #around: Set<object> = new Set();

  constructor(id: string) {
    this.#id = id;
  }

  write(value: unknown, path: string, depth: number): unknown {
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return hasForm(value) ? value : tag("number", name(value));
      case "bigint":
        return tag("bigint", value.toString());
      case "undefined":
        return tag("undefined");
    }
    if (value === null) return null;
    if (!isObject(value)) throw this.#refuse(path, describe(value));
    if (this.#around.has(value)) throw this.#refuse(path, "a value that it is inside of");
    if (depth === MAX_DEPTH) throw this.#refuse(path, `nested ${MAX_DEPTH} levels deep`);
    this.#around.add(value);
    const written = this.#writeObject(value, path, depth + 1);
    this.#around.delete(value);
    return written;
  }

  #writeObject(value: object, path: string, depth: number): unknown {
    this.#requireWhole(value, path);
    if (Array.isArray(value)) return this.#writeArray(value, path, depth);
    if (value instanceof Date) return tag("Date", this.write(value.getTime(), path, depth));
    if (value instanceof Map) return tag("Map", this.#writeEntries(value, path, depth));
    if (value instanceof Set) return tag("Set", this.#writeArray([...value], path, depth));
    if (value instanceof ArrayBuffer) return tag("ArrayBuffer", toBase64(new Uint8Array(value)));
    if (ArrayBuffer.isView(value)) return this.#writeView(value, path);
    const parent: unknown = Object.getPrototypeOf(value);
    // Plain objects of another realm have another parent, which itself has none.
    const isPlain = parent === null || Object.getPrototypeOf(parent) === null;
    if (!isPlain) throw this.#refuse(path, `an object of the class ${classOf(value)}`);
    if (Object.getOwnPropertySymbols(value).length > 0) {
      throw this.#refuse(path, "an object with a symbol as a key");
    }
    const entries = Object.entries(value);
    const written = entries.map(([key, entry]) =>
      [key, this.write(entry, join(path, key), depth)] as const
    );
    // A name that such an object does not have, others may inherit.
    if (parent === null) return tag("Dictionary", written);
    return entries.some(([key]) => key === TAG)
      ? tag("Object", written)
      : Object.fromEntries(written);
  }

  /** What a class or a program has added to an array, a map, a set or a date would be lost. */
  #requireWhole(value: object, path: string): void {
    const kind = CONTAINERS.find((container) => value instanceof container)?.name;
    if (kind === undefined) return;
    const length = Array.isArray(value) ? value.length : 0;
    if (classOf(value) === kind && Object.keys(value).length <= length) return;
    throw this.#refuse(path, `not a plain ${kind}`);
  }

  #writeArray(values: readonly unknown[], path: string, depth: number): unknown[] {
    return Array.from(values, (value, index) => {
      if (!(index in values)) throw this.#refuse(`${path}[${index}]`, "a hole in an array");
      return this.write(value, `${path}[${index}]`, depth);
    });
  }

  #writeEntries(map: ReadonlyMap<unknown, unknown>, path: string, depth: number): unknown[] {
    return Array.from(map, ([key, value], index) => [
      this.write(key, `${path}.keys[${index}]`, depth),
      this.write(value, `${path}.values[${index}]`, depth),
    ]);
  }

  #writeView(view: ArrayBufferView, path: string): unknown {
    const kind = classOf(view);
    if (!VIEWS.includes(kind)) throw this.#refuse(path, `an object of the class ${kind}`);
    return tag(kind, toBase64(new Uint8Array(view.buffer, view.byteOffset, view.byteLength)));
  }

  #refuse(path: string, problem: string): DurableError {
    return createUnwritable(this.#id, path === "" ? "it" : path, `it is ${problem}`);
  }
}

function readValue(id: string, value: unknown, depth: number): unknown {
  if (!isObject(value)) return value;
  if (depth > MAX_DEPTH) throw createUnreadable(id, "it is nested too deep");
  const read = (inner: unknown) => readValue(id, inner, depth + 1);
  if (Array.isArray(value)) return value.map(read);
  const readEntry = ([key, entry]: [string, unknown]) => [key, read(entry)] as const;
  if (!Object.hasOwn(value, TAG)) return Object.fromEntries(Object.entries(value).map(readEntry));
  const { [TAG]: kind, v } = value as Tagged;
  const revived = attempt(() => revive(kind, v, read), UNKNOWN);
  if (revived !== UNKNOWN) return revived;
  throw createUnreadable(id, `it has a value of the kind ${describe(kind)} that cannot be read`);
}

const UNKNOWN: unique symbol = Symbol("unknown");

/** The value that a tag stands for; it throws where what stands under the tag has another form. */
function revive(kind: string, v: unknown, read: (value: unknown) => unknown): unknown {
  switch (kind) {
    case "undefined":
      return undefined;
    case "number":
      return !hasForm(Number(v)) && name(Number(v)) === v ? Number(v) : UNKNOWN;
    case "bigint":
      return BigInt(v as string);
    case "Date":
      return new Date(read(v) as number);
    case "Map":
      return new Map((v as [unknown, unknown][]).map(([key, entry]) => [read(key), read(entry)]));
    case "Set":
      return new Set((v as unknown[]).map(read));
    case "Object":
    case "Dictionary": {
      const entries = (v as [string, unknown][]).map(([key, entry]) => [key, read(entry)]);
      const object = Object.fromEntries(entries);
      return kind === "Object" ? object : Object.setPrototypeOf(object, null);
    }
    case "ArrayBuffer":
      return fromBase64(v as string).buffer;
  }
  if (!VIEWS.includes(kind)) return UNKNOWN;
  // The cast: these are views in every runtime.
  const View = Reflect.get(globalThis, kind) as BytesConstructor;
  return new View(fromBase64(v as string).buffer);
}

function tag(kind: string, v?: unknown): Tagged {
  return v === undefined ? { [TAG]: kind } : { [TAG]: kind, v };
}

/** Whether JSON has a form for a number. */
function hasForm(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function name(value: number): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

function classOf(value: object): string {
  const { constructor } = value;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "Object";
}

/** The path of a property, in the form that code has for it. */
function join(path: string, key: string): string {
  if (!/^[A-Za-z_]\w*$/.test(key)) return `${path}[${JSON.stringify(key)}]`;
  return path === "" ? key : `${path}.${key}`;
}
