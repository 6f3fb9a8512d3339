// Counts the listeners on signals that the library makes itself.

import { countListeners } from "../../src/testing/counted_signal.ts";

/** Counts the listeners on all signals that controllers are made for from now on. */
export function countSignals(): { readonly count: () => number; readonly restore: () => void } {
  const { AbortController } = globalThis;
  const counts: (() => number)[] = [];
  globalThis.AbortController = class extends AbortController {
    constructor() {
      super();
      counts.push(countListeners(this.signal));
    }
  };
  return {
    count: () => counts.reduce((sum, count) => sum + count(), 0),
    restore: () => void (globalThis.AbortController = AbortController),
  };
}
