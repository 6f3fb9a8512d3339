/**
 * How a stage that goes at its own pace opens the feed of the loop after it.
 *
 * @module
 */

import type { StageFeed } from "./feed.ts";
import type { OpenStage } from "./open_stage.ts";
import type { StageRun } from "./stage_run.ts";
import type { Upstream } from "./upstream.ts";

/** What such a stage is given when a run begins. */
export interface HeadParts {
  /** The loop before it. */
  readonly upstream: Upstream;
  readonly run: StageRun;
  /** The path for all items; absent where each needs a copy of its own. */
  readonly sharedPath: unknown[] | undefined;
}

/** What it has opened. */
export interface OpenedHead {
  readonly stageFeed: StageFeed;
  /** The stage as the first of the loop after it, where the feed emits answers of its calls. */
  readonly answering?: OpenStage;
}
