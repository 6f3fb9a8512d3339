/**
 * What code leaves behind in the process: timers of the platform, and rejections without a handler.
 *
 * @module
 */

interface NodeProcess {
  on(event: string, listener: (reason: unknown) => void): void;
  off(event: string, listener: (reason: unknown) => void): void;
}

type Callback = (...args: unknown[]) => void;
type Start = (callback: Callback, ...rest: unknown[]) => unknown;
type Stop = (timer: unknown) => void;

const TIMERS = [["setTimeout", "clearTimeout"], ["setInterval", "clearInterval"]] as const;

/** Counts the timers of the platform that are set from now on, and neither go off nor are cleared. */
export function countTimers(): { readonly count: () => number; readonly restore: () => void } {
  const left = new Set<unknown>();
  const undo = TIMERS.flatMap(([startName, stopName]) => {
    const isOnce = startName === "setTimeout";
    return [
      replace<Start>(startName, (start, [callback, ...rest]) => {
        const timer = start((...args) => {
          if (isOnce) left.delete(timer);
          callback(...args);
        }, ...rest);
        left.add(timer);
        return timer;
      }),
      replace<Stop>(stopName, (stop, [timer]) => {
        left.delete(timer);
        stop(timer);
      }),
    ];
  });
  return { count: () => left.size, restore: () => undo.forEach((step) => step()) };
}

/** Puts `call` before a function of the platform, which keeps its properties; the result undoes that. */
function replace<T extends (...args: never[]) => unknown>(
  name: string,
  call: (original: T, args: Parameters<T>) => ReturnType<T>,
): () => void {
  const original = Reflect.get(globalThis, name) as T;
  const replacement = new Proxy(original, {
    apply: (_, __, args) => call(original, args as never),
  });
  Reflect.set(globalThis, name, replacement);
  return () => void Reflect.set(globalThis, name, original);
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
