/**
 * The types of what sources hold.
 *
 * @module
 */

/**
 * The type of one item of a source: of its elements, or the value itself where it is one item.
 *
 * @typeParam TSource The type of the source.
 * @category Sources
 */
export type ItemOf<TSource> = TSource extends string ? TSource
  : TSource extends AsyncIterable<infer TItem> ? TItem
  : TSource extends ReadableStream<infer TItem> ? TItem
  : TSource extends Iterable<infer TItem> ? TItem
  : TSource;

/**
 * A tuple with one item of each source.
 *
 * @typeParam TSources The tuple of the sources' types.
 * @category Sources
 */
export type ItemsOf<TSources extends readonly unknown[]> = {
  -readonly [TIndex in keyof TSources]: ItemOf<TSources[TIndex]>;
};
