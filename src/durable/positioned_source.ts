/**
 * An item, and where the source goes on after it.
 *
 * @typeParam TItem The item.
 * @typeParam TPosition The position: JSON has a form for it.
 * @category Durable runs
 */
export interface Positioned<TItem, TPosition> {
  /** The item. */
  readonly item: TItem;
  /**
   * Opened from here, the source begins with the item after this one. Not `undefined`, and not
   * changed afterwards.
   */
  readonly position: TPosition;
}

/**
 * A source that can begin anywhere: opened from the same position, it gives the same items in the
 * same order.
 *
 * @typeParam TItem The items.
 * @typeParam TPosition Their positions: JSON has a form for them.
 * @category Durable runs
 */
export interface PositionedSource<TItem, TPosition> {
  /**
   * Reads the items after `from`, or all of them where it is `undefined`. Reads nothing before it
   * is asked for an item, and is closed as any async iterable is.
   */
  open(
    from: TPosition | undefined,
    signal: AbortSignal,
  ): AsyncIterable<Positioned<TItem, TPosition>>;
}
