import type { Stage } from "../engine/stage.ts";
import { interleave } from "../sources/interleave.ts";
import { createOtherSourceStage } from "./_other_source.ts";

/** The items of the stream and of another source, in turns. */
export function createInterleaveWithStage(key: string, other: unknown): Stage {
  return createOtherSourceStage({ operator: "interleaveWith", key, other, combine: interleave });
}
