import { isRecord, refuseValue, requireFunction } from "../internal/validation.ts";
import type { Positioned, PositionedSource } from "./positioned_source.ts";

const SUBJECT = { operator: "byCursor" };

/**
 * One page of items.
 *
 * @typeParam TItem The items.
 * @typeParam TCursor What the next page is asked for with: JSON has a form for it.
 * @category Durable runs
 */
export interface CursorPage<TItem, TCursor> {
  /** The items of the page, in the same order each time. */
  readonly items: readonly TItem[];
  /** What the next page is asked for with; `undefined` or `null` after the last one. */
  readonly next?: TCursor | null | undefined;
}

/**
 * The place of an item in pages: the cursor of its page, and how many of the page's items are read.
 *
 * @typeParam TCursor The cursor.
 * @category Durable runs
 */
export interface CursorPosition<TCursor> {
  /** The cursor that the page was asked for with; `undefined` for the first one. */
  readonly cursor: TCursor | undefined;
  /** How many of its items have been read. */
  readonly read: number;
}

/**
 * A source over pages, such as those of an API: each page says with which cursor the next is asked
 * for. The position is a page and a place in it, so that a page is asked for again where a run was
 * cut off inside it: it must hold the same items then.
 *
 * A page is asked for when the items of the one before are read, and one at a time. What `readPage`
 * throws ends the run.
 *
 * @typeParam TItem The items.
 * @typeParam TCursor The cursor.
 * @param readPage Asks for a page: `cursor` is `undefined` for the first one.
 * @returns The source.
 * @throws {TypeError} If `readPage` is not a function.
 * @category Durable runs
 *
 * @example Two pages
 * ```ts
 * import { byCursor } from "@headrace/pipeline/durable";
 * import { assertEquals } from "@std/assert";
 *
 * const source = byCursor((cursor: number = 0) =>
 *   cursor === 0 ? { items: ["a", "b"], next: 1 } : { items: ["c"] }
 * );
 * const from = { cursor: undefined, read: 1 };
 * const items: string[] = [];
 * for await (const { item } of source.open(from, new AbortController().signal)) items.push(item);
 *
 * assertEquals(items, ["b", "c"]);
 * ```
 */
export function byCursor<TItem, TCursor>(
  readPage: (
    cursor: TCursor | undefined,
    signal: AbortSignal,
  ) => CursorPage<TItem, TCursor> | PromiseLike<CursorPage<TItem, TCursor>>,
): PositionedSource<TItem, CursorPosition<TCursor>> {
  requireFunction(SUBJECT, "readPage", readPage);
  return {
    async *open(
      from,
      signal,
    ): AsyncGenerator<Positioned<TItem, CursorPosition<TCursor>>, void, undefined> {
      let { cursor, read } = from ?? { cursor: undefined, read: 0 };
      for (;;) {
        const page: unknown = await readPage(cursor, signal);
        const { items, ...rest } = requirePage<TItem, TCursor>(page);
        const next = rest.next ?? undefined;
        while (read < items.length) {
          const item = items[read++]!;
          // After a page's last item the next page is asked for, if there is one.
          const isOver = read === items.length && next !== undefined;
          yield { item, position: isOver ? { cursor: next, read: 0 } : { cursor, read } };
        }
        if (next === undefined) return;
        cursor = next;
        read = 0;
      }
    },
  };
}

function requirePage<TItem, TCursor>(page: unknown): CursorPage<TItem, TCursor> {
  if (isRecord(page) && Array.isArray((page as { readonly items?: unknown }).items)) {
    return page as CursorPage<TItem, TCursor>;
  }
  refuseValue(SUBJECT, "a page", "an object with an array of items", page);
}
