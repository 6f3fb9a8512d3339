// Signals that count the listeners on them.

/** A controller, and how many listeners are left on its signal. */
export interface CountedController {
  readonly controller: AbortController;
  readonly signal: AbortSignal;
  readonly count: () => number;
}

/** Makes a controller whose signal counts. */
export function createCountedController(): CountedController {
  const controller = new AbortController();
  const { signal } = controller;
  return { controller, signal, count: countListeners(signal) };
}

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

/** Those that an abort has called once are gone. */
function countListeners(signal: AbortSignal): () => number {
  const listeners = new Map<unknown, boolean>();
  const add = signal.addEventListener.bind(signal);
  const remove = signal.removeEventListener.bind(signal);
  Object.defineProperty(signal, "addEventListener", {
    value: (type: string, listener: EventListener, options?: AddEventListenerOptions) => {
      listeners.set(listener, options?.once ?? false);
      add(type, listener, options);
    },
  });
  Object.defineProperty(signal, "removeEventListener", {
    value: (type: string, listener: EventListener) => {
      listeners.delete(listener);
      remove(type, listener);
    },
  });
  return () => [...listeners.values()].filter((once) => !once || !signal.aborted).length;
}
