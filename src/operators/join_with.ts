import type { Stage } from "../engine/stage.ts";
import { requireKey } from "../internal/validation.ts";
import { checkJoinOptions, join, type JoinOptions } from "../sources/join.ts";
import { createOtherSourceStage } from "./_other_source.ts";

/** Pairs of an item of the stream, on the left, and one of another source that has its key. */
export function createJoinWithStage(
  key: string,
  other: unknown,
  options: JoinOptions<unknown, unknown, unknown, "inner" | "left">,
): Stage {
  requireKey("joinWith", key);
  checkJoinOptions({ operator: "joinWith", key }, options);
  return createOtherSourceStage({
    operator: "joinWith",
    key,
    other,
    combine: (input, right) => join(input, right, options),
  });
}
