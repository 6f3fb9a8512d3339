import { DECIDE, type ItemFunction, KEEP_IF, type Stage } from "../engine/stage.ts";
import { requireFunction, requireInteger, requireKey } from "../internal/validation.ts";
import type { DistinctOptions } from "../options.ts";
import { resolveCallOptions } from "./_call_options.ts";

/** The items whose key is not among those that are remembered. */
export function createDistinctStage(
  key: string,
  options: DistinctOptions<never, never> = {},
): Stage {
  requireKey("distinct", key);
  const subject = { operator: "distinct", key };
  const settings = resolveCallOptions(subject, options, ["by", "window"]);
  const { by, window } = options;
  if (by !== undefined) requireFunction(subject, "by", by);
  if (window !== undefined) requireInteger(subject, "window", window, 1);
  return {
    kind: "item",
    key,
    name: key,
    operator: "distinct",
    outcome: by === undefined ? KEEP_IF : DECIDE,
    ...settings.stage,
    open({ guard }) {
      const isNew = createMemory(window ?? Infinity);
      if (by === undefined) return { call: isNew };
      return {
        call: guard(by as ItemFunction, { outcome: DECIDE, ...settings.guard }),
        decide: isNew,
      };
    },
  };
}

/** Tells whether a key is new among the last `limit` different ones. */
function createMemory(limit: number): (key: unknown) => boolean {
  // A set keeps the order of insertion: the first is the one that was seen longest ago.
  const seen = new Set<unknown>();
  if (limit === Infinity) {
    return (key) => {
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    };
  }
  return (key) => {
    const isNew = !seen.delete(key);
    seen.add(key);
    if (seen.size > limit) seen.delete(seen.values().next().value);
    return isNew;
  };
}
