/**
 * What holds many items, how it is opened, and how it is closed, for all that reads from a source:
 * as `for of` and `for await` do it.
 *
 * @module
 */

import { ignoreLateOutcome, isPromiseLike, toPromise } from "./promises.ts";
import { NOT_WANTED } from "./signals.ts";
import { cancelAndRelease } from "./streams.ts";
import { attempt, isObject } from "./thrown.ts";
import { describe } from "./validation.ts";

type AnyIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** An iterator that is open; its `next` is looked up once. */
export interface OpenIterator {
  readonly iterator: AnyIterator;
  readonly next: () => unknown;
}

/** What holds many items, and how they are read. */
export type ManyItems =
  | { readonly kind: "stream"; readonly stream: ReadableStream<unknown> }
  | { readonly kind: "async" | "sync"; readonly source: object; readonly open: () => unknown };

/** How `source` is read; absent for a value that is one item. Nothing is opened yet. */
export function toMany(source: unknown): ManyItems | undefined {
  if (!isAnyObject(source)) return undefined;
  if (isStream(source)) return { kind: "stream", stream: source };
  const openAsync = methodOf(source, Symbol.asyncIterator);
  if (openAsync !== undefined) return { kind: "async", source, open: openAsync };
  const openSync = methodOf(source, Symbol.iterator);
  return openSync && { kind: "sync", source, open: openSync };
}

/** Calls the method that `toMany` has found. */
export function openIterator(source: object, open: () => unknown): OpenIterator {
  const iterator = open.call(source);
  if (!isAnyObject(iterator)) {
    throw new TypeError(`Opening an iterable must give an iterator, got ${describe(iterator)}`);
  }
  const { next } = iterator as { readonly next?: unknown };
  if (typeof next === "function") return { iterator: iterator as AnyIterator, next: next as never };
  ignoreLateOutcome(iterator);
  throw new TypeError(`An iterator must have a method next, got ${describe(next)}`);
}

/** Throws unless `answer` is what an iterator may answer with. */
export function requireResult(answer: unknown): asserts answer is IteratorResult<unknown> {
  if (isAnyObject(answer)) return;
  throw new TypeError(`An iterator must answer with an object, got ${describe(answer)}`);
}

/**
 * Throws where the answer of a sync iterator is a promise, which holds no item: read as a result it
 * would be `undefined`, without end.
 */
export function refusePromise(answer: object): void {
  if (!("then" in answer)) return;
  ignoreLateOutcome(answer);
  throw new TypeError(
    "A sync iterator must return a result, got a promise; an async one needs Symbol.asyncIterator",
  );
}

/** An iterator of the library: it is closed with a reason, for the web streams that it reads. */
export abstract class OwnIterator<T> implements AsyncGenerator<T, void, undefined> {
  abstract next(): Promise<IteratorResult<T, void>>;

  /** As `return()`, which knows no reason. */
  abstract stop(reason: unknown): Promise<void>;

  async return(value?: void | PromiseLike<void>): Promise<IteratorResult<T, void>> {
    const given = toPromise(value) as Promise<void>;
    ignoreLateOutcome(given);
    await this.stop(NOT_WANTED);
    return { done: true, value: await given };
  }

  async throw(error: unknown): Promise<IteratorResult<T, void>> {
    await this.stop(error);
    throw error;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop(NOT_WANTED);
  }
}

/** Receives an answer that is pending: a deferred promise, or two callbacks. */
export interface Receiver<T> {
  /** {@linkcode CALLBACKS_ONLY} where the callbacks alone are used. */
  readonly promise: Promise<IteratorResult<T, void>>;
  resolve(result: IteratorResult<T, void>): void;
  reject(error: unknown): void;
}

/** In place of the promise of a receiver whose callbacks alone are used. */
export const CALLBACKS_ONLY: Promise<never> = new Promise(() => {});

/** An iterator of the library that may emit synchronously: such items take no promise. */
export abstract class PromptIterator<T> extends OwnIterator<T> {
  /** The item that `ask` has found. */
  abstract readonly taken: T | undefined;

  /**
   * As `next()`, but returns `undefined` where an item is available, which is in `taken` then. Where
   * it returns the promise of `receiver`, `receiver` is called synchronously when the answer comes.
   */
  abstract ask(receiver?: Receiver<T>): Promise<IteratorResult<T, void>> | undefined;

  override next(): Promise<IteratorResult<T, void>> {
    return this.ask() ?? Promise.resolve({ done: false, value: this.taken as T });
  }
}

/** The iterator that was opened, where it is one that can be asked in place of its `next`. */
export function findPrompt(
  { iterator, next }: OpenIterator,
): PromptIterator<unknown> | undefined {
  const isOurs = iterator instanceof PromptIterator && next === PromptIterator.prototype.next;
  return isOurs ? iterator : undefined;
}

/**
 * Calls `return()`, where there is one. The caller waits for what is returned, here and below;
 * nothing is thrown, so that what is closed beside it is closed as well.
 */
export function closeIterator(
  iterator: Pick<AnyIterator, "return">,
  reason: unknown,
): Promise<void> | undefined {
  try {
    if (iterator instanceof OwnIterator) return iterator.stop(reason);
    const closing: unknown = iterator.return?.();
    return isPromiseLike(closing) ? toPromise(closing).then(() => {}) : undefined;
  } catch (error) {
    return Promise.reject(error);
  }
}

/**
 * Closes what was passed in and never read: a stream is cancelled, an iterator gets `return()`.
 * Absent where there is nothing to close: what can be opened and was not, and a stream that is
 * locked, which belongs to its reader.
 */
export function closeUnread(source: unknown, reason: unknown): Promise<void> | undefined {
  try {
    const many = toMany(source);
    if (many === undefined) return undefined;
    if (many.kind === "stream") {
      return many.stream.locked ? undefined : cancelAndRelease(many.stream.getReader(), reason);
    }
    const iterator = many.source as Partial<AnyIterator>;
    return typeof iterator.next === "function" ? closeIterator(iterator, reason) : undefined;
  } catch (error) {
    return Promise.reject(error);
  }
}

/** Whether {@linkcode closeUnread} may have something to close; nothing is opened, and nothing throws. */
export function isClosable(source: unknown): boolean {
  // What cannot be looked at fails when it is opened.
  return isAnyObject(source) && attempt(
    () => isStream(source) || typeof (source as Partial<AnyIterator>).next === "function",
    false,
  );
}

/** Whether the language calls a value an object, which functions are, too. */
function isAnyObject(value: unknown): value is object {
  return isObject(value) || typeof value === "function";
}

function isStream(value: object): value is ReadableStream<unknown> {
  return typeof (value as Partial<ReadableStream>).getReader === "function";
}

/** As the language looks up methods: null counts as absent, and all but functions are refused. */
function methodOf(source: object, name: symbol): (() => unknown) | undefined {
  const method = (source as Record<symbol, unknown>)[name];
  if (method === undefined || method === null) return undefined;
  if (typeof method === "function") return method as () => unknown;
  throw new TypeError(`${name.description} must be a function, got ${describe(method)}`);
}
