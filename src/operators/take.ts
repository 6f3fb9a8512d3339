import { REPLACE, type Stage } from "../engine/stage.ts";
import { requireInteger, requireKey } from "../internal/validation.ts";

/** The first `count` items; the source is closed after the last of them. */
export function createTakeStage(key: string, count: number): Stage {
  requireKey("take", key);
  requireInteger({ operator: "take", key }, "count", count, 0);
  return {
    kind: "item",
    key,
    name: key,
    operator: "take",
    outcome: REPLACE,
    open(control) {
      let left = count;
      if (left === 0) control.end();
      return {
        call(item) {
          if (--left === 0) control.end();
          return item;
        },
      };
    },
  };
}
