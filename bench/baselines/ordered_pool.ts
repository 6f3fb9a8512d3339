/**
 * Ordered, bounded concurrency as one writes it by hand for one place: no abort, no closing of
 * the source, and a failing reducer is not caught.
 *
 * @module
 */

/**
 * Folds results in item order over a ring of `limit` slots. A slot is taken from the call until
 * its result has had its turn, so at most `limit` calls run or wait. One callback per slot, made
 * once, and no promise per item beyond the function's own.
 */
export function foldInOrder<TItem, TResult, TFold>(
  source: Iterable<TItem>,
  limit: number,
  mapper: (item: TItem) => Promise<TResult>,
  reducer: (fold: TFold, result: TResult) => TFold,
  initial: TFold,
): Promise<TFold> {
  return new Promise((resolve, reject) => {
    const iterator = source[Symbol.iterator]();
    const results: TResult[] = new Array(limit);
    const finished: boolean[] = new Array(limit).fill(false);
    let fold = initial;
    let oldest = 0;
    let taken = 0;
    let ended = false;

    const settle = Array.from({ length: limit }, (_, slot) => (result: TResult): void => {
      results[slot] = result;
      finished[slot] = true;
      if (slot === oldest) drain();
    });

    function start(slot: number): void {
      const next = iterator.next();
      if (next.done) {
        ended = true;
        return;
      }
      taken++;
      mapper(next.value).then(settle[slot], reject);
    }

    function drain(): void {
      while (finished[oldest]) {
        const slot = oldest;
        finished[slot] = false;
        fold = reducer(fold, results[slot] as TResult);
        taken--;
        oldest = slot + 1 === limit ? 0 : slot + 1;
        if (!ended) start(slot);
      }
      if (ended && taken === 0) resolve(fold);
    }

    for (let slot = 0; slot < limit && !ended; slot++) start(slot);
    drain();
  });
}

/**
 * Emits results in item order from a ring of `limit` promises; each that is taken makes room
 * for the next call. An iterator rather than an async generator, which costs twice as much. One
 * `next()` at a time, as `for await` calls it.
 */
export function mapInOrder<TItem, TResult>(
  source: Iterable<TItem>,
  limit: number,
  mapper: (item: TItem) => Promise<TResult>,
): AsyncIterableIterator<TResult> {
  const iterator = source[Symbol.iterator]();
  const ring: Promise<TResult>[] = [];
  let oldest = 0;
  let taken = 0;
  let opened = false;
  let ended = false;

  function start(slot: number): void {
    const next = iterator.next();
    if (next.done) {
      ended = true;
      return;
    }
    taken++;
    ring[slot] = mapper(next.value);
  }

  function handOut(value: TResult): IteratorResult<TResult> {
    taken--;
    if (!ended) start(oldest);
    oldest = oldest + 1 === limit ? 0 : oldest + 1;
    return { value, done: false };
  }

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      if (!opened) {
        opened = true;
        for (let slot = 0; slot < limit && !ended; slot++) start(slot);
      }
      if (taken === 0) return Promise.resolve({ value: undefined, done: true });
      return (ring[oldest] as Promise<TResult>).then(handOut);
    },
  };
}

/** Runs `limit` workers over one source, in no order; each takes the next item when it is free. */
export async function forEachInWorkers<TItem>(
  source: Iterable<TItem>,
  limit: number,
  worker: (item: TItem) => Promise<void>,
): Promise<void> {
  const iterator = source[Symbol.iterator]();
  async function work(): Promise<void> {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await worker(next.value);
  }
  await Promise.all(Array.from({ length: limit }, work));
}
