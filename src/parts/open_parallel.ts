/**
 * Opens a stage that works on several items at a time.
 *
 * @module
 */

import type { HeadParts, OpenedHead } from "../core/head.ts";
import { openStage } from "../core/op.ts";
import { RunControl } from "../core/run_control.ts";
import { ParallelFeed } from "./parallel.ts";
import { ParallelStreamsFeed } from "./parallel_streams.ts";
import { EXPAND, type ItemStage } from "../core/stage.ts";

/** Its calls are made in the feed; what becomes of an answer is decided in the loop after it. */
export function openParallel(
  stage: ItemStage,
  { upstream, run, sharedPath }: HeadParts,
): OpenedHead {
  const opened = openStage(stage, new RunControl(run));
  const parts = { upstream, run, stage, opened, sharedPath };
  if (stage.outcome === EXPAND) return { stageFeed: new ParallelStreamsFeed(parts) };
  return { stageFeed: new ParallelFeed(parts), answering: opened };
}
