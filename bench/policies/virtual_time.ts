// Time that stands still but for the next timer: a simulated hour takes seconds. Everything that a
// program takes its time from is replaced, so that libraries of others live in it as well.

interface Timer {
  readonly callback: () => void;
  readonly dueMs: number;
  readonly order: number;
  readonly everyMs: number | undefined;
}

const START_MS = Date.UTC(2026, 0, 1);
const { setImmediate: startTask } = globalThis as unknown as {
  readonly setImmediate: (callback: () => void) => unknown;
};

/** Runs `body` in simulated time, with chance always the same. Resolves with its result. */
export async function inVirtualTime<T>(
  seed: number,
  body: (now: () => number) => Promise<T>,
): Promise<T> {
  const time = new VirtualTime();
  const restore = replaceGlobals(time, createChance(seed));
  try {
    return await time.runUntil(body(() => time.nowMs));
  } finally {
    restore();
  }
}

class VirtualTime {
  nowMs = 0;
  readonly #timers = new Map<number, Timer>();
  #queue: (readonly [id: number, timer: Timer])[] = [];
  #next = 1;

  set(callback: () => void, delayMs: number, everyMs?: number, id: number = this.#next++): number {
    const order = this.#next++;
    const dueMs = this.nowMs + Math.max(Number(delayMs) || 0, 0);
    const timer = { callback, dueMs, order, everyMs };
    this.#timers.set(id, timer);
    this.#push([id, timer]);
    return id;
  }

  clear(id: number): void {
    this.#timers.delete(id);
  }

  /** Moves from timer to timer until `work` is settled. */
  async runUntil<T>(work: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = () => void (isSettled = true);
    work.then(settle, settle);
    for (await turn(); !isSettled; await turn()) {
      const first = this.#pop();
      if (first === undefined) throw new Error("Nothing is left that could go on");
      const [id, { callback, dueMs, everyMs }] = first;
      this.nowMs = Math.max(this.nowMs, dueMs);
      if (everyMs === undefined) this.#timers.delete(id);
      else this.set(callback, everyMs, everyMs, id);
      callback();
    }
    return await work;
  }

  /** A binary heap; what was cleared is passed over when it comes up. */
  #push(entry: readonly [number, Timer]): void {
    const queue = this.#queue;
    let at = queue.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(entry, queue[parent]!)) break;
      queue[at] = queue[parent]!;
      at = parent;
    }
    queue[at] = entry;
  }

  #pop(): readonly [number, Timer] | undefined {
    for (;;) {
      const queue = this.#queue;
      const first = queue[0];
      const last = queue.pop();
      if (first === undefined || last === undefined) return undefined;
      if (queue.length > 0) {
        let at = 0;
        for (let child = 1; child < queue.length; child = 2 * at + 1) {
          if (child + 1 < queue.length && isBefore(queue[child + 1]!, queue[child]!)) child++;
          if (!isBefore(queue[child]!, last)) break;
          queue[at] = queue[child]!;
          at = child;
        }
        queue[at] = last;
      }
      const [id, timer] = first;
      if (this.#timers.get(id) === timer) return first;
    }
  }
}

function isBefore([, a]: readonly [number, Timer], [, b]: readonly [number, Timer]): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.order < b.order);
}

/** A turn of the real event loop: all that can happen without time has happened by then. */
function turn(): Promise<void> {
  return new Promise((resolve) => void startTask(resolve));
}

/** Numbers from 0 to 1 that look like chance: mulberry32. */
export function createChance(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

function replaceGlobals(time: VirtualTime, random: () => number): () => void {
  type Callback = (...args: unknown[]) => void;
  const { Date: RealDate } = globalThis;
  const handle = (id: number) => ({
    id,
    ref: () => {},
    unref: () => {},
    [Symbol.toPrimitive]: () => id,
  });
  const clear = (timer: unknown) => time.clear(Number(timer));
  const set = (callback: Callback, delayMs = 0, ...args: unknown[]) =>
    handle(time.set(() => callback(...args), delayMs));
  const repeat = (callback: Callback, everyMs = 0, ...args: unknown[]) =>
    handle(time.set(() => callback(...args), everyMs, Math.max(everyMs, 1)));
  class VirtualDate extends RealDate {
    constructor(...args: unknown[]) {
      super(...(args.length === 0 ? [VirtualDate.now()] : args) as [number]);
    }
    static override now(): number {
      return START_MS + time.nowMs;
    }
  }
  const replaced = {
    setTimeout: set,
    clearTimeout: clear,
    setInterval: repeat,
    clearInterval: clear,
    Date: VirtualDate,
  };
  const before = Object.fromEntries(
    Object.keys(replaced).map((name) => [name, Reflect.get(globalThis, name)]),
  );
  const { random: realRandom } = Math;
  const now = performance.now;
  Object.assign(globalThis, replaced);
  Math.random = random;
  performance.now = () => time.nowMs;
  return () => {
    Object.assign(globalThis, before);
    Math.random = realRandom;
    performance.now = now;
  };
}
