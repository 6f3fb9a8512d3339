/**
 * A controller whose signal counts its listeners.
 *
 * @category Testing
 */
export interface CountedController {
  /** Aborts the signal. */
  readonly controller: AbortController;
  /** What is given to the run. */
  readonly signal: AbortSignal;
  /** How many listeners are on the signal; those that an abort has called once are gone. */
  readonly count: () => number;
}

/**
 * Makes a controller whose signal counts its listeners: a run that is over must have left none.
 *
 * @category Testing
 *
 * @example No listener is left
 * ```ts
 * import { StreamingPipeline } from "@headrace/pipeline";
 * import { createCountedController } from "@headrace/pipeline/testing";
 * import { assertEquals } from "@std/assert";
 *
 * const { signal, count } = createCountedController();
 * await StreamingPipeline.start<number>().map("same", (n) => n).executeToArray([1], { signal });
 *
 * assertEquals(count(), 0);
 * ```
 */
export function createCountedController(): CountedController {
  const controller = new AbortController();
  const { signal } = controller;
  return { controller, signal, count: countListeners(signal) };
}

/** Counts the listeners that are put on `signal` from now on. */
export function countListeners(signal: AbortSignal): () => number {
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
