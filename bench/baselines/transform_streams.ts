/**
 * Stages as web streams, one `TransformStream` each, with the default queuing strategies.
 *
 * @module
 */

export function mapStream<TItem, TResult>(
  mapper: (item: TItem) => TResult | Promise<TResult>,
): TransformStream<TItem, TResult> {
  return new TransformStream({
    async transform(item, controller) {
      controller.enqueue(await mapper(item));
    },
  });
}

/** As {@linkcode mapStream}, for a mapper that returns no promise. */
export function mapStreamSync<TItem, TResult>(
  mapper: (item: TItem) => TResult,
): TransformStream<TItem, TResult> {
  return new TransformStream({
    transform(item, controller) {
      controller.enqueue(mapper(item));
    },
  });
}

export function filterStream<TItem>(
  predicate: (item: TItem) => boolean,
): TransformStream<TItem, TItem> {
  return new TransformStream({
    transform(item, controller) {
      if (predicate(item)) controller.enqueue(item);
    },
  });
}

export function batchStream<TItem>(size: number): TransformStream<TItem, TItem[]> {
  let batch: TItem[] = [];
  return new TransformStream({
    transform(item, controller) {
      batch.push(item);
      if (batch.length === size) {
        controller.enqueue(batch);
        batch = [];
      }
    },
    flush(controller) {
      if (batch.length > 0) controller.enqueue(batch);
    },
  });
}

export function flattenStream<TItem>(): TransformStream<readonly TItem[], TItem> {
  return new TransformStream({
    transform(items, controller) {
      for (const item of items) controller.enqueue(item);
    },
  });
}

/** The fold of all items that a stream yields, consumed by a `WritableStream`. */
export async function foldStream<TItem, TResult>(
  stream: ReadableStream<TItem>,
  reducer: (result: TResult, item: TItem) => TResult,
  initial: TResult,
): Promise<TResult> {
  let result = initial;
  await stream.pipeTo(
    new WritableStream({
      write(item) {
        result = reducer(result, item);
      },
    }),
  );
  return result;
}
