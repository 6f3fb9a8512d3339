/**
 * What code leaves behind in the process: timers of the platform, and rejections without a handler.
 *
 * @module
 */

interface NodeProcess {
  on(event: string, listener: (reason: unknown) => void): void;
  off(event: string, listener: (reason: unknown) => void): void;
}

type Start = (callback: (...args: unknown[]) => void, ...rest: unknown[]) => unknown;
type Stop = (timer: unknown) => void;

const TIMERS = [["setTimeout", "clearTimeout"], ["setInterval", "clearInterval"]] as const;

/** Counts the timers of the platform that are set from now on, and neither go off nor are cleared. */
export function countTimers(): { readonly count: () => number; readonly restore: () => void } {
  const left = new Set<unknown>();
  const undo = TIMERS.map(([startName, stopName]) => {
    const start = Reflect.get(globalThis, startName) as Start;
    const stop = Reflect.get(globalThis, stopName) as Stop;
    const isOnce = startName === "setTimeout";
    const countedStart: Start = (callback, ...rest) => {
      const timer = start((...args) => {
        if (isOnce) left.delete(timer);
        callback(...args);
      }, ...rest);
      left.add(timer);
      return timer;
    };
    const countedStop: Stop = (timer) => {
      left.delete(timer);
      stop(timer);
    };
    Reflect.set(globalThis, startName, countedStart);
    Reflect.set(globalThis, stopName, countedStop);
    return () => {
      Reflect.set(globalThis, startName, start);
      Reflect.set(globalThis, stopName, stop);
    };
  });
  return { count: () => left.size, restore: () => undo.forEach((step) => step()) };
}

/** Collects the reasons of rejections that are not handled, from now on. */
export function collectUnhandled(): {
  readonly reasons: readonly unknown[];
  readonly restore: () => void;
} {
  const reasons: unknown[] = [];
  const { process } = globalThis as { readonly process?: Partial<NodeProcess> };
  // Deno has both: its event can be prevented, and comes first.
  if (!("Deno" in globalThis) && process?.on !== undefined && process.off !== undefined) {
    const { on, off } = process as NodeProcess;
    const note = (reason: unknown) => void reasons.push(reason);
    on.call(process, "unhandledRejection", note);
    return { reasons, restore: () => off.call(process, "unhandledRejection", note) };
  }
  const note = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    reasons.push(event.reason);
  };
  globalThis.addEventListener("unhandledrejection", note);
  return { reasons, restore: () => globalThis.removeEventListener("unhandledrejection", note) };
}
