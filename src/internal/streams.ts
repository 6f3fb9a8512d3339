/**
 * What the library needs to know about web streams.
 *
 * @module
 */

/** Cancels the stream that is read, and releases it; rejects where that cannot be done. */
export async function cancelAndRelease(
  reader: ReadableStreamDefaultReader<unknown>,
  reason: unknown,
): Promise<void> {
  // Not the error itself: a thenable would be waited for.
  const failed = reader.closed.then(() => undefined, (error: unknown) => ({ error }));
  const cancelled = reader.cancel(reason).catch(async (error) => {
    const failure = await failed;
    // A stream that has failed since, with no read pending, needs no closing.
    if (failure === undefined || !Object.is(failure.error, error)) throw error;
  });
  reader.releaseLock();
  await cancelled;
}
