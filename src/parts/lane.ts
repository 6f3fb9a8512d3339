/**
 * One of the items that a stage works on side by side, where each gives many.
 *
 * @module
 */

import { ORIGIN_SLOT } from "../core/lineage.ts";
import type { Feed } from "../core/feed.ts";
import type { CallContext } from "../core/op.ts";

/** One item's call, and the iterator that it answered with. */
export class Lane {
  readonly item: unknown;
  readonly index: number;
  readonly path: unknown[];
  /** What the item was made of: later stages put theirs on the path. */
  readonly origin: unknown;
  readonly context: CallContext;
  /** What the call returned, while that is a promise. */
  call: Promise<unknown> | undefined;
  /** See `StageFeed.upstreamError`. */
  readonly upstreamError: unknown;
  /** When the call began; absent where it is not timed. */
  startedAt: number | undefined;
  feed: Feed | undefined;
  /** `busy`: a promise is awaited; `idle`: may be pulled; `ready`: has an item. */
  state: "busy" | "idle" | "ready" | "ended" | "failed" = "busy";
  /** The item where ready, the error where failed. */
  outcome: unknown;
  /** Whether its items are available at once, so that computing ahead gains nothing. */
  isSync = false;
  /** Set where nothing more is wanted of it. */
  aborted: { readonly reason: unknown } | undefined;
  /** What it has thrown since. */
  refusal: { readonly error: unknown } | undefined;
  /** Whether it counts among those that compute ahead. */
  isAhead = false;

  constructor(
    item: unknown,
    index: number,
    path: unknown[],
    context: CallContext,
    upstreamError: unknown,
  ) {
    this.item = item;
    this.upstreamError = upstreamError;
    this.index = index;
    this.path = path;
    this.origin = path[ORIGIN_SLOT];
    this.context = context;
  }
}
