import type { Stage } from "../engine/stage.ts";
import { concat } from "../sources/concat.ts";
import { createOtherSourceStage } from "./_other_source.ts";

/** The items of the stream, then those of another source. */
export function createConcatWithStage(key: string, other: unknown): Stage {
  return createOtherSourceStage({ operator: "concatWith", key, other, combine: concat });
}
