import { EXPAND, type Stage } from "../engine/stage.ts";
import { describeKind, requireKey } from "../internal/validation.ts";

/** The elements of arrays, one level deep. */
export function createFlattenStage(key: string): Stage {
  requireKey("flatten", key);
  const call = (item: unknown) => {
    if (Array.isArray(item)) return item;
    throw new TypeError(
      `Cannot flatten stage "${key}": each item must be an array, got ${describeKind(item)}`,
    );
  };
  return {
    kind: "item",
    key,
    name: key,
    operator: "flatten",
    outcome: EXPAND,
    open: () => ({ call }),
  };
}
