// Waiting in tests: by turns of the event loop, never by a span of time.

interface Scheduling {
  readonly setImmediate?: (callback: () => void) => void;
}

// A timer of 0 ms takes a whole one, and more in browsers. Taken before any test can put a clock of
// its own in its place.
const { setTimeout: startTimer } = globalThis;
const startTask = (globalThis as Scheduling).setImmediate ?? createTaskStarter();

const TURNS_TO_GIVE_UP = 500;
const MICROTASKS = 64;

/** Waits for one turn of the event loop: all microtasks have run dry by then. */
export function turn(): Promise<void> {
  return new Promise((resolve) => startTask(resolve));
}

/** Lets everything happen that can happen without further input. */
export async function settle(): Promise<void> {
  await settleMicrotasks();
  await turn();
}

/** Lets short chains of promises come to their end, much faster than a turn of the event loop. */
export async function settleMicrotasks(): Promise<void> {
  for (let hops = 0; hops < MICROTASKS; hops++) await undefined;
}

/** Waits until `condition` holds; fails where it does not come to that by itself. */
export async function until(what: string, condition: () => boolean): Promise<void> {
  for (let turns = 0; !condition(); turns++) {
    if (turns === TURNS_TO_GIVE_UP) throw new Error(`It never came to this: ${what}`);
    await turn();
  }
}

/** What a promise has come to so far. */
export interface Watched<T> {
  readonly state: "pending" | "resolved" | "rejected";
  readonly value?: T;
  readonly error?: unknown;
}

/** Watches a promise, whose rejection counts as handled from then on. */
export function watch<T>(promise: PromiseLike<T>): Watched<T> {
  const watched: { state: Watched<T>["state"]; value?: T; error?: unknown } = { state: "pending" };
  promise.then(
    (value) => Object.assign(watched, { state: "resolved", value }),
    (error) => Object.assign(watched, { state: "rejected", error }),
  );
  return watched;
}

/** Messages are tasks of their own, without the delay of a timer; not every runtime has them. */
function createTaskStarter(): (callback: () => void) => void {
  if (!("document" in globalThis)) return (callback) => void startTimer(callback, 0);
  const { port1, port2 } = new MessageChannel();
  const callbacks: (() => void)[] = [];
  port1.onmessage = () => callbacks.shift()!();
  return (callback) => {
    callbacks.push(callback);
    port2.postMessage(undefined);
  };
}
