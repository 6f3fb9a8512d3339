// Timers of the platform that only a test fires.

/** Runs `body` with timers that stand still; `fire` calls the next one, `waiting` counts them. */
export async function withTimers(
  body: (timers: { fire(): number; waiting(): number }) => Promise<void>,
): Promise<void> {
  const { setTimeout, clearTimeout } = globalThis;
  const timers = new Map<number, { readonly callback: () => void; readonly dueMs: number }>();
  let count = 0;
  let nowMs = 0;
  Object.assign(globalThis, {
    setTimeout: (callback: (...args: unknown[]) => void, delayMs = 0, ...args: unknown[]) => {
      timers.set(++count, { callback: () => callback(...args), dueMs: nowMs + delayMs });
      return count;
    },
    clearTimeout: (id: number) => timers.delete(id),
  });
  const fire = () => {
    const [next] = [...timers].sort(([, a], [, b]) => a.dueMs - b.dueMs);
    if (next === undefined) throw new Error("No timer waits");
    const [id, { callback, dueMs }] = next;
    timers.delete(id);
    const waitedMs = dueMs - nowMs;
    nowMs = dueMs;
    callback();
    return waitedMs;
  };
  try {
    await body({ fire, waiting: () => timers.size });
  } finally {
    Object.assign(globalThis, { setTimeout, clearTimeout });
  }
}
