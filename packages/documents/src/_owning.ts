type Closed<T> = AsyncGenerator<T, void, undefined>;

/**
 * `generator`, which calls `close` where it is ended before it was read: one that has not begun ends
 * without its `finally`, and what it would have read would stay open.
 */
export function owning<T>(generator: Closed<T>, close: () => unknown): Closed<T> {
  const { next, return: end, throw: fail } = generator;
  let isUnread = true;
  const closeUnread = async (): Promise<void> => {
    if (!isUnread) return;
    isUnread = false;
    await close();
  };
  return Object.assign(generator, {
    next(): Promise<IteratorResult<T, void>> {
      isUnread = false;
      return next.call(generator);
    },
    async return(): Promise<IteratorResult<T, void>> {
      await closeUnread();
      return await end.call(generator);
    },
    async throw(error: unknown): Promise<IteratorResult<T, void>> {
      await closeUnread();
      return await fail.call(generator, error);
    },
  });
}
