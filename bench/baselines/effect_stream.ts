/** How effect's `Stream` is opened and folded, as its documentation does it. @module */

import { Effect, Stream } from "effect";

/** Items in chunks of the default size, arrays too, which would be one chunk otherwise. */
export function effectSource<TItem>(items: Iterable<TItem>): Stream.Stream<TItem> {
  return Stream.fromIterable(items, { chunkSize: Stream.DefaultChunkSize });
}

/** The fold of all items of a stream. */
export function foldEffect<TItem, TResult>(
  stream: Stream.Stream<TItem, unknown>,
  reducer: (result: TResult, item: TItem) => TResult,
  initial: TResult,
): Promise<TResult> {
  return Effect.runPromise(Stream.runFold(stream, () => initial, reducer));
}
