/**
 * What a loop is made of.
 *
 * @module
 */

import type { Feed, StageFeed } from "./feed.ts";
import type { RunScope } from "./scope.ts";
import type { StageRun } from "./stage_run.ts";

/** Makes the next value of what came before, an item and its position among those that came out. */
export type Fold = (value: unknown, item: unknown, index: number) => unknown;

/** How a `Segment` is made. */
export interface SegmentParts {
  readonly scope: RunScope;
  readonly feed: Feed;
  /** Where the feed's items go on the path. */
  readonly slot: number;
  /** The feed, where its items bring their own path; absent for the source of the run. */
  readonly stageFeed: StageFeed | undefined;
  /** Whether the feed's items are answers of the first op, which was called elsewhere. */
  readonly headAlreadyRan: boolean;
  /** Whether one of the stages may end the stream before what it reads has ended. */
  readonly mayEnd: boolean;
  readonly path: unknown[];
  /** The stage of the feed. */
  readonly owner: StageRun;
  /** Attributes errors of `fold`. */
  readonly reader: StageRun | undefined;
}
