// Timers of one length that run out when a test says so.

/** The timers that are set, each with what it calls. */
export type HeldTimers = Set<() => void>;

/** Runs `body` while timers of `ms` are held; all others are as they were. */
export async function holdTimers(
  ms: number,
  body: (timers: HeldTimers) => Promise<void>,
): Promise<void> {
  const { setTimeout, clearTimeout } = globalThis;
  const timers: HeldTimers = new Set();
  const hold = (callback: () => void, delayMs: number) => {
    if (delayMs !== ms) return setTimeout(callback, delayMs);
    const fire = () => {
      timers.delete(fire);
      callback();
    };
    timers.add(fire);
    return fire;
  };
  const release = (timer: number | (() => void) | undefined) => {
    if (typeof timer === "function") timers.delete(timer);
    else clearTimeout(timer);
  };
  Object.assign(globalThis, { setTimeout: hold, clearTimeout: release });
  try {
    await body(timers);
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}
