import type { Stage } from "../engine/stage.ts";
import { merge } from "../sources/merge.ts";
import { createOtherSourceStage } from "./_other_source.ts";

/** The items of the stream and of another source, as they come. */
export function createMergeWithStage(key: string, other: unknown): Stage {
  return createOtherSourceStage({ operator: "mergeWith", key, other, combine: merge });
}
