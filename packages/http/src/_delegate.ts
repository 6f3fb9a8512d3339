// Transforms items and errors of an iterator. Unlike a generator, it forwards `return()` at once.

/** How items and errors are transformed. */
export interface DelegateParts<TFrom, TTo> {
  readonly toItem: (item: TFrom) => TTo;
  /** What is thrown in place of what `inner` throws. */
  readonly toError?: (error: unknown) => unknown;
}

/** The items of `inner`, transformed. */
export function delegate<TFrom, TTo>(
  inner: AsyncGenerator<TFrom, void, undefined>,
  { toItem, toError = (error) => error }: DelegateParts<TFrom, TTo>,
): AsyncGenerator<TTo, void, undefined> {
  const toResult = (result: IteratorResult<TFrom, void>): IteratorResult<TTo, void> =>
    result.done === true ? result : { done: false, value: toItem(result.value) };
  return {
    async next() {
      try {
        return toResult(await inner.next());
      } catch (error) {
        throw toError(error);
      }
    },
    return: async () => toResult(await inner.return()),
    throw: async (error) => toResult(await inner.throw(error)),
    [Symbol.asyncIterator]() {
      return this;
    },
    [Symbol.asyncDispose]: async () => void await inner.return(),
  };
}
