import type { Stage } from "../engine/stage.ts";
import { zip } from "../sources/zip.ts";
import { createOtherSourceStage } from "./_other_source.ts";

/** Pairs of an item of the stream and one of another source. */
export function createZipWithStage(key: string, other: unknown): Stage {
  return createOtherSourceStage({ operator: "zipWith", key, other, combine: zip });
}
