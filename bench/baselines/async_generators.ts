/**
 * Stages as async generators, one wrapped around the other.
 *
 * @module
 */

type AnySource<TItem> = Iterable<TItem> | AsyncIterable<TItem>;

export async function* mapItems<TItem, TResult>(
  source: AnySource<TItem>,
  mapper: (item: TItem) => TResult | Promise<TResult>,
): AsyncGenerator<TResult, void, undefined> {
  for await (const item of source) yield mapper(item);
}

export async function* filterItems<TItem>(
  source: AnySource<TItem>,
  predicate: (item: TItem) => boolean,
): AsyncGenerator<TItem, void, undefined> {
  for await (const item of source) if (predicate(item)) yield item;
}

export async function* batchItems<TItem>(
  source: AnySource<TItem>,
  size: number,
): AsyncGenerator<TItem[], void, undefined> {
  let batch: TItem[] = [];
  for await (const item of source) {
    batch.push(item);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

export async function* flattenItems<TItem>(
  source: AnySource<readonly TItem[]>,
): AsyncGenerator<TItem, void, undefined> {
  for await (const items of source) yield* items;
}
