/**
 * Checks what a function stage says of its function, for those that rearrange stages.
 *
 * @module
 */

import type { MapOptions } from "../base/options.ts";
import type { ItemStage, Stage } from "../core/stage.ts";
import { attempt } from "../internal/thrown.ts";
import { refuse, requireBoolean, type Subject } from "../internal/validation.ts";

/** Resolves `pure` and `usesIndex` for `stage`, which runs `work`; properties of a stage, absent where not said. */
export function resolvePurity(
  subject: Subject,
  { kind }: Stage,
  work: unknown,
  { pure, usesIndex }: Pick<MapOptions, "pure" | "usesIndex">,
): Pick<ItemStage, "isPure" | "usesIndex"> {
  if (pure !== undefined) requireBoolean(subject, "pure", pure);
  if (usesIndex !== undefined) requireBoolean(subject, "usesIndex", usesIndex);
  if (usesIndex !== undefined && pure === undefined) {
    refuse(subject, "usesIndex needs pure: true");
  }
  if (pure !== true) return {};
  if (kind !== "item") {
    const problem =
      "pure is for work on one item, and a streaming step without parallel works on all";
    refuse(subject, problem);
  }
  // A function of one parameter gets no index; what others do with it is not known.
  const looks = usesIndex ??
    (typeof work === "function" && attempt(() => work.length !== 1, true));
  return { isPure: true, usesIndex: looks };
}
