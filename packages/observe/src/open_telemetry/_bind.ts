// Binds iterables to a context, and reports when they have ended: the code of a generator runs when it is
// read, long after the call that made it.

import { type Context, context } from "@opentelemetry/api";

/** Called when an iterable has been read to its end, was closed, or has thrown. */
export type OnEnd = (failure: { readonly thrown: unknown } | undefined) => void;

/** What of an iterator is used. */
interface AnyIterator {
  next(...given: unknown[]): unknown;
  return?(value?: unknown): unknown;
  throw?(error?: unknown): unknown;
}

/**
 * `answer` in `within`, if it is an iterable whose items are yet to be made. Anything else, such as
 * an array or a web stream, has been made already: it is returned as it is, and has ended.
 */
export function bindIterable(answer: unknown, within: Context, onEnd: OnEnd): unknown {
  const isLazy = typeof answer === "object" && answer !== null && !Array.isArray(answer) &&
    !(answer instanceof ReadableStream);
  for (const symbol of [Symbol.asyncIterator, Symbol.iterator]) {
    // The symbols have no common type of what they lead to.
    const open = isLazy ? (answer as Record<symbol, unknown>)[symbol] : undefined;
    if (typeof open !== "function") continue;
    return {
      [symbol]: () => {
        const iterator = context.with(within, () => open.call(answer) as AnyIterator);
        return bindIterator(iterator, within, onEnd, symbol);
      },
    };
  }
  onEnd(undefined);
  return answer;
}

function bindIterator(
  iterator: AnyIterator,
  within: Context,
  onEnd: OnEnd,
  symbol: symbol,
): object {
  const fail = (thrown: unknown): never => {
    onEnd({ thrown });
    throw thrown;
  };
  const note = (result: unknown, isLast: boolean) => {
    if (isLast || (result as IteratorResult<unknown> | undefined)?.done === true) onEnd(undefined);
    return result;
  };
  const call = (method: () => unknown, isLast = false): unknown => {
    try {
      const result = context.with(within, method);
      if (!(result instanceof Promise)) return note(result, isLast);
      return result.then((result) => note(result, isLast), fail);
    } catch (thrown) {
      return fail(thrown);
    }
  };
  const bound = {
    next: (...given: unknown[]) => call(() => iterator.next(...given)),
    [symbol]: () => bound,
    ...(typeof iterator.return === "function" && {
      return: (value?: unknown) => call(() => iterator.return!(value), true),
    }),
    ...(typeof iterator.throw === "function" && {
      throw: (error?: unknown) => call(() => iterator.throw!(error)),
    }),
  };
  return bound;
}
