/**
 * What happens to an item whose work fails: the one place that says so. The item is reported and
 * leaves the stream, and the others go on; a run that is stopping or pointless fails as a whole.
 */

import { FatalError } from "./errors.ts";

/** Told of an item that failed. It may throw, and so end the run. */
export type OnFailure<TItem> = (item: TItem, error: unknown) => void;

type Signalled = { readonly signal: AbortSignal };

/** Work with one result per item, for `flatMap`: the result, or nothing. */
export function attempt<TItem, TResult>(
  work: (item: TItem, signal: AbortSignal) => TResult | Promise<TResult>,
  onFailure: OnFailure<TItem>,
): (item: TItem, index: number, context: Signalled) => Promise<TResult[]> {
  return async (item, _index, { signal }) => {
    try {
      return [await work(item, signal)];
    } catch (error) {
      handle(item, error, signal, onFailure);
      return [];
    }
  };
}

/** Work with many results per item, for `flatMap`: those that came before the failure stand. */
export function attemptEach<TItem, TResult>(
  work: (item: TItem, signal: AbortSignal) => AsyncIterable<TResult>,
  onFailure: OnFailure<TItem>,
): (item: TItem, index: number, context: Signalled) => AsyncGenerator<TResult, void, undefined> {
  return async function* (item, _index, { signal }) {
    try {
      yield* work(item, signal);
    } catch (error) {
      handle(item, error, signal, onFailure);
    }
  };
}

function handle<TItem>(
  item: TItem,
  error: unknown,
  signal: AbortSignal,
  onFailure: OnFailure<TItem>,
): void {
  signal.throwIfAborted();
  if (error instanceof FatalError) throw error;
  onFailure(item, error);
}
