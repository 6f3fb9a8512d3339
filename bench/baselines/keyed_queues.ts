/**
 * A queue per key as one writes it by hand for one place: no abort, no closing of the source, and a
 * failing reducer is not caught.
 *
 * @module
 */

/** How work is parted and bounded. */
interface KeyedLimits<TItem> {
  readonly keyOf: (item: TItem) => unknown;
  /** How many calls run at a time. */
  readonly running: number;
  /** How many items wait for a call, or for an earlier one of their key. */
  readonly waiting: number;
}

/** Folds results as they come: side by side over all, one after the other for each key. */
export function foldByKey<TItem, TResult, TFold>(
  source: Iterable<TItem>,
  { keyOf, running: limit, waiting: waitingLimit }: KeyedLimits<TItem>,
  mapper: (item: TItem) => Promise<TResult>,
  reducer: (fold: TFold, result: TResult) => TFold,
  initial: TFold,
): Promise<TFold> {
  return new Promise((resolve, reject) => {
    const iterator = source[Symbol.iterator]();
    /** The items that wait, by key; a key is in it as long as one of its items is worked on. */
    const queues = new Map<unknown, TItem[]>();
    /** The keys whose next item could be worked on, but for the limit. */
    let ready: unknown[] = [];
    let running = 0;
    let waiting = 0;
    let fold = initial;
    let ended = false;

    function start(key: unknown, item: TItem): void {
      running++;
      mapper(item).then((result) => {
        running--;
        fold = reducer(fold, result);
        if (queues.get(key)!.length === 0) queues.delete(key);
        else ready.push(key);
        pump();
      }, reject);
    }

    function startReady(): void {
      let next = 0;
      while (next < ready.length && running < limit) {
        const key = ready[next++];
        waiting--;
        start(key, queues.get(key)!.shift()!);
      }
      if (next > 0) ready = ready.slice(next);
    }

    function pump(): void {
      startReady();
      while (!ended && running + waiting < limit + waitingLimit) {
        const next = iterator.next();
        if (next.done) ended = true;
        else admit(next.value);
      }
      if (ended && running === 0 && waiting === 0) resolve(fold);
    }

    function admit(item: TItem): void {
      const key = keyOf(item);
      const queue = queues.get(key);
      if (queue === undefined && running < limit) {
        queues.set(key, []);
        start(key, item);
        return;
      }
      waiting++;
      if (queue !== undefined) queue.push(item);
      else {
        queues.set(key, [item]);
        ready.push(key);
      }
    }

    pump();
  });
}
