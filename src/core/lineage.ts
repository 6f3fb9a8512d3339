/**
 * Which source items an item was made of: what a run calls that acknowledges its source items. Other
 * runs have no lineage, and pay for none; `parts/lineage.ts` is the one there is.
 *
 * An origin travels in a slot of its own on the item's path, so it is copied, kept and restored where
 * the values for `state` are. Each item in a run owns a reference to its origin.
 *
 * @module
 */

import type { StreamingError } from "../base/errors.ts";
import type { Feed } from "./feed.ts";

/** Where the origin of the current item is on its path. */
export const ORIGIN_SLOT = 0;

/** Decides what becomes of an item once its stage has answered. */
export interface Conclusion {
  apply(
    path: unknown[],
    position: number,
    item: unknown,
    answer: unknown,
    startedAt: number | undefined,
  ): unknown;
}

/** What of a loop is traced. */
export interface TracedLoop {
  /** The outcome of the stage at `position`. */
  outcomeOf(position: number): number;
  /** Whether that stage answers because no more items come. */
  isFlushed(position: number): boolean;
  /** Has the answer of that stage read through `read`; false where it has none to be read. */
  readAnswerThrough(position: number, read: (feed: Feed) => Feed): boolean;
}

/** The origins of one run, and of the runs inside it. */
export interface Lineage {
  /** Throws where one of the stages, of the run or of one inside it, does not say what it is made of. */
  admit(stages: readonly object[]): void;
  /** Reads a source, each of whose items begins an origin on `path`. */
  readSource(feed: Feed, path: unknown[]): Feed;
  /** Does what `conclusion` does, and keeps the origins up to date. */
  trace(conclusion: Conclusion, loop: TracedLoop): Conclusion;
  /** One more item has the origin. */
  retain(origin: unknown): void;
  /** One item less has it: it has left the run, or a stage has made others of it. */
  release(origin: unknown): void;
  /** An item has failed: it is left out, now or when `settled` resolves, or fails the run. */
  settle(
    origin: unknown,
    error: StreamingError,
    settled: StreamingError | true | Promise<true>,
  ): void;
  /** See `FlowControl.retain`. */
  gather(path: readonly unknown[], before: readonly unknown[] | undefined): readonly unknown[];
  /** What was kept in `path` is emitted: nothing more is kept together with it. */
  follow(path: readonly unknown[]): void;
}
