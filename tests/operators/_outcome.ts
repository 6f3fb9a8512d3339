// The outcome of a run: the items that came out, and the error after them.

import { assertInstanceOf } from "@std/assert";
import { StreamingError } from "../../mod.ts";

/** What came out of a run, and what it failed with. */
export interface Outcome<T> {
  readonly items: T[];
  readonly error: unknown;
}

/** Reads to the end, or to the error. */
export async function readOutcome<T>(source: AsyncIterable<T>): Promise<Outcome<T>> {
  const items: T[] = [];
  try {
    for await (const item of source) items.push(item);
  } catch (error) {
    return { items, error };
  }
  return { items, error: undefined };
}

/** Reads to the error, which must be a `StreamingError`. */
export async function readFailure<T>(
  source: AsyncIterable<T>,
): Promise<{ readonly items: T[]; readonly error: StreamingError }> {
  const { items, error } = await readOutcome(source);
  assertInstanceOf(error, StreamingError);
  return { items, error };
}

/** Reads a stream by hand: not every runtime can iterate over one. */
export async function* readStream<T>(stream: ReadableStream<T>): AsyncGenerator<T> {
  const reader = stream.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) yield read.value;
}

/** A stream of these items that asks for none ahead. */
export function createStream<T>(...items: T[]): ReadableStream<T> {
  let index = 0;
  return new ReadableStream<T>({
    pull(controller) {
      if (index === items.length) controller.close();
      else controller.enqueue(items[index++]!);
    },
  }, { highWaterMark: 0 });
}

/** An async generator of these items. */
export async function* generate<T>(...items: T[]): AsyncGenerator<T> {
  for (const item of items) yield await item;
}

/** 0, 1, 2… without end. */
export function* count(): Generator<number> {
  for (let item = 0;; item++) yield item;
}
