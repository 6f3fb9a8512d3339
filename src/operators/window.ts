import { DROP, GATHER, type Stage } from "../engine/stage.ts";
import {
  requireBoolean,
  requireInteger,
  requireKey,
  requireKnownOptions,
} from "../internal/validation.ts";
import type { WindowOptions } from "../options.ts";

/** Arrays of `size` neighbouring items, a new one beginning at every `slide`-th item. */
export function createWindowStage(key: string, options: WindowOptions): Stage {
  requireKey("window", key);
  const subject = { operator: "window", key };
  requireKnownOptions(subject, options, ["size", "slide", "partial"]);
  const { size, slide = size, partial = true } = options;
  requireInteger(subject, "size", size, 1);
  requireInteger(subject, "slide", slide, 1);
  requireBoolean(subject, "partial", partial);
  return {
    kind: "item",
    key,
    name: key,
    operator: "window",
    outcome: GATHER,
    open({ drop }) {
      let items: unknown[] = [];
      /** How many of them no window has had. */
      let fresh = 0;
      let toSkip = 0;
      return {
        call(item) {
          if (toSkip > 0) {
            toSkip--;
            drop();
            return DROP;
          }
          fresh++;
          if (items.push(item) < size) return DROP;
          const full = items;
          items = full.slice(slide);
          toSkip = Math.max(slide - size, 0);
          fresh = 0;
          return full;
        },
        flush() {
          const rest = items;
          items = [];
          return partial && fresh > 0 ? rest : DROP;
        },
        held: () => items.length,
      };
    },
  };
}
