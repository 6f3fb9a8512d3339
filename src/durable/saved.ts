/**
 * What jobs save as text: JSON in which the values that it has no form for are tagged.
 *
 * @module
 */

import { attempt, isObject } from "../internal/thrown.ts";
import { describe, isRecord } from "../internal/validation.ts";
import type { DurableError } from "./durable_error.ts";
import { createUnreadable, createUnwritable } from "./_errors.ts";
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

/** What makes the views of bytes that have this name; absent for other names, and in older runtimes. */
function findView(kind: string): BytesConstructor | undefined {
  const found: unknown = Reflect.get(globalThis, kind);
  const isView = Object.getPrototypeOf(Object(found)) === Object.getPrototypeOf(Uint8Array);
  // The cast: what else is a view, such as Node's Buffer or a DataView, has another parent.
  return isView ? found as BytesConstructor : undefined;
}

/**
 * The text of what a job saves. Throws a `DurableError` with the code `NOT_SERIALIZABLE`, which names
 * the path of a value that has no form: a function, a symbol, an object of a class, a circle.
 */
export function writeSaved(id: string, value: unknown): string {
  const writer = new Writer(id);
  const written = writer.write(value, "", 0);
  // Before there is a text: of values that are in many places, it may be too long for any memory.
  requireLength(id, writer.length);
  const text = JSON.stringify({ format: FORMAT, value: written });
  requireLength(id, text.length);
  return text;
}

function requireLength(id: string, length: number): void {
  if (length <= MAX_SAVED_LENGTH) return;
  const problem = `it has ${length} characters, and ${MAX_SAVED_LENGTH} are the most`;
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

/** What {@linkcode readSaved} would make of the text of `value`; throws as {@linkcode writeSaved} does. */
export function copySaved<T>(id: string, value: T): T {
  // The cast: what is written is read as it was.
  return readValue(id, new Writer(id).write(value, "", 0), 0) as T;
}

/** Whether a value that was read says how many. */
export function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** What was made of an object, the least length of its text, and at which depth that was. */
interface Written {
  readonly tree: unknown;
  readonly length: number;
  readonly depth: number;
}

class Writer {
  readonly #id: string;
  /** The least that the text of what is written will have; what is in many places counts in each. */
  length = 0;
  /** What was made of objects; `undefined` of those that contain the value that is being written. */
  readonly #written: Map<object, Written | undefined> = new Map();

  constructor(id: string) {
    this.#id = id;
  }

  write(value: unknown, path: string, depth: number): unknown {
    const before = this.length;
    this.length += typeof value === "string" ? value.length : 2;
    switch (typeof value) {
      case "string":
      case "boolean":
        return value;
      case "number":
        return hasForm(value) ? value : tag("number", writeNumber(value));
      case "bigint":
        return tag("bigint", value.toString());
      case "undefined":
        return tag("undefined");
    }
    if (value === null) return null;
    if (!isObject(value)) throw this.#refuse(path, describe(value));
    const known = this.#written.get(value);
    // What it holds may be too deep where the object itself is deeper than before.
    if (known !== undefined && known.depth >= depth) {
      this.length = before + known.length;
      return known.tree;
    }
    if (known === undefined && this.#written.has(value)) {
      throw this.#refuse(path, "inside of itself");
    }
    if (depth === MAX_DEPTH) throw this.#refuse(path, `nested ${MAX_DEPTH} levels deep`);
    this.#written.set(value, undefined);
    const tree = this.#writeObject(value, path, depth + 1);
    this.#written.set(value, { tree, length: this.length - before, depth });
    return tree;
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
    if (findView(kind) === undefined) throw this.#refuse(path, `an object of the class ${kind}`);
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
  // The cast: the keys of an object are texts, which stay as they are.
  const readEntries = (entries: Entries) =>
    entries.map(([key, entry]) => [read(key) as string, read(entry)] as const);
  if (!Object.hasOwn(value, TAG)) return Object.fromEntries(readEntries(Object.entries(value)));
  const { [TAG]: kind, v } = value as Tagged;
  try {
    return revive(kind, v, read, readEntries);
  } catch {
    throw createUnreadable(id, `it has a value of the unknown kind ${describe(kind)}`);
  }
}

type Entries = readonly (readonly [key: unknown, value: unknown])[];

/** The value that a tag stands for; it throws where what stands under the tag has another form. */
function revive(
  kind: string,
  v: unknown,
  read: (value: unknown) => unknown,
  readEntries: (entries: Entries) => (readonly [string, unknown])[],
): unknown {
  switch (kind) {
    case "undefined":
      return undefined;
    case "number": {
      const value = Number(v);
      if (hasForm(value) || writeNumber(value) !== v) break;
      return value;
    }
    case "bigint":
      return BigInt(v as string);
    case "Date":
      return new Date(read(v) as number);
    case "Map":
      return new Map(readEntries(v as Entries));
    case "Set":
      return new Set((v as unknown[]).map(read));
    case "Object":
      return Object.fromEntries(readEntries(v as Entries));
    case "Dictionary":
      return Object.setPrototypeOf(Object.fromEntries(readEntries(v as Entries)), null);
    case "ArrayBuffer":
      return fromBase64(v as string).buffer;
  }
  // There is none of another name, which throws.
  return new (findView(kind)!)(fromBase64(v as string).buffer);
}

function tag(kind: string, v?: unknown): Tagged {
  return v === undefined ? { [TAG]: kind } : { [TAG]: kind, v };
}

/** Whether JSON has a form for a number. */
export function hasForm(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

/** The text of any number. */
export function writeNumber(value: number): string {
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
