/** Batches by count or time as one writes them by hand for one place. @module */

/** What closes a batch. */
interface BatchLimits {
  readonly size: number;
  /** From the first item of the batch on. */
  readonly waitMs: number;
}

/**
 * Folds batches, each closed by the number of its items or by the time since its first. The reducer
 * is synchronous, and one that fails in the timer is not caught.
 */
export async function foldTimedBatches<TItem, TFold>(
  source: AsyncIterable<TItem>,
  { size, waitMs }: BatchLimits,
  reducer: (fold: TFold, batch: TItem[]) => TFold,
  initial: TFold,
): Promise<TFold> {
  let fold = initial;
  let batch: TItem[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;

  function close(): void {
    clearTimeout(timer);
    fold = reducer(fold, batch);
    batch = [];
  }

  for await (const item of source) {
    if (batch.push(item) === 1) timer = setTimeout(close, waitMs);
    if (batch.length === size) close();
  }
  if (batch.length > 0) close();
  return fold;
}
