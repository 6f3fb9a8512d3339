import type { Stage } from "../engine/stage.ts";
import { combineLatest } from "../sources/combine_latest.ts";
import { createOtherSourceStage } from "./_other_source.ts";

/** Pairs of the latest items of the stream and of another source. */
export function createCombineLatestWithStage(key: string, other: unknown): Stage {
  return createOtherSourceStage({
    operator: "combineLatestWith",
    key,
    other,
    combine: combineLatest,
  });
}
