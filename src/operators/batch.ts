import { DROP, GATHER, type Stage } from "../engine/stage.ts";
import { requireInteger, requireKey } from "../internal/validation.ts";

/** Arrays of `size` neighbouring items; the last may be shorter, none is empty. */
export function createBatchStage(key: string, size: number): Stage {
  requireKey("batch", key);
  requireInteger({ operator: "batch", key }, "size", size, 1);
  return {
    kind: "item",
    key,
    name: key,
    operator: "batch",
    outcome: GATHER,
    open() {
      let batch: unknown[] = [];
      const take = () => {
        const full = batch;
        batch = [];
        return full;
      };
      return {
        call: (item) => batch.push(item) < size ? DROP : take(),
        flush: () => batch.length === 0 ? DROP : take(),
        held: () => batch.length,
      };
    },
  };
}
